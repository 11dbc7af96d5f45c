//! B3: input that is refused changes nothing. B1: what a node holds is bounded.

use formix_proto::limits::MAX_HELD;

use super::Check;
use crate::book::Books;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Refused;

/// The most outputs that wait for the disk of one node where everybody keeps to the protocol: all that
/// a few questions can cause between two writes of the slowest disk, and beside that a message and an
/// event for each light node. An adversary reaches the limit.
const HELD_IN_PEACE: usize = 4_096;
/// The kinds of timer that one computation has at one node.
const TIMERS_EACH: usize = 5;

impl Check for Refused {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            // The copy's disk is idle and done at once, so all that follows is of this one message.
            Sight::Echoed { peer, echo } if echo.refused && echo.recorded > 0 => {
                let what = "a message that was refused has made a record";
                Err(Breach::new(Invariant::B3, None, what).at(*peer))
            }
            Sight::Settled { peer, holds, .. } => {
                let most = 2 * (books.plan.workload.len() + books.forgeries());
                let lights = books.plan.cluster.directory.lights() as usize;
                let peace = books.plan.adversary.members.is_empty();
                let most_held = if peace { HELD_IN_PEACE + 2 * lights } else { MAX_HELD };
                let bounded = holds.computations <= most
                    && holds.timers <= TIMERS_EACH * most
                    && holds.held <= most_held;
                let what = "a node holds more than its limits allow";
                let breach = || Breach::new(Invariant::B1, None, what).at(*peer);
                bounded.then_some(()).ok_or_else(breach)
            }
            _ => Ok(()),
        }
    }
}
