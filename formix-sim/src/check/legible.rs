//! R12 at the sender: what leaves an honest node is a message, within its limits.

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

pub(super) struct Legible;

impl Check for Legible {
    fn observe(&mut self, _: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Illegible { from, .. } = observation else { return Ok(()) };
        let what = "what a node sends is no message";
        Err(Breach::new(Invariant::R12, None, what).at(*from))
    }
}
