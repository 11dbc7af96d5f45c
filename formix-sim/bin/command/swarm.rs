//! Runs many seeds.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::time::Instant;

use formix_sim::swarm::{Until, swarm};

use super::{Outcome, jobs};
use crate::report;

/// Runs many seeds, and says what they came across.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many seeds
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// End at the first violation
    #[arg(long)]
    stop: bool,
    /// How many threads; as many as there are cores if not given
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let (seeds, from) = (args.seeds, args.from);
    let begun = Instant::now();
    let until = if args.stop { Until::Broken } else { Until::Last };
    let summary = swarm(from..from.saturating_add(seeds), until, jobs(args.jobs), |done| {
        eprint!("\r{done} of {seeds} seeds");
    });
    eprintln!("\r{} of {seeds} seeds", summary.runs);
    let seconds = begun.elapsed().as_secs_f64();
    let text = if args.json {
        format!("{}\n", report::json(&summary, seconds))
    } else {
        report::text(&summary, seconds)
    };
    let _ = io::stdout().write_all(text.as_bytes());
    Outcome::held(summary.holds())
}
