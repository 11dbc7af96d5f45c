//! R12 at the sender: what leaves an honest node is a message, within its limits.

use super::Check;
use crate::book::Books;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Legible;

impl Check for Legible {
    fn see(&mut self, _: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Illegible { from, .. } = sight else { return Ok(()) };
        let what = "what a node sends is no message";
        Err(Breach::new(Invariant::R12, None, what).at(*from))
    }
}
