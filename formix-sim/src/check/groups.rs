//! R4 of groups: nothing leaves a node of a group with too few answers; and the half of C10
//! that is about what leaves: it is the sealed sum, without such groups.

use formix_proto::message::Message;
use formix_proto::record::Fact;
use formix_proto::seat::{PerSeat, Seat};
use formix_proto::sharing::Counts;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

pub(super) struct Groups;

impl Check for Groups {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Sent { from, message, .. } => {
                let (id, own) = match message {
                    Message::Counts { id, counts, .. } => (id, Some(Own::Counts(counts.expose()))),
                    Message::Partial { id, partial, .. } => {
                        (id, Some(Own::Partial(partial.expose())))
                    }
                    Message::Counted { id, counts, .. } => {
                        (id, counts.get(Seat::PRIMARY).map(|own| Own::Counts(own.expose())))
                    }
                    Message::Revealed { id, partials, .. } => {
                        (id, partials.get(Seat::PRIMARY).map(|own| Own::Partial(own.expose())))
                    }
                    _ => return Ok(()),
                };
                let (Some(question), Some(own)) = (model.question(id), own) else { return Ok(()) };
                leaves(model, question, *from, own).map_err(|breach| breach.at(*from))
            }
            Observation::Durable { peer, records } => {
                records.iter().try_for_each(|record| {
                    match (&record.fact, model.question(&record.id)) {
                        (Fact::Counted(all), Some(question)) => {
                            counts(model, question, *peer, all).map_err(|breach| breach.at(*peer))
                        }
                        _ => Ok(()),
                    }
                })
            }
            _ => Ok(()),
        }
    }
}

/// What the sender itself says. Only the primary speaks for all, and its seat is the first.
enum Own<'a> {
    Counts(&'a [u8]),
    Partial(&'a [u8]),
}

fn leaves(model: &Model<'_>, question: usize, from: Peer, own: Own<'_>) -> Result<(), Breach> {
    let broken = |invariant, what| Err(Breach::new(invariant, question, what));
    let (truth, node) = (&model.truths[question], model.node(question, from));
    // P4 has seen that the seal, and the counts, are there.
    let Some(sealed) = &node.sealed else { return Ok(()) };
    let none = Vec::new();
    let counts = node.counted.as_ref().unwrap_or(&none);
    match own {
        Own::Counts(counts) if truth.values(counts) != sealed.partial[..truth.counted()] => {
            broken(Invariant::C10, "a count is not the sum of the roster's shares")
        }
        Own::Partial(partial) => {
            let said = truth.values(partial);
            let mut suppressed = said.iter().zip(truth.tells(counts)).filter(|(_, tells)| !tells);
            match () {
                () if suppressed.any(|(lane, _)| *lane != 0) => {
                    broken(Invariant::R4, "something of a group with too few answers leaves")
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

/// A seat believes the others of what they count; where all seats are honest that is the truth.
fn counts(
    model: &Model<'_>,
    question: usize,
    peer: Peer,
    all: &PerSeat<Counts>,
) -> Result<(), Breach> {
    let own = model.seat(question, peer).and_then(|seat| all.values().nth(seat));
    if let Some(own) = own {
        leaves(model, question, peer, Own::Counts(own.expose()))?;
    }
    let committee = model.committee(question).into_iter().flatten();
    let lies = committee.into_iter().any(|seat| model.plan.adversary.has(seat));
    let node = model.node(question, peer);
    let (Some(sealed), Some(counted), false) = (&node.sealed, &node.counted, lies) else {
        return Ok(());
    };
    let counted = &counted[..model.truths[question].counted()];
    if model.total(question, &sealed.entries).is_some_and(|total| total.starts_with(counted)) {
        return Ok(());
    }
    Err(Breach::new(Invariant::R4, question, "the answers of a group are counted wrongly"))
}
