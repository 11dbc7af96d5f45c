//! One run of an experiment, in a few numbers.

use core::fmt;
use core::str::FromStr;

use formix_proto::directory::Role;
use formix_proto::id::Nonce;
use formix_proto::policy::Policy;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::time::Time;
use serde::{Serialize, Serializer};

use crate::plan::{
    Adversary, Cluster, Deed, Faults, Form, Latency, Network, Owner, Plan, Question, Reply, Scale,
};
use crate::random::Stream;

/// When the question is asked: all nodes run, and know it.
const ASKED_AT: u64 = 100;
/// The least roster that the policy of a network with default settings allows.
const LEAST: u32 = 3;
/// Answers are 0 to 1000, so that 2^20 of them cannot reach 2^32.
const SCALE: Scale = Scale { min: 0, max: 1_000, decimals: 0 };

/// One run: what is asked of how many, over which network, and who answers. Times are milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Setting {
    /// How many light nodes.
    pub lights: u32,
    /// How many heavy nodes; three of them are the committee.
    pub heavies: u32,
    /// How long frames take.
    #[serde(rename = "latency_ms", serialize_with = "as_text")]
    pub latency: Latency,
    /// How many frames are lost for good.
    #[serde(rename = "loss_percent")]
    pub loss: Share,
    /// How many owners never answer.
    #[serde(rename = "dropout_percent")]
    pub dropout: Share,
    /// How many owners decline.
    #[serde(rename = "decline_percent")]
    pub decline: Share,
    /// Each owner takes a time of its own to answer, any up to this one alike.
    #[serde(rename = "answer_within_ms")]
    pub answer_within: u64,
    /// How long after the question its deadline is.
    #[serde(rename = "deadline_ms")]
    pub deadline: u64,
    /// Which of the runs that could be.
    pub seed: u64,
}

/// A share of a whole, in millionths. Written, and read, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "f64")]
pub struct Share(u32);

/// Not a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is a number of percent from 0 to 100, with up to four decimal places, like 0.5")]
pub struct ShareError;

impl Share {
    /// Nothing of it.
    pub const NONE: Self = Self(0);

    /// In millionths.
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// In percent.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> Self {
        share.percent()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.percent())
    }
}

impl FromStr for Share {
    type Err = ShareError;

    fn from_str(text: &str) -> Result<Self, ShareError> {
        let percent: f64 = text.trim_end_matches('%').parse().map_err(|_| ShareError)?;
        let millionths = percent * 10_000.0;
        let whole = (millionths - millionths.round()).abs() < 1e-6;
        if !(0.0..=100.0).contains(&percent) || !whole {
            return Err(ShareError);
        }
        Ok(Self(millionths.round() as u32))
    }
}

fn as_text<S: Serializer>(latency: &Latency, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(latency)
}

impl Setting {
    /// Spells the run out.
    pub fn plan(&self) -> Plan {
        let sizes = [self.heavies.max(3), self.lights.max(LEAST), 1];
        let policy = Policy { least_participants: LEAST, ..Policy::default() };
        let cluster = Cluster::new(self.seed, sizes, &policy);
        let workload = vec![self.question(&cluster)];
        let loss = self.loss.millionths();
        let network = Network { latency: self.latency, loss, reordering: false };
        let (faults, adversary) = (Faults::default(), Adversary::default());
        Plan { seed: self.seed, cluster, network, workload, faults, adversary }
    }

    fn question(&self, cluster: &Cluster) -> Question {
        let heavies = cluster.with_role(Role::Heavy);
        let asker = cluster.with_role(Role::Proposer)[0];
        let lights = cluster.directory.lights();
        let form = Form::sum(SCALE);
        let spec = Spec {
            prompt: "How many minutes did you sleep last night?".to_owned(),
            query: None,
            statistic: form.statistic(),
            committee: Committee([0, 1, 2].map(|seat| cluster.member(heavies[seat]).id)),
            deadline: Time(crate::EPOCH + ASKED_AT + self.deadline),
            min_participants: LEAST,
            max_participants: lights,
        };
        let nonce = Nonce(Stream::new(self.seed, "nonce").bytes());
        let proposal = Proposal { proposer: cluster.member(asker).id, nonce, spec };
        let mut draw = Stream::new(self.seed, "owners");
        let owners = (0..lights).map(|_| self.owner(&mut draw)).collect();
        Question { at: ASKED_AT, asker, proposal, form, owners, flaw: None }
    }

    /// Draws the same number of times whatever comes of it, so that settings that differ in one
    /// share differ in those owners only.
    fn owner(&self, draw: &mut Stream) -> Owner {
        let (fate, steps) = (draw.small(1_000_000), draw.small(SCALE.max.unsigned_abs() + 1));
        let after = draw.within(0..=self.answer_within);
        let (dropout, decline) = (self.dropout.millionths(), self.decline.millionths());
        let deed = match fate {
            fate if fate < dropout => Deed::Ignore,
            fate if fate < dropout + decline => Deed::Decline,
            _ => Deed::Answer(Reply::from(10 * i64::from(steps))),
        };
        Owner { after, deed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_in_percent() {
        let read = |text: &str| text.parse::<Share>().map(Share::millionths);
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("0.5"), Ok(5_000));
        assert_eq!(read("12.3456%"), Ok(123_456));
        assert_eq!(read("100"), Ok(1_000_000));
        for bad in ["", "-1", "101", "NaN", "0.00001", "many"] {
            assert_eq!(read(bad), Err(ShareError), "{bad}");
        }
        assert_eq!("12.5".parse::<Share>().unwrap().to_string(), "12.5");
    }
}
