//! Every single fault, or every two.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use formix_sim::exhaustive::{Depth, canonical, counted, exhaust};
use formix_sim::plan::Plan;

use super::{Outcome, jobs, write};

/// Runs a small network with every single fault, or every two, and one that counts its groups first.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Every two faults, in fewer ways each
    #[arg(long)]
    pairs: bool,
    /// How many threads; as many as there are cores if not given
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Where to write the first plan that breaks something
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let outcomes = [canonical(), counted()].map(|plan| fail_everything(args, &plan));
    outcomes.into_iter().find(|outcome| !matches!(outcome, Outcome::Held)).unwrap_or(Outcome::Held)
}

fn fail_everything(args: &Args, plan: &Plan) -> Outcome {
    let depth = if args.pairs { Depth::Pairs } else { Depth::Single };
    let begun = Instant::now();
    let exhausted = exhaust(plan, depth, jobs(args.jobs), |done, all| {
        eprint!("\r{done} of {all} runs");
    });
    eprintln!();
    println!(
        "{} places where something can fail, {} faults; {} runs in {:.1} s, {} broke something",
        exhausted.places,
        exhausted.faults,
        exhausted.runs,
        begun.elapsed().as_secs_f64(),
        exhausted.findings.len(),
    );
    for (plan, finding) in exhausted.findings.iter().take(10) {
        println!("{finding}\n  {:?}", plan.faults.list);
    }
    let first = exhausted.findings.first().map(|(plan, _)| plan);
    if let (Some(plan), Some(path)) = (first, &args.out)
        && let Err(problem) = write(plan, Some(path))
    {
        return Outcome::Unusable(problem);
    }
    Outcome::held(exhausted.findings.is_empty())
}
