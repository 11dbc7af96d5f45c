//! B3: input that is refused changes nothing. B1: what a node holds is bounded.

use std::collections::HashMap;

use formix_proto::limits::MAX_HELD;
use formix_proto::machine::Event;

use super::Check;
use crate::book::Books;
use crate::plan::Peer;
use crate::sight::{Fed, Sight};
use crate::violation::{Breach, Invariant};

/// Of each node that was given a frame last: whether that has made a record.
#[derive(Default)]
pub(super) struct Refused(HashMap<Peer, Option<bool>>);

/// The most outputs that wait for the disk of one node where everybody keeps to the protocol: all that
/// a few questions can cause between two writes of the slowest disk, and beside that a message and an
/// event for each light node. An adversary reaches the limit.
const HELD_IN_PEACE: usize = 4_096;
/// The kinds of timer that one computation has at one node.
const TIMERS_EACH: usize = 5;

impl Check for Refused {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Fed { peer, input } => {
                // What is told when a write is done may be of other inputs.
                let fresh = matches!(input, Fed::Frame { .. });
                self.0.insert(*peer, fresh.then_some(false));
                Ok(())
            }
            Sight::Issued { peer, .. } => {
                if let Some(Some(recorded)) = self.0.get_mut(peer) {
                    *recorded = true;
                }
                Ok(())
            }
            Sight::Told { peer, event: Event::Fault { .. } }
                if self.0.get(peer) == Some(&Some(true)) =>
            {
                let what = "an input that was refused has made a record";
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
