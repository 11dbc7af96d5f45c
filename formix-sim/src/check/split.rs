//! R7 at the light nodes, and the oracle's half of C3: a split encodes the planned answer, is
//! durable before its first share leaves, and never changes.

use formix_proto::message::Message;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::book::Books;
use crate::book::words;
use crate::plan::{Deed, Peer};
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

/// A node answers what its owner does, and declines only for an owner who does.
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
    let total = shares
        .iter()
        .fold(0u32, |sum, share| sum.wrapping_add(words(share).first().copied().unwrap_or(0)));
    match expected(books, question, peer) {
        Some(lane) if lane == total && shares.iter().all(|share| words(share).len() == 1) => Ok(()),
        _ => broken("a split is not of the planned answer"),
    }
}

/// The lane that a light node's planned answer is encoded as.
pub(super) fn expected(books: &Books<'_>, question: usize, light: Peer) -> Option<u32> {
    match deed(books, question, light)? {
        Deed::Answer { tenths } => {
            u32::try_from(steps(tenths) - books.plan.workload[question].scale.min).ok()
        }
        Deed::Decline | Deed::Ignore | Deed::Blunder { .. } => None,
    }
}

fn declines(books: &Books<'_>, question: usize, light: Peer) -> bool {
    matches!(deed(books, question, light), Some(Deed::Decline | Deed::Blunder { .. }))
}

fn deed(books: &Books<'_>, question: usize, light: Peer) -> Option<Deed> {
    let number = books.plan.cluster.member(light).number;
    let owner = books.plan.workload[question].owners.get(number as usize)?;
    Some(owner.deed)
}

/// Whole steps, half to even.
fn steps(tenths: i64) -> i64 {
    let (whole, rest) = (tenths.div_euclid(10), tenths.rem_euclid(10));
    match rest {
        0..5 => whole,
        5 => whole + whole.rem_euclid(2),
        _ => whole + 1,
    }
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
        Some(split) if split.shares[seat] != words(share) => {
            broken("a share is not the seat's, or has changed")
        }
        Some(_) => Ok(()),
    }
}
