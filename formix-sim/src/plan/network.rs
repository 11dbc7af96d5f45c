//! The network as it is without faults.

use serde::{Deserialize, Serialize};

/// The network between any two nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Network {
    /// How long frames take.
    pub latency: Latency,
    /// How many frames of a million are lost anyway, before faults end and after.
    pub loss: u32,
    /// Frames of one link may overtake each other.
    pub reordering: bool,
}

/// How long a frame takes, in milliseconds, beyond the one that every frame takes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Latency {
    /// Each directed link has its own, of this range, the same for all of its frames.
    PerLink {
        /// The shortest.
        min: u64,
        /// The longest.
        max: u64,
    },
    /// Each frame has its own: log-normal, as round trips on the internet roughly are.
    LogNormal {
        /// Half of the frames take less.
        median: u64,
        /// The standard deviation of the logarithm, in thousandths.
        sigma: u32,
    },
}

impl Default for Network {
    fn default() -> Self {
        let latency = Latency::PerLink { min: 0, max: 0 };
        Self { latency, loss: 0, reordering: false }
    }
}
