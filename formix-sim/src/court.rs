//! Shows every observation to every checker.

use crate::book::Books;
use crate::check::{self, Check};
use crate::plan::Plan;
use crate::sight::Sight;
use crate::violation::Violation;

/// The books and the checkers of one run.
pub(crate) struct Court<'p> {
    pub(crate) books: Books<'p>,
    checks: Vec<Box<dyn Check>>,
}

impl<'p> Court<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        Self { books: Books::new(plan), checks: check::all() }
    }

    /// Takes note, and then judges: checkers see the books with the observation in them.
    pub(crate) fn see(&mut self, at: u64, sight: &Sight<'_>) -> Result<(), Violation> {
        self.books.note(sight);
        let found = self.checks.iter_mut().try_for_each(|check| check.see(&self.books, sight));
        found.map_err(|breach| Violation::new(breach, at, &self.books.plan.cluster))
    }
}
