//! P3, P4 and P5: what sums leave, from whom, to whom, and when: partials, and counts of groups.

use std::collections::BTreeMap;

use formix_proto::id::RosterDigest;
use formix_proto::message::Message;
use formix_proto::sharing::{Counts, Partial as Sums};

use super::Check;
use super::roster::is_large_enough;
use crate::model::{Model, NodeState};
use crate::observation::Observation;
use crate::plan::Peer;
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
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Sent { from, to, message, .. } = observation else { return Ok(()) };
        let (kind, id, digest, sums) = match message {
            Message::Counts { id, digest, counts } => {
                (Kind::Counts, id, digest, vec![counts.expose()])
            }
            Message::Counted { id, digest, counts } => {
                (Kind::Counts, id, digest, counts.values().map(Counts::expose).collect())
            }
            Message::Partial { id, digest, partial } => {
                (Kind::Partial, id, digest, vec![partial.expose()])
            }
            Message::Revealed { id, digest, partials } => {
                (Kind::Partial, id, digest, partials.values().map(Sums::expose).collect())
            }
            _ => return Ok(()),
        };
        let Some(question) = model.question(id) else { return Ok(()) };
        let (Some(seat), Some(_)) = (model.seat(question, *from), model.seat(question, *to)) else {
            let what = "a partial or a count is sent from or to a node without a seat";
            return Err(Breach::new(Invariant::P5, question, what).at(*from));
        };
        may_leave(model, question, *from, kind, digest)?;
        let first = if sums.len() == 1 { seat } else { 0 };
        let mut seats = (first..).zip(sums);
        seats
            .try_for_each(|(seat, sum)| self.take((question, kind, seat), digest, sum))
            .map_err(|breach| breach.at(*from))
    }
}

/// P4.
fn may_leave(
    model: &Model<'_>,
    question: usize,
    from: Peer,
    kind: Kind,
    digest: &RosterDigest,
) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::P4, question, what).at(from));
    let counts = model.truths[question].counted() > 0;
    match model.node(question, from) {
        NodeState { sealed: None, .. } => broken("a sum leaves before its roster is durable"),
        NodeState { sealed: Some(sealed), .. } if sealed.digest != digest.0 => {
            broken("a sum leaves over a roster that is not the sealed one")
        }
        NodeState { sealed: Some(sealed), .. } if !is_large_enough(model, question, sealed) => {
            broken("a sum leaves over a roster under the threshold")
        }
        NodeState { counted: None, .. } if counts && kind == Kind::Partial => {
            broken("a partial leaves before the counts of its groups are durable")
        }
        _ if !counts && kind == Kind::Counts => broken("a question without groups is counted"),
        _ => Ok(()),
    }
}

impl Partial {
    /// P3.
    fn take(
        &mut self,
        of: (usize, Kind, usize),
        digest: &RosterDigest,
        sum: &[u8],
    ) -> Result<(), Breach> {
        let first = self.0.entry(of);
        let (roster, bytes) = first.or_insert_with(|| (*digest, sum.to_vec()));
        if roster == digest && bytes == sum {
            return Ok(());
        }
        Err(Breach::new(Invariant::P3, of.0, "a seat's sum was sent in two versions"))
    }
}
