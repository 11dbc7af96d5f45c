//! Every order of messages and writes.

use std::time::Instant;

use formix_sim::explore::{Bounds, explore};
use formix_sim::plan::Plan;

use super::Outcome;

/// Runs a small network in every order of its messages and writes, as far as the bounds allow.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many light nodes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    lights: u32,
    /// Ask in groups, which are counted first
    #[arg(long)]
    grouped: bool,
    /// The most states; where they do not suffice, the exit status is 0 all the same
    #[arg(long, default_value_t = 10_000_000)]
    states: usize,
    /// How often a timer may come although a message is on its way
    #[arg(long, default_value_t = 0)]
    hurries: u32,
}

pub(crate) fn run(args: &Args) -> Outcome {
    let bounds = Bounds { states: args.states, hurries: args.hurries };
    let begun = Instant::now();
    let network = if args.grouped { Plan::grouped } else { Plan::plain };
    let explored = explore(&network(3, args.lights), bounds, |states| {
        eprint!("\r{states} states");
    });
    eprintln!();
    println!(
        "{} states{}, {} steps, {} ends, {} of them completed, the longest after {} steps; {:.1} s",
        explored.states,
        if explored.complete { ", which is all of them" } else { "" },
        explored.steps,
        explored.ends,
        explored.completed,
        explored.longest,
        begun.elapsed().as_secs_f64(),
    );
    let Some((wrong, steps)) = &explored.wrong else { return Outcome::Held };
    println!("WRONG  {wrong}, after:");
    steps.iter().for_each(|step| println!("  {step}"));
    Outcome::Broken
}
