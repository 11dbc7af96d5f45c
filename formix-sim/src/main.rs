//! The command line of the simulator.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what it is for")]

mod command;
mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::{
    Outcome, exhaust, experiment, explore, network, picture, plan, replay, run, shrink, swarm,
};

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
    Run(run::Args),
    /// Runs many seeds, and says what they came across
    Swarm(swarm::Args),
    /// Writes the plan that a seed stands for: who asks what, and every fault
    Plan(plan::Args),
    /// Tells the story of a plan
    Replay(replay::Args),
    /// Makes a plan that breaks something as small as it can be
    Shrink(shrink::Args),
    /// Runs a small network with every single fault, or every two
    Exhaust(exhaust::Args),
    /// Runs a small network in every order of its messages and writes
    Explore(explore::Args),
    /// Runs one network of any size, up to a million light nodes, and measures it
    Network(network::Args),
    /// Measures networks of many sizes, with many models of latency, loss and dropout
    Experiment(experiment::Args),
    /// Draws a computation without faults, explained, as SVG
    Picture,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Swarm(args) => swarm::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Shrink(args) => shrink::run(&args),
        Command::Exhaust(args) => exhaust::run(&args),
        Command::Explore(args) => explore::run(&args),
        Command::Network(args) => network::run(&args),
        Command::Experiment(args) => experiment::run(&args),
        Command::Picture => picture::run(),
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
