//! R2: an owner is asked only what all three seats have put to the node in the same words.

use formix_proto::record::Fact;

use super::Check;
use crate::book::Books;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Invited;

impl Check for Invited {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Issued { peer, records, .. } = sight else { return Ok(()) };
        for record in *records {
            let Fact::Asked(proposal) = &record.fact else { continue };
            let invited = |seat| {
                let seat = books.peer(seat);
                seat.is_some_and(|seat| books.has_invited(seat, *peer, &record.id))
            };
            if !proposal.spec.committee.0.iter().all(invited) {
                let what = "an owner is asked what not all three seats have sent";
                let question = books.question(&record.id);
                return Err(Breach::new(Invariant::R2, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
