//! Shows every observation to every checker.

use std::collections::BTreeMap;

use crate::check::{self, Check};
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Plan;
use crate::violation::{Invariant, Violation};
use crate::waiver;

/// The model and the checkers of one run.
pub(crate) struct Checkers<'p> {
    pub(crate) model: Model<'p>,
    checks: Vec<Box<dyn Check>>,
    /// How often each invariant was broken where it is waived.
    pub(crate) waived: BTreeMap<Invariant, u64>,
}

impl<'p> Checkers<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self { model: Model::new(plan), checks: check::all(), waived: BTreeMap::new() }
    }

    /// Updates the model, and then judges: checkers see the model with the observation in it.
    pub(crate) fn observe(
        &mut self,
        at: u64,
        observation: &Observation<'_>,
    ) -> Result<(), Violation> {
        self.model.note(observation);
        if observation.actor().is_some_and(|peer| self.model.plan.adversary.has(peer)) {
            return Ok(());
        }
        let everybody =
            !matches!(observation, Observation::Input { .. } | Observation::Idle { .. });
        let concerned =
            if everybody { &mut self.checks[..] } else { &mut self.checks[..check::PACED] };
        for check in concerned {
            let Err(breach) = check.observe(&self.model, observation) else { continue };
            if !waiver::is_waived(self.model.plan, &breach) {
                return Err(Violation::new(breach, at, &self.model.plan.cluster));
            }
            *self.waived.entry(breach.invariant).or_default() += 1;
        }
        Ok(())
    }
}
