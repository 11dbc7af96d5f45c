//! Shows every observation to every checker.

use std::collections::BTreeMap;

use crate::book::Books;
use crate::check::{self, Check};
use crate::plan::Plan;
use crate::sight::Sight;
use crate::violation::{Invariant, Violation};
use crate::waiver;

/// The books and the checkers of one run.
pub(crate) struct Court<'p> {
    pub(crate) books: Books<'p>,
    checks: Vec<Box<dyn Check>>,
    /// How often each invariant did not hold, and could not be promised.
    pub(crate) waived: BTreeMap<Invariant, u64>,
}

impl<'p> Court<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self { books: Books::new(plan), checks: check::all(), waived: BTreeMap::new() }
    }

    /// Takes note, and then judges: checkers see the books with the observation in them.
    pub(crate) fn see(&mut self, at: u64, sight: &Sight<'_>) -> Result<(), Violation> {
        self.books.note(sight);
        if sight.actor().is_some_and(|peer| self.books.plan.adversary.has(peer)) {
            return Ok(());
        }
        let everybody = !matches!(sight, Sight::Fed { .. } | Sight::Settled { .. });
        let concerned =
            if everybody { &mut self.checks[..] } else { &mut self.checks[..check::PACED] };
        for check in concerned {
            let Err(breach) = check.see(&self.books, sight) else { continue };
            if !waiver::is_waived(self.books.plan, &breach) {
                return Err(Violation::new(breach, at, &self.books.plan.cluster));
            }
            *self.waived.entry(breach.invariant).or_default() += 1;
        }
        Ok(())
    }
}
