//! One rule of the owner's, and which questions it is about.

use std::time::Duration;

use formix_proto::query::Table;
use serde::{Deserialize, Serialize};

use super::matching::columns_of;
use super::subject::Family;
use crate::duration;

/// What is to become of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is answered.
    Allow,
    /// The owner is asked.
    #[default]
    Ask,
    /// It is declined.
    Deny,
}

/// What the owner makes of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Answer it.
    Approve,
    /// Decline it.
    Deny,
}

impl From<Choice> for Verdict {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Approve => Self::Allow,
            Choice::Deny => Self::Deny,
        }
    }
}

/// One rule of `consent.toml`. What it does not mention does not matter to it, but for the data: a rule
/// that allows has to say which.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What becomes of the questions that it is about.
    pub verdict: Verdict,
    /// Who asks: names of `network.toml`, or ids.
    pub proposer: Option<Vec<String>>,
    /// The question itself.
    pub question: Option<Family>,
    /// Tables.
    pub tables: Option<Vec<String>>,
    /// Columns, as `table.column`.
    pub columns: Option<Vec<String>>,
    /// Whatever data a query reads.
    #[serde(default, skip_serializing_if = "is_false")]
    pub any_data: bool,
    /// Questions without a query, which are for people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub free_text: bool,
    /// Whatever is asked, while the node makes its answers up.
    #[serde(default, skip_serializing_if = "is_false")]
    pub made_up: bool,
    /// Names of measures.
    pub statistic: Option<Vec<String>>,
    /// The question's own `min_participants` is at least this.
    pub min_participants: Option<u32>,
    /// If the question has groups, none of fewer answers is told of.
    pub min_group: Option<u32>,
    /// Of all the questions that it is about, one is answered in this time.
    pub cooldown: Option<Span>,
}

/// A span of time, as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(#[serde(with = "duration")] pub Duration);

/// What a rule says that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It allows nothing.
    #[error(
        "it allows nothing: name `tables` or `columns` that it is about, or say `any_data = true`, `free_text = true` or `made_up = true`"
    )]
    NoData,
    /// It names data, and any.
    #[error("it names data and says `any_data = true`: keep one of the two")]
    AnyAndSome,
    /// A limit of what is allowed, in a rule that does not allow.
    #[error(
        "`min_participants`, `min_group` and `cooldown` limit what is allowed: they mean nothing in a rule that does not allow"
    )]
    Limit,
    /// A column without its table.
    #[error("`{0}` is no column: write `table.column`")]
    Column(String),
    /// A measure that there is not.
    #[error("there is no statistic `{0}`: there are {known}", known = MEASURES.join(", "))]
    Statistic(String),
    /// Nobody of that name.
    #[error("nobody is called `{0}` in network.toml: use a name from there, or an id")]
    Proposer(String),
}

/// What measures are called.
const MEASURES: [&str; 8] =
    ["count", "sum", "moments", "histogram", "choice", "choices", "vector", "regression"];

impl Rule {
    /// Refuses what cannot be meant; `knows` says whether that is somebody who may ask.
    pub(super) fn check(&self, knows: impl Fn(&str) -> bool) -> Result<(), RuleError> {
        let has_limit =
            self.min_participants.is_some() || self.min_group.is_some() || self.cooldown.is_some();
        let names_kind = self.any_data || self.free_text || self.made_up;
        match self.verdict {
            Verdict::Allow if !self.names_data() && !names_kind => return Err(RuleError::NoData),
            Verdict::Ask | Verdict::Deny if has_limit => return Err(RuleError::Limit),
            _ if self.any_data && self.names_data() => return Err(RuleError::AnyAndSome),
            _ => {}
        }
        let is_name = |part: &str| !part.is_empty() && !part.contains('.');
        let is_column = |column: &str| {
            column.split_once('.').is_some_and(|(table, name)| is_name(table) && is_name(name))
        };
        each(&self.columns, is_column).map_err(RuleError::Column)?;
        each(&self.statistic, |name| MEASURES.contains(&name)).map_err(RuleError::Statistic)?;
        each(&self.proposer, knows).map_err(RuleError::Proposer)
    }

    /// Names exactly the data that a question declares to read.
    pub(super) fn name_data(&mut self, tables: Option<&[Table]>) {
        match tables {
            None => self.free_text = true,
            Some([]) => self.any_data = true,
            Some(tables) => self.columns = Some(tables.iter().flat_map(columns_of).collect()),
        }
    }

    pub(super) fn names_data(&self) -> bool {
        self.tables.is_some() || self.columns.is_some()
    }
}

/// Whether all words are right; else one that is not.
fn each(words: &Option<Vec<String>>, is_right: impl Fn(&str) -> bool) -> Result<(), String> {
    let wrong = words.iter().flatten().find(|word| !is_right(word));
    wrong.map_or(Ok(()), |word| Err(word.clone()))
}

fn is_false(flag: &bool) -> bool {
    !flag
}
