//! R7 at the light nodes, and the oracle's half of C3: a split encodes the planned answer, is
//! durable before its first share leaves, and never changes.

use std::collections::BTreeSet;

use formix_proto::message::Message;
use formix_proto::record::{Fact, Record};
use formix_proto::time::Time;

use super::Check;
use crate::model::Model;
use crate::observation::{InputKind, Observation};
use crate::plan::{Behaviour, Peer};
use crate::violation::{Breach, Invariant};

/// Which owners have answered what since their nodes started.
#[derive(Default)]
pub(super) struct Split(BTreeSet<(Peer, usize)>);

impl Check for Split {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Input { peer, input: InputKind::Answer { question } } => {
                self.0.insert((*peer, *question));
                Ok(())
            }
            Observation::Started { peer, .. } => {
                self.0.retain(|(of, _)| of != peer);
                Ok(())
            }
            Observation::Issued { peer, clock, records } => {
                let by = (*peer, *clock);
                records.iter().try_for_each(|record| self.encodes_the_answer(model, by, record))
            }
            Observation::Sent { from, to, message, .. } => leaves(model, *from, *to, message),
            _ => Ok(()),
        }
    }
}

impl Split {
    /// A node answers what its owner does, and declines only for an owner who does or was not in time by the
    /// node's clock, and openly only where the question does not hide it.
    fn encodes_the_answer(
        &self,
        model: &Model<'_>,
        (peer, clock): (Peer, Time),
        record: &Record,
    ) -> Result<(), Breach> {
        let Some(question) = model.question(&record.id) else { return Ok(()) };
        let broken = |what| Err(Breach::new(Invariant::C3, question, what).at(peer));
        let (plan, truth) = (model.plan, &model.truths[question]);
        // What an owner says after the deadline is not heard.
        let is_over = clock >= plan.workload[question].proposal.spec.deadline;
        let may_be_late =
            plan.cluster.keeps_time() && (is_over || !self.0.contains(&(peer, question)));
        let late = may_be_late.then_some(&Behaviour::Decline);
        let mut behaviours = model.behaviour(question, peer).into_iter().chain(late);
        match &record.fact {
            Fact::Withheld if !behaviours.any(|behaviour| truth.declines(behaviour)) => {
                broken("a light node declines although its owner answers")
            }
            Fact::Split { shares, .. } => {
                let shares = shares.values().map(|share| truth.values(share.expose()));
                let shares: Vec<_> = shares.collect();
                let fit = shares.iter().all(|share| share.len() == truth.lanes());
                let sum = Some(truth.sum(shares));
                match fit && behaviours.any(|behaviour| truth.split(behaviour) == sum) {
                    true => Ok(()),
                    false => broken("a split is not of the planned answer"),
                }
            }
            _ => Ok(()),
        }
    }
}

fn leaves(model: &Model<'_>, from: Peer, to: Peer, message: &Message) -> Result<(), Breach> {
    let Message::Contribution { id, tag, share } = message else { return Ok(()) };
    let Some(question) = model.question(id) else { return Ok(()) };
    let broken = |what| Err(Breach::new(Invariant::R7, question, what).at(from));
    let Some(seat) = model.seat(question, to) else {
        return broken("a share is sent to a node without a seat");
    };
    match &model.node(question, from).split {
        None => broken("a share is sent before its split is durable"),
        Some(split) if split.tag != *tag => broken("a share of a second split is sent"),
        Some(split) if split.shares[seat] != model.truths[question].values(share.expose()) => {
            broken("a share is not the seat's, or has changed")
        }
        Some(_) => Ok(()),
    }
}
