//! One rule of `consent.toml`, and which questions it matches.

use std::time::Duration;

use formix_proto::query::Table;
use formix_proto::statistic::Measure;
use serde::{Deserialize, Serialize};

use super::subject::{Family, Subject};
use crate::duration;

/// What a rule decides about a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Answer it.
    Allow,
    /// Leave it to the owner.
    #[default]
    Ask,
    /// Decline it.
    Deny,
}

/// What the owner decides about a question.
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

/// One rule of `consent.toml`. It matches a question that meets all of its conditions. A rule that
/// allows must name the data that it allows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it decides about the questions that it matches.
    pub verdict: Verdict,
    /// The node that asks is one of these: names in `network.toml`, or ids.
    pub proposer: Option<Vec<String>>,
    /// It is this question.
    pub question: Option<Family>,
    /// The question reads these tables.
    pub tables: Option<Vec<String>>,
    /// The question reads these columns, each written as `table.column`.
    pub columns: Option<Vec<String>>,
    /// The question has a query, over any data.
    #[serde(default, skip_serializing_if = "is_false")]
    pub any_data: bool,
    /// The question has no query: it is for people.
    #[serde(default, skip_serializing_if = "is_false")]
    pub free_text: bool,
    /// The node makes its answers up.
    #[serde(default, skip_serializing_if = "is_false")]
    pub made_up: bool,
    /// The statistic is one of these.
    pub statistic: Option<Vec<String>>,
    /// The question's own `min_participants` is at least this.
    pub min_participants: Option<u32>,
    /// If the question has groups, its minimum group size is at least this.
    pub min_group: Option<u32>,
    /// At most one of the questions that the rule matches is answered within this time.
    pub cooldown: Option<Span>,
}

/// A span of time, as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(#[serde(with = "duration")] pub Duration);

/// Why a rule is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It allows, and names no data.
    #[error(
        "it allows nothing: name the `tables` or `columns` that it allows, or write `any_data = true`, `free_text = true` or `made_up = true`"
    )]
    NoData,
    /// It names data, and allows any data.
    #[error("it names data and has `any_data = true`: remove one of the two")]
    AnyAndSome,
    /// A limit on what is allowed, in a rule that does not allow.
    #[error(
        "`min_participants`, `min_group` and `cooldown` limit what a rule allows: remove them here, or write `verdict = \"allow\"`"
    )]
    Limit,
    /// A column without its table.
    #[error("`{0}` is not a column: write `table.column`")]
    Column(String),
    /// No statistic has this name.
    #[error("there is no statistic `{0}`: there are {known}", known = names().collect::<Vec<_>>().join(", "))]
    Statistic(String),
    /// No node has this name.
    #[error("no node in network.toml is called `{0}`: use a name from there, or an id")]
    Proposer(String),
}

/// What statistics are called.
fn names() -> impl Iterator<Item = &'static str> {
    Measure::FAMILIES.iter().map(|family| family.name)
}

impl Rule {
    /// Refuses a rule that cannot be meant; `knows` says whether a name or id is a node's.
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
        each(&self.statistic, |name| names().any(|known| known == name))
            .map_err(RuleError::Statistic)?;
        each(&self.proposer, knows).map_err(RuleError::Proposer)
    }

    /// Makes the rule name exactly the data that a question declares to read.
    pub(super) fn name_data(&mut self, tables: Option<&[Table]>) {
        match tables {
            None => self.free_text = true,
            Some([]) => self.any_data = true,
            Some(tables) => self.columns = Some(tables.iter().flat_map(columns_of).collect()),
        }
    }

    fn names_data(&self) -> bool {
        self.tables.is_some() || self.columns.is_some()
    }

    /// Whether the rule matches a question. A rule that allows must name all of the data that the
    /// question reads; for a rule that denies or asks, any of it is enough.
    pub(super) fn matches(&self, subject: &Subject) -> bool {
        self.matches_terms(subject)
            && match self.verdict {
                Verdict::Allow => self.covers(subject),
                _ => self.touches(subject),
            }
    }

    fn matches_terms(&self, subject: &Subject) -> bool {
        let proposes = |node: &String| {
            Some(node) == subject.proposer_name.as_ref() || node.parse() == Ok(subject.proposer)
        };
        self.proposer.as_ref().is_none_or(|nodes| nodes.iter().any(proposes))
            && self.question.is_none_or(|question| question == subject.question)
            && self.statistic.as_ref().is_none_or(|names| names.contains(&subject.statistic))
            && self.min_participants.is_none_or(|min| subject.min_participants >= min)
            && self.min_group.is_none_or(|min| subject.min_group.is_none_or(|of| of >= min))
    }

    /// Whether the rule names all that a question reads. No list of names covers a question that
    /// declares to read nothing: a program may read more than is declared.
    fn covers(&self, subject: &Subject) -> bool {
        let is_covered = |table: &Table| {
            self.tables.as_ref().is_none_or(|named| contains(named, &table.name))
                && self
                    .columns
                    .as_ref()
                    .is_none_or(|named| columns_of(table).all(|column| contains(named, &column)))
        };
        self.made_up && subject.made_up
            || match &subject.tables {
                None => self.free_text,
                Some(_) if self.any_data => true,
                Some(tables) => {
                    self.names_data() && !tables.is_empty() && tables.iter().all(is_covered)
                }
            }
    }

    /// Whether the rule names anything that a question reads.
    fn touches(&self, subject: &Subject) -> bool {
        let is_touched = |table: &Table| {
            self.tables.as_ref().is_some_and(|named| contains(named, &table.name))
                || self
                    .columns
                    .as_ref()
                    .is_some_and(|named| columns_of(table).any(|column| contains(named, &column)))
        };
        let matches_all = !(self.names_data() || self.any_data || self.free_text || self.made_up);
        matches_all
            || self.made_up && subject.made_up
            || match &subject.tables {
                None => self.free_text,
                Some(tables) => self.any_data || tables.iter().any(is_touched),
            }
    }
}

/// SQL names are compared without regard to case.
fn contains(named: &[String], name: &str) -> bool {
    named.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The columns that a question reads of a table, as rules name them.
fn columns_of(table: &Table) -> impl Iterator<Item = String> {
    table.columns.iter().map(|column| format!("{}.{column}", table.name))
}

/// Whether all words are right; if not, the first that is wrong.
fn each(words: &Option<Vec<String>>, is_right: impl Fn(&str) -> bool) -> Result<(), String> {
    let wrong = words.iter().flatten().find(|word| !is_right(word));
    wrong.map_or(Ok(()), |word| Err(word.clone()))
}

fn is_false(flag: &bool) -> bool {
    !flag
}
