//! P3, P4 and P5: what partials leave, from whom, to whom, and when.

use std::collections::BTreeMap;

use formix_proto::id::RosterDigest;
use formix_proto::message::Message;
use formix_proto::share::Lanes;

use super::Check;
use super::roster::is_large_enough;
use crate::book::Books;
use crate::book::words;
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// The first partial of each seat that was seen on the wire.
#[derive(Default)]
pub(super) struct Partial(BTreeMap<(usize, usize), (RosterDigest, Vec<u32>)>);

impl Check for Partial {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Sent { from, to, message, .. } = sight else { return Ok(()) };
        let (Message::Partial { id, .. } | Message::Revealed { id, .. }) = message else {
            return Ok(());
        };
        let Some(question) = books.question(id) else { return Ok(()) };
        let (Some(seat), Some(_)) = (books.seat(question, *from), books.seat(question, *to)) else {
            let what = "a partial is sent from or to a node without a seat";
            return Err(Breach::new(Invariant::P5, question, what).at(*from));
        };
        let seen = match message {
            Message::Partial { digest, partial, .. } => {
                self.is_sealed(books, question, *from, digest)?;
                self.take(question, seat, digest, partial)
            }
            Message::Revealed { digest, partials, .. } => {
                self.is_sealed(books, question, *from, digest)?;
                let mut seats = partials.iter().enumerate();
                seats.try_for_each(|(seat, partial)| self.take(question, seat, digest, partial))
            }
            _ => Ok(()),
        };
        seen.map_err(|breach| breach.at(*from))
    }
}

impl Partial {
    /// P4.
    fn is_sealed(
        &self,
        books: &Books<'_>,
        question: usize,
        from: Peer,
        digest: &RosterDigest,
    ) -> Result<(), Breach> {
        let broken = |what| Err(Breach::new(Invariant::P4, question, what).at(from));
        match &books.page(question, from).sealed {
            None => broken("a partial leaves before its roster is durable"),
            Some(sealed) if sealed.digest != digest.0 => {
                broken("a partial leaves over a roster that is not the sealed one")
            }
            Some(sealed) if !is_large_enough(books, question, sealed) => {
                broken("a partial leaves over a roster under the threshold")
            }
            Some(_) => Ok(()),
        }
    }

    /// P3.
    fn take(
        &mut self,
        question: usize,
        seat: usize,
        digest: &RosterDigest,
        partial: &Lanes,
    ) -> Result<(), Breach> {
        let first = self.0.entry((question, seat));
        let (roster, lanes) = first.or_insert_with(|| (*digest, words(partial)));
        if roster == digest && *lanes == words(partial) {
            return Ok(());
        }
        Err(Breach::new(Invariant::P3, question, "a seat's partial was sent in two versions"))
    }
}
