//! R7 at the light nodes, and the oracle's half of C3: a split encodes the planned answer, is
//! durable before its first share leaves, and never changes.

use std::collections::HashSet;

use formix_proto::message::Message;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::model::Model;
use crate::observation::{InputKind, Observation};
use crate::plan::{Behaviour, Peer};
use crate::violation::{Breach, Invariant};

/// Which owners have answered what since their nodes started.
#[derive(Default)]
pub(super) struct Split(HashSet<(Peer, usize)>);

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
            Observation::Issued { peer, records, .. } => {
                records.iter().try_for_each(|record| self.encodes_the_answer(model, *peer, record))
            }
            Observation::Sent { from, to, message, .. } => leaves(model, *from, *to, message),
            _ => Ok(()),
        }
    }
}

impl Split {
    /// A node answers what its owner does, and declines only for an owner who does or has not answered in
    /// time, and openly only where the question does not hide it.
    fn encodes_the_answer(
        &self,
        model: &Model<'_>,
        peer: Peer,
        record: &Record,
    ) -> Result<(), Breach> {
        let Some(question) = model.question(&record.id) else { return Ok(()) };
        let broken = |what| Err(Breach::new(Invariant::C3, question, what).at(peer));
        let truth = &model.truths[question];
        let is_late = model.plan.cluster.keeps_time() && !self.0.contains(&(peer, question));
        let behaviour = match is_late {
            true => Some(&Behaviour::Decline),
            false => model.behaviour(question, peer),
        };
        match &record.fact {
            Fact::Withheld if !behaviour.is_some_and(|behaviour| truth.declines(behaviour)) => {
                broken("a light node declines although its owner answers")
            }
            Fact::Split { shares, .. } => {
                let shares = shares.values().map(|share| truth.values(share.expose()));
                let shares: Vec<_> = shares.collect();
                let fit = shares.iter().all(|share| share.len() == truth.lanes());
                match behaviour.and_then(|behaviour| truth.split(behaviour)) {
                    Some(lanes) if fit && lanes == truth.sum(shares) => Ok(()),
                    _ => broken("a split is not of the planned answer"),
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
