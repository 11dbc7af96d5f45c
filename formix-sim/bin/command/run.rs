//! Runs the plan of one seed.

use formix_sim::plan::Plan;

use super::Outcome;
use super::show::Show;
use crate::report;

/// Tells the story of the run that one seed stands for.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The seed
    #[arg(long)]
    seed: u64,
    #[command(flatten)]
    show: Show,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (name, again) = (format!("seed {}", args.seed), report::replay(args.seed));
    args.show.show(&Plan::from_seed(args.seed), &name, &again)
}
