//! The command line of the simulator.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

mod command;
mod experiment;
mod page;
mod report;
mod story;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::Outcome;

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
  formix-sim run --seed 42 --html run.html
                                        show it as a page
  formix-sim swarm --seeds 20000        run seeds 0 to 19999 on all cores
  formix-sim shrink --seed 42 --out small.json
                                        find the few faults that seed 42 fails for
  formix-sim replay small.json          tell the story of a plan
  formix-sim exhaust --pairs            every two faults of a small run
  formix-sim explore --lights 1         every order of messages in a small run
  formix-sim network --lights 1000      measure one network
  formix-sim experiment --lights 10,100,1000 --loss 0,1 --csv runs.csv --svg plots
                                        measure many, and draw what was measured";

#[derive(Subcommand)]
enum Command {
    /// Tells the story of the run that one seed stands for
    Run(command::run::Args),
    /// Runs many seeds, and says what they came across
    Swarm(command::swarm::Args),
    /// Writes the plan that a seed stands for: every question, and every fault
    Plan(command::plan::Args),
    /// Tells the story of a plan
    Replay(command::replay::Args),
    /// Makes a plan that breaks something as small as it can be
    Shrink(command::shrink::Args),
    /// Runs a small network with every single fault, or every two
    Exhaust(command::exhaust::Args),
    /// Runs a small network in every order of its messages and writes
    Explore(command::explore::Args),
    /// Runs one network of any size, up to a million light nodes, and measures it
    Network(command::network::Args),
    /// Measures networks of many sizes, with many models of latency, loss and dropout
    Experiment(command::experiment::Args),
    /// Draws a computation without faults, explained, as SVG
    Picture,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => command::run::run(&args),
        Command::Swarm(args) => command::swarm::run(&args),
        Command::Plan(args) => command::plan::run(&args),
        Command::Replay(args) => command::replay::run(&args),
        Command::Shrink(args) => command::shrink::run(&args),
        Command::Exhaust(args) => command::exhaust::run(&args),
        Command::Explore(args) => command::explore::run(&args),
        Command::Network(args) => command::network::run(&args),
        Command::Experiment(args) => command::experiment::run(&args),
        Command::Picture => command::picture::run(),
    };
    match outcome {
        Outcome::Held => ExitCode::SUCCESS,
        Outcome::Broken => ExitCode::from(1),
        Outcome::Unusable(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(2)
        }
    }
}
