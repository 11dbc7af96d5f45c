//! The command line of the simulator.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

mod report;

use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use clap::{Parser, Subcommand};
use formix_sim::plan::Plan;
use formix_sim::story::Story;
use formix_sim::swarm::swarm;
use formix_sim::world::simulate;

/// Runs whole Formix networks on virtual time, with faults, and checks what must hold.
///
/// Exits with 0 if everything held, with 1 if an invariant was broken, with 2 on wrong usage.
#[derive(Parser)]
#[command(name = "formix-sim", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  formix-sim run --seed 42              tell the story of one run
  formix-sim swarm --seeds 20000        run seeds 0 to 19999 on all cores
  formix-sim swarm --seeds 1000 --from 5000 --jobs 1 --json";

#[derive(Subcommand)]
enum Command {
    /// Tells the story of the run that one seed stands for
    Run {
        /// The seed
        #[arg(long)]
        seed: u64,
    },
    /// Runs many seeds, and says what they came across
    Swarm {
        /// How many seeds
        #[arg(long)]
        seeds: u64,
        /// The first of them
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many threads; as many as there are cores if not given
        #[arg(long)]
        jobs: Option<NonZeroUsize>,
        /// Print the summary as JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run { seed } => run(seed),
        Command::Swarm { seeds, from, jobs, json } => run_swarm(seeds, from, jobs, json),
    }
}

fn run(seed: u64) -> ExitCode {
    let plan = Plan::from_seed(seed);
    // Who closes the other end of a pipe does not want to read on: that is no error.
    let mut out = BufWriter::new(io::stdout().lock());
    let _ = writeln!(out, "{plan}");
    let run = simulate(
        &plan,
        &mut Story::new(&plan, |line: &str| {
            let _ = writeln!(out, "{line}");
        }),
    );
    let verdict = run.violation.as_ref().map_or("everything held", |_| "an invariant was broken");
    let _ = writeln!(out, "\n{verdict}; {} events, trace {:016x}", run.events, run.digest);
    let _ = writeln!(out, "replay: {}", report::replay(seed));
    let _ = out.flush();
    exit(run.violation.is_none())
}

fn run_swarm(seeds: u64, from: u64, jobs: Option<NonZeroUsize>, json: bool) -> ExitCode {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let jobs = jobs.map_or_else(cores, NonZeroUsize::get);
    let begun = Instant::now();
    let tally = swarm(from..from.saturating_add(seeds), jobs, |done| {
        eprint!("\r{done} of {seeds} seeds");
    });
    eprintln!("\r{seeds} of {seeds} seeds");
    let seconds = begun.elapsed().as_secs_f64();
    let summary = if json {
        format!("{}\n", report::json(&tally, seconds))
    } else {
        report::text(&tally, seconds)
    };
    let _ = io::stdout().write_all(summary.as_bytes());
    exit(tally.holds())
}

fn exit(held: bool) -> ExitCode {
    if held { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
