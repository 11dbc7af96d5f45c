//! B1: what a node holds is bounded.

use formix_proto::limits::MAX_HELD;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

pub(super) struct Bounded;

/// The most outputs that wait for the disk of one node where everybody keeps to the protocol: all that
/// a few questions can cause between two writes of the slowest disk, and beside that a message and an
/// event for each light node. An adversary reaches the limit.
const HELD_IN_PEACE: usize = 4_096;
/// The kinds of timer that one computation has at one node.
const TIMERS_EACH: usize = 5;

impl Check for Bounded {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Idle { peer, holds } = observation else { return Ok(()) };
        let most = 2 * (model.plan.workload.len() + model.forgeries());
        let lights = model.plan.cluster.directory.lights() as usize;
        let peace = model.plan.adversary.members.is_empty();
        let most_held = if peace { HELD_IN_PEACE + 2 * lights } else { MAX_HELD };
        if holds.computations <= most
            && holds.timers <= TIMERS_EACH * most
            && holds.held <= most_held
        {
            return Ok(());
        }
        let what = "a node holds more than its limits allow";
        Err(Breach::new(Invariant::B1, None, what).at(*peer))
    }
}
