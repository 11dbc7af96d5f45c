//! Makes a failing plan small.

use std::path::PathBuf;

use formix_sim::finding::find;
use formix_sim::shrink::shrink;

use super::{Outcome, Which, write};

/// Makes a plan that breaks something as small as it can be: fewer faults, questions and nodes.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    which: Which,
    /// Where to write the small plan; printed if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let plan = match args.which.plan() {
        Ok(plan) => plan,
        Err(problem) => return Outcome::Unusable(problem),
    };
    let Some(finding) = find(&plan) else {
        eprintln!("everything held: there is nothing to shrink");
        return Outcome::Held;
    };
    eprintln!("{finding}");
    let small = shrink(plan, finding.sort(), |plan| {
        eprint!(
            "\r{} faults, {} moves of an adversary, {} questions, {} nodes   ",
            plan.faults.list.len(),
            plan.adversary.moves.len(),
            plan.workload.len(),
            plan.cluster.members.len(),
        );
    });
    eprintln!();
    match write(&small, args.out.as_deref()) {
        Ok(()) => Outcome::Broken,
        Err(problem) => Outcome::Unusable(problem),
    }
}
