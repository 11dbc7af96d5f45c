//! Many seeds, as far as an ordinary test run has time for them.

use formix_sim::mark::Mark;
use formix_sim::plan::Plan;
use formix_sim::swarm::{Until, swarm};
use formix_sim::world::simulate;
use proptest::prelude::*;

#[test]
fn everything_holds_under_300_seeds() {
    let tally = swarm(0..300, Until::Last, 2, |_| {});
    assert!(tally.holds(), "{:?} {:?}", tally.violations, tally.panics);
    assert_eq!(tally.runs, 300);
    for mark in [Mark::FrozenDiffered, Mark::EarlyClose, Mark::LostBatch, Mark::CrashInRecovery] {
        assert!(tally.marks.contains_key(&mark), "never hit: {}", mark.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_seed_is_the_same_run(seed: u64) {
        let plan = Plan::from_seed(seed);
        let (one, other) = (simulate(&plan, &mut ()), simulate(&Plan::from_seed(seed), &mut ()));
        prop_assert_eq!(one.violation.as_ref(), None);
        prop_assert_eq!((one.digest, one.events), (other.digest, other.events));
        prop_assert_eq!(one.ends, other.ends);
    }
}

#[test]
fn seeds_differ() {
    let digest = |seed| simulate(&Plan::from_seed(seed), &mut ()).digest;
    assert_ne!(digest(1), digest(2));
}
