//! Plans that once broke something, each shrunk and named for what it showed. `formix-sim shrink --out`
//! writes one.

use std::fs;
use std::path::Path;

use formix_sim::finding::find;
use formix_sim::plan::{Peer, Plan, Unsound};

#[test]
fn what_once_broke_something_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut count = 0;
    for file in files {
        let plan: Plan = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(find(&plan), None, "{}", file.display());
        count += 1;
    }
    assert!(count > 0, "the folder is there, and not empty");
}

#[test]
fn a_plan_that_names_a_node_too_many_is_refused() {
    let mut plan = Plan::plain(3, 3);
    assert_eq!(plan.check(), Ok(()));
    plan.workload[0].proposer = Peer(7);
    assert_eq!(plan.check(), Err(Unsound::NoSuchNode(7)));
    plan.workload.clear();
    assert_eq!(plan.check(), Err(Unsound::Empty));
}

#[test]
fn a_plan_that_is_written_and_read_runs_the_same() {
    for seed in 0..20 {
        let plan = Plan::from_seed(seed);
        let copy: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
        let digest = |plan| formix_sim::world::simulate(plan, &mut ()).digest;
        assert_eq!(digest(&plan), digest(&copy), "{seed}");
    }
}
