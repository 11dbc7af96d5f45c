//! Runs the plan of one seed.

use std::io::{self, BufWriter, Write};

use formix_sim::interference;
use formix_sim::plan::Plan;
use formix_sim::story::Story;
use formix_sim::world::simulate;

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

/// Tells the story of a plan, and what coalitions could tell apart.
pub(super) fn tell(plan: &Plan, again: &str) -> Outcome {
    // Who closes the other end of a pipe does not want to read on: that is no error.
    let mut out = BufWriter::new(io::stdout().lock());
    let _ = writeln!(out, "{plan}");
    let run = simulate(
        plan,
        &mut Story::new(plan, |line: &str| {
            let _ = writeln!(out, "{line}");
        }),
    );
    let violation = run.violation.or_else(|| interference::compare(plan).err());
    let verdict = violation.as_ref().map_or_else(
        || "everything held".to_owned(),
        |violation| format!("VIOLATION  {violation}"),
    );
    let _ = writeln!(out, "\n{verdict}; {} events, trace {:016x}", run.events, run.digest);
    let _ = writeln!(out, "replay: {again}");
    let _ = out.flush();
    Outcome::held(violation.is_none())
}
