//! R7 at the light nodes, and the oracle's half of C3: a split encodes the planned answer, is
//! durable before its first share leaves, and never changes.

use formix_proto::message::Message;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

pub(super) struct Split;

impl Check for Split {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Issued { peer, records, .. } => {
                records.iter().try_for_each(|record| encodes_the_answer(model, *peer, record))
            }
            Observation::Sent { from, to, message, .. } => leaves(model, *from, *to, message),
            _ => Ok(()),
        }
    }
}

/// A node answers what its owner does, and declines only for an owner who does, and openly only where
/// the question does not hide it.
fn encodes_the_answer(model: &Model<'_>, peer: Peer, record: &Record) -> Result<(), Breach> {
    let Some(question) = model.question(&record.id) else { return Ok(()) };
    let broken = |what| Err(Breach::new(Invariant::C3, question, what).at(peer));
    let shares = match &record.fact {
        Fact::Split { shares, .. } => shares,
        Fact::Withheld if !declines(model, question, peer) => {
            return broken("a light node declines although its owner answers");
        }
        _ => return Ok(()),
    };
    let truth = &model.truths[question];
    let shares: Vec<_> = shares.values().map(|share| truth.values(share.expose())).collect();
    let fit = shares.iter().all(|share| share.len() == truth.lanes());
    match model.expected(question, peer) {
        Some(lanes) if fit && lanes == truth.sum(shares) => Ok(()),
        _ => broken("a split is not of the planned answer"),
    }
}

fn declines(model: &Model<'_>, question: usize, light: Peer) -> bool {
    model
        .behaviour(question, light)
        .is_some_and(|behaviour| model.truths[question].declines(behaviour))
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
