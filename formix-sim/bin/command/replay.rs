//! Runs the plan in a file.

use std::path::PathBuf;

use super::show::Show;
use super::{Outcome, read};

/// Tells the story of a plan.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The plan, as `formix-sim plan` and `shrink` write it
    plan: PathBuf,
    #[command(flatten)]
    show: Show,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let again = format!("formix-sim replay {}", args.plan.display());
    match read(&args.plan) {
        Ok(plan) => args.show.show(&plan, &args.plan.display().to_string(), &again),
        Err(problem) => Outcome::Unusable(problem),
    }
}
