//! Measures networks instead of looking for faults: one question, asked of as many light nodes as
//! wanted, over a network with a model of latency and loss, and owners with one of dropping out.
//!
//! A [`Setting`] stands for one run and [`measure`] makes a [`Row`] of it; a [`Sweep`] stands for
//! many. Everything runs under all checkers, so that what is measured is also known to be right.

mod latency;
mod meter;
pub mod plot;
mod row;
mod setting;
mod sweep;

pub use latency::LatencyError;
pub use row::Row;
pub use setting::{Setting, Share};
pub use sweep::Sweep;

use crate::sight::{Sight, Witness};
use crate::world::simulate;
use meter::Meter;

/// Runs one setting. `also` watches.
pub fn measure(setting: &Setting, also: &mut dyn Witness) -> Row {
    let plan = setting.plan();
    let mut meter = Meter::new(&plan);
    let run = simulate(&plan, &mut Both(&mut meter, also));
    Row::new(setting, &plan, &meter, &run)
}

struct Both<'a, 'p>(&'a mut Meter<'p>, &'a mut dyn Witness);

impl Witness for Both<'_, '_> {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.0.see(at, sight);
        self.1.see(at, sight);
    }
}
