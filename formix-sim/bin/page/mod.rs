//! A run at a glance: one page, or one picture, that shows every message, write and fault in time.
//!
//! A page is a single file without anything outside of it. Lanes are nodes and time runs down;
//! idle time is left out, since a run of a minute happens in bursts of milliseconds. Unless it is
//! asked for, no share, answer, partial or total is in it.

mod axis;
mod chart;
mod grid;
mod html;
mod label;
mod legend;
mod mark;
mod notes;
mod pen;
mod phase;
mod picture;
#[cfg(test)]
mod tests;
mod values;
mod watch;

use std::collections::BTreeMap;

use formix_proto::id::ComputationId;

pub(crate) use picture::picture;

use crate::story::Story;
use formix_sim::plan::{Kind, Plan, Question};
use formix_sim::world::Run;
use notes::{Moment, Notes};

/// Watches a run, and shows it.
pub(crate) struct Page<'p> {
    plan: &'p Plan,
    story: Story<'p, fn(&str)>,
    secrets: bool,
    ids: BTreeMap<ComputationId, usize>,
    notes: Notes,
    faults: BTreeMap<Kind, u64>,
}

impl<'p> Page<'p> {
    /// A page without secrets.
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let number = |(number, asked): (usize, &Question)| (asked.proposal.id(), number);
        let deadline = |(number, asked): (usize, &Question)| Moment {
            at: asked.deadline(),
            question: Some(number),
            text: format!("deadline of c{number}"),
        };
        let moments = plan.workload.iter().enumerate().map(deadline).collect();
        Self {
            plan,
            story: Story::new(plan, |_| {}),
            secrets: false,
            ids: plan.workload.iter().enumerate().map(number).collect(),
            notes: Notes { moments, ..Notes::default() },
            faults: BTreeMap::new(),
        }
    }

    /// Shows answers, shares, partials and totals as well: all of them are made up.
    pub(crate) fn with_secrets(self) -> Self {
        Self { secrets: true, ..self }
    }

    /// The page, once the run is over. `name` says what was run, and `replay` is the command that
    /// runs it again.
    pub(crate) fn render(&self, run: &Run, name: &str, replay: &str) -> String {
        html::page(self, run, name, replay)
    }
}
