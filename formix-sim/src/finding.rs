//! What is wrong with a plan, if anything: the one question that shrinking asks again and again.

use std::panic;

use crate::interference;
use crate::plan::Plan;
use crate::violation::{Invariant, Violation};
use crate::world::simulate;

/// What is wrong with a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An invariant was broken.
    Broken(Violation),
    /// Some code panicked.
    Panicked,
}

/// What two findings have in common if one can stand for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// This invariant was broken.
    Broken(Invariant),
    /// Some code panicked.
    Panicked,
}

impl Finding {
    /// Its sort.
    pub fn sort(&self) -> Sort {
        match self {
            Self::Broken(violation) => Sort::Broken(violation.invariant),
            Self::Panicked => Sort::Panicked,
        }
    }
}

impl core::fmt::Display for Finding {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Broken(violation) => violation.fmt(f),
            Self::Panicked => f.write_str("some code panicked"),
        }
    }
}

/// Runs the plan, and once more for each coalition if everything held.
pub fn find(plan: &Plan) -> Option<Finding> {
    let found = panic::catch_unwind(|| {
        let violation = simulate(plan, &mut ()).violation;
        violation.or_else(|| interference::compare(plan).err())
    });
    match found {
        Ok(violation) => violation.map(Finding::Broken),
        Err(_) => Some(Finding::Panicked),
    }
}
