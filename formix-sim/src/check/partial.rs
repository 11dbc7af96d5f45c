//! P3, P4 and P5: what sums leave, from whom, to whom, and when: partials, and counts of parts.

use std::collections::BTreeMap;

use formix_proto::id::RosterDigest;
use formix_proto::message::Message;
use formix_proto::share::Lanes;

use super::Check;
use super::roster::is_large_enough;
use crate::book::{Books, Page};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// The first partial, and the first counts, of each seat that were seen on the wire.
#[derive(Default)]
pub(super) struct Partial(BTreeMap<(usize, Kind, usize), (RosterDigest, Vec<u8>)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Counts,
    Partial,
}

impl Check for Partial {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Sent { from, to, message, .. } = sight else { return Ok(()) };
        let (kind, id, digest, sums) = match message {
            Message::Counts { id, digest, counts } => (Kind::Counts, id, digest, vec![counts]),
            Message::Counted { id, digest, counts } => {
                (Kind::Counts, id, digest, counts.iter().collect())
            }
            Message::Partial { id, digest, partial } => (Kind::Partial, id, digest, vec![partial]),
            Message::Revealed { id, digest, partials } => {
                (Kind::Partial, id, digest, partials.iter().collect())
            }
            _ => return Ok(()),
        };
        let Some(question) = books.question(id) else { return Ok(()) };
        let (Some(seat), Some(_)) = (books.seat(question, *from), books.seat(question, *to)) else {
            let what = "a partial or a count is sent from or to a node without a seat";
            return Err(Breach::new(Invariant::P5, question, what).at(*from));
        };
        may_leave(books, question, *from, kind, digest)?;
        let first = if sums.len() == 1 { seat } else { 0 };
        let mut seats = (first..).zip(sums);
        seats
            .try_for_each(|(seat, sum)| self.take((question, kind, seat), digest, sum))
            .map_err(|breach| breach.at(*from))
    }
}

/// P4.
fn may_leave(
    books: &Books<'_>,
    question: usize,
    from: Peer,
    kind: Kind,
    digest: &RosterDigest,
) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::P4, question, what).at(from));
    let counts = books.truths[question].counted() > 0;
    match books.page(question, from) {
        Page { sealed: None, .. } => broken("a sum leaves before its roster is durable"),
        Page { sealed: Some(sealed), .. } if sealed.digest != digest.0 => {
            broken("a sum leaves over a roster that is not the sealed one")
        }
        Page { sealed: Some(sealed), .. } if !is_large_enough(books, question, sealed) => {
            broken("a sum leaves over a roster under the threshold")
        }
        Page { counted: None, .. } if counts && kind == Kind::Partial => {
            broken("a partial leaves before the counts of its parts are durable")
        }
        _ if !counts && kind == Kind::Counts => broken("what has no parts is counted"),
        _ => Ok(()),
    }
}

impl Partial {
    /// P3.
    fn take(
        &mut self,
        of: (usize, Kind, usize),
        digest: &RosterDigest,
        sum: &Lanes,
    ) -> Result<(), Breach> {
        let first = self.0.entry(of);
        let (roster, bytes) = first.or_insert_with(|| (*digest, sum.expose().to_vec()));
        if roster == digest && bytes == sum.expose() {
            return Ok(());
        }
        Err(Breach::new(Invariant::P3, of.0, "a seat's sum was sent in two versions"))
    }
}
