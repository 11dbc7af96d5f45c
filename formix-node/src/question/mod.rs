//! A question as an analyst puts it, with safe defaults for whatever is not said.
//!
//! It is written in TOML or JSON: docs/questions.md is the language.

mod check;
mod data;
mod explain;
mod fault;
mod file;
mod proposing;
#[cfg(test)]
mod tests;

use std::time::Duration;

use formix_proto::query::Query;
use formix_proto::statistic::{
    Domain, Fields, Groups, Rule, Schema, Statistic, Sum, Written, rule,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use explain::Explanation;
pub use fault::{Fault, Problem};
pub use file::QuestionFile;
pub use proposing::QuestionError;

/// The version of the language.
const VERSION: u32 = 1;

/// A question and its terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AsWritten", into = "AsWritten")]
pub struct Question {
    /// The question, for people.
    pub prompt: String,
    /// How long answers are accepted.
    pub deadline: Duration,
    /// The minimum number of answers that may be revealed.
    pub min_participants: u32,
    /// The maximum number of answers, which bounds the sum; the number of light nodes if not said.
    /// It does not select: every enrolled light node is asked.
    pub max_participants: Option<u32>,
    /// The heavy nodes, by name, the primary first: three to seven. Three at random if not said.
    pub committee: Option<Vec<String>>,
    /// The question, for programs.
    pub query: Option<Query>,
    /// What is computed of the answers, and what the analyst wants to see of it.
    pub schema: Schema,
}

/// A question's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AsWritten {
    version: Version,
    prompt: String,
    #[serde(default = "a_minute", with = "crate::duration")]
    deadline: Duration,
    #[serde(default = "three")]
    min_participants: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_participants: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    committee: Option<Vec<String>>,
    #[serde(default, deserialize_with = "rule")]
    missing: Rule,
    #[serde(default, deserialize_with = "rule")]
    outside: Rule,
    #[serde(default)]
    hide_opt_outs: bool,
    #[serde(default, with = "data", skip_serializing_if = "Option::is_none")]
    data: Option<Query>,
    statistic: Fields,
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Groups>,
}

/// The version of the language: the one that there is.
struct Version;

impl Question {
    /// A question about the sum of a number from 0 to 1000 with two decimals, open for a minute, for at
    /// least three participants.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            deadline: a_minute(),
            min_participants: three(),
            max_participants: None,
            committee: None,
            query: None,
            schema: Sum(Domain::default()).into(),
        }
    }
}

impl TryFrom<AsWritten> for Question {
    type Error = Fault;

    fn try_from(file: AsWritten) -> Result<Self, Fault> {
        let AsWritten { statistic, groups, missing, outside, hide_opt_outs, .. } = file;
        let written = Written { statistic, groups, missing, outside, hide_opt_outs };
        Ok(Self {
            prompt: file.prompt,
            deadline: file.deadline,
            min_participants: file.min_participants,
            max_participants: file.max_participants,
            committee: file.committee,
            query: file.data,
            schema: written.try_into()?,
        })
    }
}

impl From<Question> for AsWritten {
    fn from(question: Question) -> Self {
        let Written { statistic, groups, missing, outside, hide_opt_outs } = question.schema.into();
        Self {
            version: Version,
            prompt: question.prompt,
            deadline: question.deadline,
            min_participants: question.min_participants,
            max_participants: question.max_participants,
            committee: question.committee,
            missing,
            outside,
            hide_opt_outs,
            data: question.query,
            statistic,
            groups,
        }
    }
}

/// Writes a statistic as an analyst would.
pub(crate) fn readable<S: Serializer>(statistic: &Statistic, to: S) -> Result<S::Ok, S::Error> {
    Schema::from(statistic.clone()).serialize(to)
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
                "this is version {version} of the language, and this build reads version {VERSION}"
            ))),
        }
    }
}
