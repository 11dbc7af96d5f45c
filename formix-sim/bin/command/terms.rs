//! What all runs of an experiment have in common, as options.

use crate::experiment::{Percent, Setting};
use clap::Args;
use formix_sim::plan::Latency;

/// Options beside those that an experiment varies.
#[derive(Args)]
pub(crate) struct Terms {
    /// Heavy nodes; three of them are the committee
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(3..=1_000))]
    heavies: u32,
    /// Owners who decline, in percent
    #[arg(long, default_value = "0", value_name = "PERCENT")]
    decline: Percent,
    /// The longest that an owner takes to answer, in seconds; each takes any time up to it alike
    #[arg(long, default_value_t = 1.0, value_name = "SECONDS", value_parser = seconds)]
    answer_within: f64,
    /// From the question to its deadline, in seconds
    #[arg(long, default_value_t = 30.0, value_name = "SECONDS", value_parser = seconds)]
    deadline: f64,
    /// The seed, or the first of several
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Terms {
    /// The setting with these and everything else at rest.
    pub(crate) fn setting(&self, lights: u32, latency: Latency) -> Setting {
        let millis = |seconds: f64| (1_000.0 * seconds).round() as u64;
        Setting {
            lights,
            heavies: self.heavies,
            latency,
            loss: Percent::NONE,
            dropout: Percent::NONE,
            decline: self.decline,
            answer_within: millis(self.answer_within),
            deadline: millis(self.deadline),
            seed: self.seed,
        }
    }
}

/// How many light nodes there can be.
pub(crate) fn lights(text: &str) -> Result<u32, String> {
    const MOST: u32 = formix_proto::limits::MAX_PARTICIPANTS;
    let count = text.parse().ok().filter(|count| (3..=MOST).contains(count));
    count.ok_or_else(|| format!("a network has 3 to {MOST} light nodes"))
}

fn seconds(text: &str) -> Result<f64, String> {
    const MOST: f64 = 86_400.0;
    let seconds = text.parse().ok().filter(|seconds| (0.001..=MOST).contains(seconds));
    seconds.ok_or_else(|| format!("a time is 0.001 to {MOST} seconds"))
}
