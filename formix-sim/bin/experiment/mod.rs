//! Measures networks instead of looking for faults: one question to any number of light nodes, over a
//! network with a model of latency and loss, and owners with a model of dropping out.
//!
//! A [`Setting`] stands for one run and [`measure`] makes a [`Row`] of it; a [`Sweep`] stands for
//! many. Everything runs under all checkers, so that what is measured is also known to be right.

mod meter;
pub(crate) mod plot;
mod row;
mod setting;
mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use row::Row;
pub(crate) use setting::{Percent, Setting};
pub(crate) use sweep::Sweep;

use formix_sim::observation::{Observation, Observer};
use formix_sim::world::simulate;
use meter::Meter;

/// Runs one setting. `also` watches.
pub(crate) fn measure(setting: &Setting, also: &mut dyn Observer) -> Row {
    let plan = setting.plan();
    let mut meter = Meter::new(&plan);
    let run = simulate(&plan, &mut Both(&mut meter, also));
    Row::new(setting, &plan, &meter, &run)
}

struct Both<'a, 'p>(&'a mut Meter<'p>, &'a mut dyn Observer);

impl Observer for Both<'_, '_> {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        self.0.observe(at, observation);
        self.1.observe(at, observation);
    }
}
