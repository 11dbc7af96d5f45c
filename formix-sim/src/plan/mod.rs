//! What one seed stands for, spelled out: a cluster, a workload and faults by ordinal.
//!
//! A plan is complete: running it draws nothing but the nodes' coins. It can be built by hand, and
//! changed, which is how named scenarios are written.

mod cluster;
mod faults;
mod generate;
mod print;
mod questions;
mod trouble;
mod workload;

pub use cluster::{Cluster, Member, Peer};
pub use faults::{Crash, Cut, Faults, Kind, Link, Mishap, Trigger, What};
pub use workload::{Deed, Flaw, Owner, Question, Scale};

/// One run, spelled out. Times are milliseconds since its start.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Keys the coins of the nodes; for a plan made from a seed, that seed.
    pub seed: u64,
    /// Who takes part.
    pub cluster: Cluster,
    /// What is asked, and how each light node's owner takes it.
    pub workload: Vec<Question>,
    /// What goes wrong.
    pub faults: Faults,
}

impl Plan {
    /// The plan that a seed stands for.
    pub fn from_seed(seed: u64) -> Self {
        generate::plan(seed)
    }

    /// A plan to build scenarios on: one question, which every owner answers at once, and no fault.
    pub fn plain(heavies: u8, lights: u8) -> Self {
        generate::plain(heavies, lights)
    }
}
