//! What runs have come to, added up.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;

use formix_proto::outcome::{Failure, Outcome, Refusal};
use formix_proto::spec::SpecError;

use crate::mark::{Mark, Marks};
use crate::plan::{Kind, Plan};
use crate::sight::{Sight, Witness};
use crate::violation::Violation;
use crate::world::{End, Run, simulate};

/// Sums over runs.
#[derive(Debug, Default)]
pub struct Tally {
    /// How many runs there were.
    pub runs: u64,
    /// How many inputs the nodes handled.
    pub events: u64,
    /// How often each kind of fault took effect.
    pub faults: BTreeMap<Kind, u64>,
    /// What came of the questions.
    pub ends: BTreeMap<&'static str, u64>,
    /// How often each situation occurred.
    pub marks: BTreeMap<Mark, u64>,
    /// The seeds of the runs that broke an invariant, and which.
    pub violations: BTreeMap<u64, Violation>,
    /// The seeds of the runs in which some code panicked.
    pub panics: BTreeSet<u64>,
}

impl Tally {
    /// Runs the plan of a seed. A panic is a finding like any other, and does not end the swarm.
    pub fn of_seed(seed: u64) -> Self {
        panic::catch_unwind(|| Self::of_run(seed)).unwrap_or_else(|_| Self {
            runs: 1,
            panics: [seed].into(),
            ..Self::default()
        })
    }

    /// Whether everything held in all runs.
    pub fn holds(&self) -> bool {
        self.violations.is_empty() && self.panics.is_empty()
    }

    fn of_run(seed: u64) -> Self {
        let plan = Plan::from_seed(seed);
        let mut counter = Counter { marks: Marks::new(&plan), faults: BTreeMap::new() };
        let run = simulate(&plan, &mut counter);
        let Counter { marks, faults } = counter;
        let mut tally =
            Self { runs: 1, events: run.events, faults, marks: marks.hits, ..Self::default() };
        tally.count_ends(&run);
        tally.violations.extend(run.violation.map(|violation| (seed, violation)));
        tally
    }

    /// Adds those of other runs.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.events += other.events;
        other.faults.into_iter().for_each(|(kind, n)| *self.faults.entry(kind).or_default() += n);
        other.ends.into_iter().for_each(|(end, n)| *self.ends.entry(end).or_default() += n);
        other.marks.into_iter().for_each(|(mark, n)| *self.marks.entry(mark).or_default() += n);
        self.violations.extend(other.violations);
        self.panics.extend(other.panics);
    }

    fn count_ends(&mut self, run: &Run) {
        for end in &run.ends {
            let label = end.as_ref().map_or("no end known to the asker", |(_, end)| label(end));
            *self.ends.entry(label).or_default() += 1;
        }
    }
}

struct Counter<'p> {
    marks: Marks<'p>,
    faults: BTreeMap<Kind, u64>,
}

impl Witness for Counter<'_> {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.marks.see(at, sight);
        if let Sight::Struck { kind, .. } = sight {
            *self.faults.entry(*kind).or_default() += 1;
        }
    }
}

/// What an end is called.
pub fn label(end: &End) -> &'static str {
    match end {
        End::Ended(Outcome::Completed(_)) => "completed",
        End::Ended(Outcome::Failed(failure)) => failed(failure),
        End::Rejected(error) => match error {
            SpecError::Overflow(_) => "rejected: overflow",
            SpecError::DeadlinePassed => "rejected: deadline passed",
            SpecError::DeadlineTooFar(_) => "rejected: deadline too far",
            SpecError::RepeatedHeavy(_) => "rejected: repeated heavy",
            SpecError::ThresholdTooLow { .. } => "rejected: threshold too low",
            _ => "rejected: other terms",
        },
    }
}

fn failed(failure: &Failure) -> &'static str {
    match failure {
        Failure::NotReady { .. } => "failed: not ready",
        Failure::NeverOpened => "failed: never opened",
        Failure::TooFew { .. } => "failed: too few",
        Failure::Unreachable { .. } => "failed: unreachable",
        Failure::RosterMismatch { .. } => "failed: roster mismatch",
        Failure::Refused { refusal, .. } => match refusal {
            Refusal::Terms(SpecError::ThresholdTooLow { .. }) => "refused: threshold too low",
            Refusal::Terms(SpecError::DeadlineTooFar(_)) => "refused: deadline too far",
            Refusal::Terms(SpecError::DeadlinePassed) => "refused: deadline passed",
            Refusal::NotAHeavy(_) => "refused: not a heavy node",
            Refusal::TooFewLights { .. } => "refused: too few light nodes",
            _ => "refused: other",
        },
    }
}
