//! R4 of parts: nothing leaves a node of a part with fewer answers than are told of; and the half of C10
//! that is about what leaves: it is the sealed sum, without such parts.

use formix_proto::message::Message;
use formix_proto::record::Fact;
use formix_proto::share::Lanes;

use super::Check;
use crate::book::Books;
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Parts;

impl Check for Parts {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Sent { from, message, .. } => {
                let (id, own) = match message {
                    Message::Counts { id, counts, .. } => (id, Own::Counts(counts)),
                    Message::Partial { id, partial, .. } => (id, Own::Partial(partial)),
                    Message::Counted { id, counts, .. } => (id, Own::Counts(&counts[0])),
                    Message::Revealed { id, partials, .. } => (id, Own::Partial(&partials[0])),
                    _ => return Ok(()),
                };
                let Some(question) = books.question(id) else { return Ok(()) };
                leaves(books, question, *from, own).map_err(|breach| breach.at(*from))
            }
            Sight::Durable { peer, records } => records.iter().try_for_each(|record| {
                match (&record.fact, books.question(&record.id)) {
                    (Fact::Counted(all), Some(question)) => {
                        counts(books, question, *peer, all).map_err(|breach| breach.at(*peer))
                    }
                    _ => Ok(()),
                }
            }),
            _ => Ok(()),
        }
    }
}

/// What the sender itself says. Only the primary speaks for all, and its seat is the first.
enum Own<'a> {
    Counts(&'a Lanes),
    Partial(&'a Lanes),
}

fn leaves(books: &Books<'_>, question: usize, from: Peer, own: Own<'_>) -> Result<(), Breach> {
    let broken = |invariant, what| Err(Breach::new(invariant, question, what));
    let (truth, page) = (&books.truths[question], books.page(question, from));
    // P4 has seen that the seal, and the counts, are there.
    let Some(sealed) = &page.sealed else { return Ok(()) };
    let none = Vec::new();
    let counts = page.counted.as_ref().unwrap_or(&none);
    match own {
        Own::Counts(counts) if truth.values(counts) != sealed.partial[..truth.counted()] => {
            broken(Invariant::C10, "a count is not the sum of the roster's shares")
        }
        Own::Partial(partial) => {
            let said = truth.values(partial);
            let mut untold = said.iter().zip(truth.tells(counts)).filter(|(_, tells)| !tells);
            match () {
                () if untold.any(|(lane, _)| *lane != 0) => {
                    broken(Invariant::R4, "something of a part with too few answers leaves")
                }
                () if said != truth.told(&sealed.partial, counts) => {
                    broken(Invariant::C10, "what leaves is not the sealed partial")
                }
                () => Ok(()),
            }
        }
        Own::Counts(_) => Ok(()),
    }
}

/// A seat believes the other two of what they count; where all three are honest that is the truth.
fn counts(books: &Books<'_>, question: usize, peer: Peer, all: &[Lanes; 3]) -> Result<(), Breach> {
    if let Some(seat) = books.seat(question, peer) {
        leaves(books, question, peer, Own::Counts(&all[seat]))?;
    }
    let committee = books.committee(question).into_iter().flatten();
    let lies = committee.into_iter().any(|seat| books.plan.adversary.has(seat));
    let page = books.page(question, peer);
    let (Some(sealed), Some(counted), false) = (&page.sealed, &page.counted, lies) else {
        return Ok(());
    };
    let counted = &counted[..books.truths[question].counted()];
    if books.total(question, &sealed.entries).is_some_and(|total| total.starts_with(counted)) {
        return Ok(());
    }
    Err(Breach::new(Invariant::R4, question, "the answers of a part are counted wrongly"))
}
