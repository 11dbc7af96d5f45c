//! A question as an analyst puts it, with safe defaults for whatever is not said.
//!
//! It is written in TOML or JSON: docs/questions.md is the language.

mod check;
mod data;
mod explain;
mod fault;
mod file;
mod kind;
mod measure;
mod number;
mod proposing;
mod schema;
#[cfg(test)]
mod tests;
mod wanted;

use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::query::Query;
use formix_proto::share::SEATS;
use formix_proto::statistic::Rule;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use explain::Explanation;
pub use fault::{Fault, Wrong};
pub use file::QuestionFile;
pub use kind::Kind;
pub use number::Number;
pub use proposing::QuestionError;
pub(crate) use schema::readable;
pub use schema::{GroupBy, Schema};
pub use wanted::{Column, Wanted};

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
