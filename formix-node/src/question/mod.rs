//! A question as an analyst puts it, with safe defaults for whatever is not said.
//!
//! It is written in TOML or JSON: docs/questions.md is the language.

mod check;
mod data;
mod explain;
mod fault;
mod file;
mod number;
mod schema;
#[cfg(test)]
mod tests;
mod wanted;

use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::directory::Role;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::MAX_PARTICIPANTS;
use formix_proto::query::Query;
use formix_proto::share::SEATS;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::Rule;
use formix_proto::time::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock::now;
use crate::config::{ConfigError, Member, Network};

pub use explain::Explanation;
pub use fault::{Fault, Wrong};
pub use file::QuestionFile;
pub use number::Number;
pub(crate) use schema::readable;
pub use schema::{GroupBy, Schema};
pub use wanted::{Column, Kind, Wanted};

/// The version of the language.
const VERSION: u32 = 1;

/// A question and what its asker says about its terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The version of the language that it is written in.
    pub version: Version,
    /// The question, for people.
    pub prompt: String,
    /// How long answers are accepted.
    #[serde(default = "a_minute", with = "crate::duration")]
    pub deadline: Duration,
    /// The least number of answers that may be revealed.
    #[serde(default = "three")]
    pub min_participants: u32,
    /// The greatest number of answers, which bounds the sum; the number of light nodes if not said.
    /// It does not select: every enrolled light node is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_participants: Option<u32>,
    /// The heavy nodes, by name; three of them at random if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committee: Option<[String; SEATS]>,
    /// What becomes of a missing value.
    #[serde(default, deserialize_with = "schema::rule")]
    pub missing: Rule,
    /// What becomes of a value outside what is declared.
    #[serde(default, deserialize_with = "schema::rule")]
    pub outside: Rule,
    /// Whether who declines sends an empty answer, which nobody can tell from others.
    #[serde(default)]
    pub hide_declining: bool,
    /// The question, for programs.
    #[serde(default, rename = "data", with = "data", skip_serializing_if = "Option::is_none")]
    pub query: Option<Query>,
    /// What is wanted.
    pub statistic: Wanted,
    /// Of which groups separately.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<GroupBy>,
}

/// The version of the language: the one that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version;

/// Why a question cannot be put.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// It makes no sense, or not in this network.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A heavy node that there is not.
    #[error(transparent)]
    Node(#[from] ConfigError),
    /// A committee member that is not a heavy node.
    #[error("`{0}` is not a heavy node")]
    NotHeavy(String),
    /// Fewer answers than there are light nodes: each heavy node would take others.
    #[error(
        "max_participants is {most}, but {enrolled} light nodes are enrolled: all of them are asked"
    )]
    TooFewPlaces {
        /// `max_participants`.
        most: u32,
        /// Enrolled light nodes.
        enrolled: u32,
    },
    /// Too few heavy nodes for a committee.
    #[error("a computation needs {SEATS} heavy nodes, this network has {0}")]
    TooFewHeavies(usize),
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
}

impl Question {
    /// A question about the sum of a number from 0 to 1000 with two decimals, open for a minute, for at
    /// least three participants.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            version: Version,
            prompt: prompt.into(),
            deadline: a_minute(),
            min_participants: three(),
            max_participants: None,
            committee: None,
            missing: Rule::Decline,
            outside: Rule::Decline,
            hide_declining: false,
            query: None,
            statistic: Wanted::of_number(Kind::Sum, Decimal::ZERO, Decimal::ONE_THOUSAND, 2),
            groups: None,
        }
    }

    /// What is computed.
    pub fn schema(&self) -> Schema {
        Schema {
            statistic: self.statistic.clone(),
            groups: self.groups.clone(),
            missing: self.missing.clone(),
            outside: self.outside.clone(),
            hide_declining: self.hide_declining,
        }
    }

    /// Computes this instead.
    pub fn set_schema(&mut self, schema: Schema) {
        self.statistic = schema.statistic;
        self.groups = schema.groups;
        self.missing = schema.missing;
        self.outside = schema.outside;
        self.hide_declining = schema.hide_declining;
    }

    /// The proposal, asked by `proposer` of `network`.
    pub fn propose(self, network: &Network, proposer: NodeId) -> Result<Proposal, QuestionError> {
        let max_participants = self.places(network)?;
        let committee = match &self.committee {
            Some(names) => named(network, names)?,
            None => any(network)?,
        };
        self.check(&network.policy.policy(), max_participants)?;
        let spec = self.spec(committee, now() + self.deadline, max_participants)?;
        Ok(Proposal { proposer, nonce: Nonce(random()?), spec })
    }

    /// The terms that nodes are sent.
    fn spec(
        &self,
        committee: Committee,
        deadline: Time,
        max_participants: u32,
    ) -> Result<Spec, Fault> {
        Ok(Spec {
            prompt: self.prompt.clone(),
            query: self.query.clone(),
            statistic: self.schema().statistic()?,
            committee,
            deadline,
            min_participants: self.min_participants,
            max_participants,
        })
    }

    /// The greatest number of answers in this network: room for every enrolled light node.
    pub fn places(&self, network: &Network) -> Result<u32, QuestionError> {
        let enrolled = network.with_role(Role::Light).count();
        let enrolled = u32::try_from(enrolled).unwrap_or(u32::MAX);
        match self.max_participants {
            Some(most) if self.min_participants <= most && most < enrolled => {
                Err(QuestionError::TooFewPlaces { most, enrolled })
            }
            Some(most) => Ok(most),
            None => Ok(enrolled.max(self.min_participants.min(MAX_PARTICIPANTS))),
        }
    }
}

fn named(network: &Network, names: &[String; SEATS]) -> Result<Committee, QuestionError> {
    let heavy = |name: &String| match network.member(name)? {
        Member { role: Role::Heavy, id, .. } => Ok(*id),
        _ => Err(QuestionError::NotHeavy(name.clone())),
    };
    let [a, b, c] = names.each_ref().map(heavy);
    Ok(Committee([a?, b?, c?]))
}

/// Three heavy nodes at random, so that the load spreads.
fn any(network: &Network) -> Result<Committee, QuestionError> {
    let mut heavies: Vec<_> = network.with_role(Role::Heavy).map(|member| member.id).collect();
    if heavies.len() < SEATS {
        return Err(QuestionError::TooFewHeavies(heavies.len()));
    }
    let mut seat = || -> Result<NodeId, QuestionError> {
        let draw = u64::from_le_bytes(random()?);
        let index = usize::try_from(draw % heavies.len() as u64).unwrap_or(0);
        Ok(heavies.swap_remove(index))
    };
    Ok(Committee([seat()?, seat()?, seat()?]))
}

fn random<const N: usize>() -> Result<[u8; N], QuestionError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(QuestionError::Randomness)?;
    Ok(bytes)
}

fn a_minute() -> Duration {
    Duration::from_secs(60)
}

fn three() -> u32 {
    3
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u32(VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            VERSION => Ok(Self),
            version => Err(de::Error::custom(format!(
                "version {version} of the language, this build reads {VERSION}"
            ))),
        }
    }
}
