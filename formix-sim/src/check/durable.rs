//! D1: what a message stands for is durable when it leaves.

use formix_proto::message::Message;
use formix_testkit::Ledger;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// What was ever durable at each node.
#[derive(Default)]
pub(super) struct Durable(Vec<Ledger>);

impl Check for Durable {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Durable { peer, records } => {
                let ledger = self.ledger(*peer);
                records.iter().for_each(|record| ledger.add(record));
            }
            Observation::Stopped { peer, amnesia: true, .. } => self.ledger(*peer).replace(&[]),
            Observation::RolledBack { peer, records } => self.ledger(*peer).replace(records),
            Observation::Sent { from, to, message, .. } => {
                return self.leaves(model, *from, *to, message);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Durable {
    fn ledger(&mut self, peer: Peer) -> &mut Ledger {
        if self.0.len() <= peer.index() {
            self.0.resize_with(peer.index() + 1, Ledger::default);
        }
        &mut self.0[peer.index()]
    }

    fn leaves(
        &mut self,
        model: &Model<'_>,
        from: Peer,
        to: Peer,
        message: &Message,
    ) -> Result<(), Breach> {
        let id = |peer: Peer| model.plan.cluster.member(peer).id;
        // What an adversary declines is not seen, and may be receipted.
        if matches!(message, Message::Receipt(_)) && model.plan.adversary.has(to) {
            return Ok(());
        }
        if let Message::Decline { id: about, .. } = message {
            self.ledger(to).hear_decline(about, id(from));
        }
        let question = model.index.of(message);
        let stands = match question {
            Some(question) => {
                let about = &model.index.ids[question];
                self.ledger(from).stands_in(about, &id(to), message)
            }
            None => self.ledger(from).stands(&id(to), message),
        };
        if stands {
            return Ok(());
        }
        Err(Breach::new(Invariant::D1, question, message.name()).at(from))
    }
}
