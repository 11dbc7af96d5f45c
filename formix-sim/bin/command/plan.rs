//! Writes a plan down.

use std::path::PathBuf;

use formix_sim::plan::Plan;

use super::{Outcome, write};

/// Writes the plan that a seed stands for, as JSON.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The seed
    #[arg(long)]
    seed: u64,
    /// Where to; printed if not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match write(&Plan::from_seed(args.seed), args.out.as_deref()) {
        Ok(()) => Outcome::Held,
        Err(problem) => Outcome::Unusable(problem),
    }
}
