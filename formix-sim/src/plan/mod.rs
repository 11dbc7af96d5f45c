//! What one seed stands for, spelled out: a cluster, a workload and faults by ordinal.
//!
//! A plan is complete: running it draws nothing but the nodes' coins. It can be built by hand, and
//! changed, which is how named scenarios are written.

mod adversary;
mod cluster;
mod faults;
mod form;
mod forms;
mod generate;
mod kind;
mod latency;
mod network;
mod print;
mod quantity;
mod questions;
mod sound;
mod trouble;
mod without;
mod workload;

use core::time::Duration;

use serde::{Deserialize, Serialize};

pub use adversary::{Adversary, Move, Trick};
pub use cluster::{Cluster, Member, Peer};
pub use faults::{Crash, Cut, Fault, Faults, Trigger, What};
pub use form::{Form, Grouping, Reply};
pub use kind::Kind;
pub use latency::LatencyError;
pub use network::{Latency, Network};
pub use quantity::{
    ChoiceTruth, ChoicesTruth, CountTruth, HistogramTruth, MomentsTruth, Quantity, RegressionTruth,
    Scale, SumTruth, VectorTruth,
};
pub use sound::Unsound;
pub use workload::{Behaviour, Flaw, Owner, Question};

/// One run, spelled out. Times are milliseconds since its start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// Keys the coins of the nodes; for a plan made from a seed, that seed.
    pub seed: u64,
    /// The nodes that take part.
    pub cluster: Cluster,
    /// What the network is like.
    pub network: Network,
    /// What is asked, and how each light node's owner takes it.
    pub workload: Vec<Question>,
    /// What goes wrong.
    pub faults: Faults,
    /// The nodes that do not keep to the protocol.
    #[serde(default)]
    pub adversary: Adversary,
}

impl Plan {
    /// The plan that a seed stands for.
    pub fn from_seed(seed: u64) -> Self {
        generate::plan(seed)
    }

    /// A plan to build scenarios on: one question, which every owner answers at once, and no fault.
    pub fn plain(heavies: u32, lights: u32) -> Self {
        generate::plain(heavies, lights)
    }

    /// The same, in two groups of two answers or more: the last owner is alone in the second. Opt-outs
    /// are hidden.
    pub fn grouped(heavies: u32, lights: u32) -> Self {
        let mut plan = Self::plain(heavies, lights);
        let question = &mut plan.workload[0];
        let grouping = Some(Grouping { count: 2, min_size: 2 });
        let form = Form { grouping, hides_opt_outs: true, ..question.form.clone() };
        question.compute(form);
        if let Some(Behaviour::Answer(reply)) =
            question.owners.last_mut().map(|owner| &mut owner.behaviour)
        {
            reply.group = 1;
        }
        plan
    }

    /// The farthest that two clocks come apart while anything is judged.
    pub fn skew(&self) -> Duration {
        const LONGEST_RUN: u64 = 120;
        let members = &self.cluster.members;
        let apart = |of: fn(&Member) -> i64| {
            let (most, least) = (members.iter().map(of).max(), members.iter().map(of).min());
            most.unwrap_or(0).abs_diff(least.unwrap_or(0))
        };
        let drifted = (apart(|member| member.drift) * LONGEST_RUN).div_ceil(1_000);
        let offset = apart(|member| member.ahead);
        Duration::from_millis(offset + drifted + self.faults.farthest_step())
    }
}
