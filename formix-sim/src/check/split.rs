//! R7 at the light nodes, and the oracle's half of C3: a split encodes the planned answer, is
//! durable before its first share leaves, and never changes.

use formix_proto::message::Message;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::book::Books;
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Split;

impl Check for Split {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Issued { peer, records, .. } => {
                records.iter().try_for_each(|record| encodes_the_answer(books, *peer, record))
            }
            Sight::Sent { from, to, message, .. } => leaves(books, *from, *to, message),
            _ => Ok(()),
        }
    }
}

/// A node answers what its owner does, and declines only for an owner who does, and openly only where
/// the question does not hide it.
fn encodes_the_answer(books: &Books<'_>, peer: Peer, record: &Record) -> Result<(), Breach> {
    let Some(question) = books.question(&record.id) else { return Ok(()) };
    let broken = |what| Err(Breach::new(Invariant::C3, question, what).at(peer));
    let shares = match &record.fact {
        Fact::Split { shares, .. } => shares,
        Fact::Withheld if !declines(books, question, peer) => {
            return broken("a light node declines for an owner who does not");
        }
        _ => return Ok(()),
    };
    let truth = &books.truths[question];
    let shares = shares.each_ref().map(|share| truth.values(share));
    let fit = shares.iter().all(|share| share.len() == truth.lanes());
    match books.expected(question, peer) {
        Some(lanes) if fit && lanes == truth.sum(shares) => Ok(()),
        _ => broken("a split is not of the planned answer"),
    }
}

fn declines(books: &Books<'_>, question: usize, light: Peer) -> bool {
    books.deed(question, light).is_some_and(|deed| books.truths[question].declines(deed))
}

fn leaves(books: &Books<'_>, from: Peer, to: Peer, message: &Message) -> Result<(), Breach> {
    let Message::Contribution { id, tag, share } = message else { return Ok(()) };
    let Some(question) = books.question(id) else { return Ok(()) };
    let broken = |what| Err(Breach::new(Invariant::R7, question, what).at(from));
    let Some(seat) = books.seat(question, to) else {
        return broken("a share is sent to a node without a seat");
    };
    match &books.page(question, from).split {
        None => broken("a share is sent before its split is durable"),
        Some(split) if split.tag != *tag => broken("a share of a second split is sent"),
        Some(split) if split.shares[seat] != books.truths[question].values(share) => {
            broken("a share is not the seat's, or has changed")
        }
        Some(_) => Ok(()),
    }
}
