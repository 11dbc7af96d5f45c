//! The subcommands, one each.

pub(crate) mod exhaust;
pub(crate) mod experiment;
pub(crate) mod explore;
pub(crate) mod network;
pub(crate) mod picture;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod shrink;
pub(crate) mod swarm;
mod terms;

use std::fs;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use formix_sim::plan::Plan;

/// What a command came to.
pub(crate) enum Outcome {
    /// Everything held.
    Held,
    /// An invariant was broken.
    Broken,
    /// It could not be done, for this reason.
    Unusable(String),
}

impl Outcome {
    pub(crate) fn held(held: bool) -> Self {
        if held { Self::Held } else { Self::Broken }
    }
}

/// Which plan: that of a seed, or one in a file.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Which {
    /// The plan that this seed stands for
    #[arg(long)]
    seed: Option<u64>,
    /// The plan in this file, as `formix-sim plan` and `shrink` write it
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
}

impl Which {
    pub(crate) fn plan(&self) -> Result<Plan, String> {
        match (self.seed, &self.plan) {
            (_, Some(path)) => read(path),
            (seed, None) => Ok(Plan::from_seed(seed.unwrap_or(0))),
        }
    }
}

/// The plan in a file.
pub(crate) fn read(path: &Path) -> Result<Plan, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let unusable =
        |why: String| format!("{}, which is not a plan that can be run: {why}", path.display());
    let plan: Plan = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    plan.check().map_err(|error| unusable(error.to_string()))?;
    Ok(plan)
}

/// Writes a plan to a file, or prints it.
pub(crate) fn write(plan: &Plan, path: Option<&Path>) -> Result<(), String> {
    let text = serde_json::to_string_pretty(plan).map_err(|error| error.to_string())?;
    let Some(path) = path else {
        // A reader that closes its end of a pipe wants no more: that is not an error.
        let _ = writeln!(io::stdout(), "{text}");
        return Ok(());
    };
    fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

/// How many threads.
pub(crate) fn jobs(wanted: Option<NonZeroUsize>) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    wanted.map_or_else(cores, NonZeroUsize::get)
}
