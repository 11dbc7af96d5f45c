//! One run of an experiment, in a few numbers.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use formix_proto::directory::Role;
use formix_proto::id::Nonce;
use formix_proto::policy::Policy;
use formix_proto::seat::MIN_SEATS;
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;
use serde::{Serialize, Serializer};

use formix_sim::plan::{
    Adversary, Behaviour, Cluster, Faults, Form, Latency, Network, Owner, Plan, Question, Reply,
    Scale,
};
use formix_sim::random::Stream;

/// When the question is asked: all nodes run by then.
const ASKED_AT: u64 = 100;
/// The smallest roster that the default policy of a network allows.
const LEAST: u32 = 3;
/// Answers are 0 to 1000, so that 2^20 of them cannot reach 2^32.
const SCALE: Scale = Scale { min: 0, max: 1_000, decimals: 0 };

/// One run: its network, and the habits of its owners. Times are milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Setting {
    /// How many light nodes.
    pub(crate) lights: u32,
    /// How many heavy nodes; three of them are the committee.
    pub(crate) heavies: u32,
    /// How long frames take.
    #[serde(rename = "latency_ms", serialize_with = "as_text")]
    pub(crate) latency: Latency,
    /// How many frames are lost for good.
    #[serde(rename = "loss_percent")]
    pub(crate) loss: Percent,
    /// How many owners never answer.
    #[serde(rename = "dropout_percent")]
    pub(crate) dropout: Percent,
    /// How many owners decline.
    #[serde(rename = "decline_percent")]
    pub(crate) decline: Percent,
    /// Each owner takes a random time to answer, uniform up to this one.
    #[serde(rename = "answer_within_ms")]
    pub(crate) answer_within: u64,
    /// How long after the question its deadline is.
    #[serde(rename = "deadline_ms")]
    pub(crate) deadline: u64,
    /// The seed of the run.
    pub(crate) seed: u64,
}

/// A share of a whole, in millionths. Written, and read, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "f64")]
pub(crate) struct Percent(u32);

/// A text that is not a share of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a share is a percentage from 0 to 100, with up to four decimal places, like 0.5")]
pub(crate) struct PercentError;

impl Percent {
    /// Nothing of it.
    pub(crate) const NONE: Self = Self(0);

    /// In millionths.
    pub(crate) fn millionths(self) -> u32 {
        self.0
    }

    /// In percent.
    pub(crate) fn percent(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl From<Percent> for f64 {
    fn from(share: Percent) -> Self {
        share.percent()
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.percent())
    }
}

impl FromStr for Percent {
    type Err = PercentError;

    fn from_str(text: &str) -> Result<Self, PercentError> {
        let percent: f64 = text.trim_end_matches('%').parse().map_err(|_| PercentError)?;
        let millionths = percent * 10_000.0;
        let whole = (millionths - millionths.round()).abs() < 1e-6;
        if !(0.0..=100.0).contains(&percent) || !whole {
            return Err(PercentError);
        }
        Ok(Self(millionths.round() as u32))
    }
}

fn as_text<S: Serializer>(latency: &Latency, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(latency)
}

impl Setting {
    /// Spells the run out.
    pub(crate) fn plan(&self) -> Plan {
        let sizes = [self.heavies.max(3), self.lights.max(LEAST), 1];
        let policy =
            Policy { min_participants: LEAST, answer_after: Duration::ZERO, ..Policy::default() };
        let cluster = Cluster::new(self.seed, sizes, &policy);
        let workload = vec![self.question(&cluster)];
        let loss = self.loss.millionths();
        let network = Network { latency: self.latency, loss, reordering: false };
        let (faults, adversary) = (Faults::default(), Adversary::default());
        Plan { seed: self.seed, cluster, network, workload, faults, adversary }
    }

    fn question(&self, cluster: &Cluster) -> Question {
        let heavies = cluster.with_role(Role::Heavy);
        let proposer = cluster.with_role(Role::Proposer)[0];
        let lights = cluster.directory.lights();
        let form = Form::sum(SCALE);
        let spec = Spec {
            prompt: "How many minutes did you sleep last night?".to_owned(),
            query: None,
            statistic: form.statistic(),
            committee: cluster.committee(&heavies[..MIN_SEATS]),
            scheme: Scheme::Additive,
            deadline: Time(formix_sim::EPOCH + ASKED_AT + self.deadline),
            min_participants: LEAST,
            max_participants: lights,
        };
        let nonce = Nonce(Stream::new(self.seed, "nonce").bytes());
        let proposal = Proposal { proposer: cluster.member(proposer).id, nonce, spec: spec.into() };
        let mut draw = Stream::new(self.seed, "owners");
        let owners = (0..lights).map(|_| self.owner(&mut draw)).collect();
        Question { at: ASKED_AT, proposer, proposal, form, owners, flaw: None }
    }

    /// Draws the same number of times whatever comes of it, so that settings that differ in one
    /// share differ in those owners only.
    fn owner(&self, draw: &mut Stream) -> Owner {
        let (fate, steps) = (draw.small(1_000_000), draw.small(SCALE.max.unsigned_abs() + 1));
        let after = draw.within(0..=self.answer_within);
        let (dropout, decline) = (self.dropout.millionths(), self.decline.millionths());
        let behaviour = match fate {
            fate if fate < dropout => Behaviour::Ignore,
            fate if fate < dropout + decline => Behaviour::Decline,
            _ => Behaviour::Answer(Reply::from(10 * i64::from(steps))),
        };
        Owner { after, behaviour }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_in_percent() {
        let read = |text: &str| text.parse::<Percent>().map(Percent::millionths);
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("0.5"), Ok(5_000));
        assert_eq!(read("12.3456%"), Ok(123_456));
        assert_eq!(read("100"), Ok(1_000_000));
        for bad in ["", "-1", "101", "NaN", "0.00001", "many"] {
            assert_eq!(read(bad), Err(PercentError), "{bad}");
        }
        assert_eq!("12.5".parse::<Percent>().unwrap().to_string(), "12.5");
    }
}
