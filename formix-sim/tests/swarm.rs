//! Many seeds, as far as an ordinary test run has time for them.

use formix_sim::coverage::Situation;
use formix_sim::plan::Plan;
use formix_sim::swarm::{Until, swarm};
use formix_sim::world::simulate;
use proptest::prelude::*;

#[test]
fn everything_holds_under_300_seeds() {
    let summary = swarm(0..300, Until::Last, 2, |_| {});
    assert!(summary.holds(), "{:?} {:?}", summary.violations, summary.panics);
    assert_eq!(summary.runs, 300);
    for situation in [
        Situation::FrozenDiffered,
        Situation::EarlyClose,
        Situation::LostBatch,
        Situation::CrashInRecovery,
    ] {
        assert!(summary.coverage.contains_key(&situation), "never hit: {}", situation.text());
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
