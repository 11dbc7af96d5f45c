//! One rule of `consent.toml`, and which questions it matches.

use std::time::Duration;

use formix_proto::query::Table;
use serde::{Deserialize, Serialize};

use super::error::{RuleError, statistics};
use super::subject::{Family, Subject, columns_of};
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
    /// The question has groups, and its minimum group size is at least this.
    pub min_group: Option<u32>,
    /// A total holds no more bits of one answer than this.
    pub max_bits: Option<u32>,
    /// The result has no more totals than this.
    pub max_totals: Option<u64>,
    /// A constant may count as an answer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stand_ins: bool,
    /// The question hides who opts out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub hide_opt_outs: bool,
    /// All of the question's heavy nodes are among these: names in `network.toml`, or ids.
    pub committee: Option<Vec<String>>,
    /// The question may take fewer answers than there are light nodes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub subset: bool,
    /// The question stays open for at least this time.
    pub min_time: Option<Span>,
    /// At most one question that the rule matches, or that reads the same columns, is answered within this
    /// time.
    pub cooldown: Option<Span>,
}

/// A span of time, as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(#[serde(with = "duration")] pub Duration);

impl Rule {
    /// Refuses a rule that cannot be meant; `knows` says whether a name or id is a node's.
    pub(super) fn check(&self, knows: impl Fn(&str) -> bool) -> Result<(), RuleError> {
        let limit = self.limits().into_iter().find(|(_, is_set)| *is_set);
        let names_kind = self.any_data || self.free_text || self.made_up;
        match limit {
            _ if self.allows() && !self.names_data() && !names_kind => {
                return Err(RuleError::NoData);
            }
            Some((key, _)) if !self.allows() => return Err(RuleError::Limit(key)),
            _ if self.any_data && self.names_data() => return Err(RuleError::AnyAndSome),
            _ => {}
        }
        let is_name = |part: &str| !part.is_empty() && !part.contains('.');
        let is_column = |column: &str| {
            column.split_once('.').is_some_and(|(table, name)| is_name(table) && is_name(name))
        };
        each(&self.columns, is_column).map_err(RuleError::Column)?;
        each(&self.statistic, |name| statistics().any(|known| known == name))
            .map_err(RuleError::Statistic)?;
        each(&self.proposer, &knows).map_err(RuleError::Node)?;
        each(&self.committee, &knows).map_err(RuleError::Node)
    }

    pub(super) fn allows(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// A rule for exactly this question, from this proposer, over no fewer participants. What its owner has
    /// seen of it is allowed, even if it is more than a rule allows that says nothing.
    pub(super) fn for_exactly(subject: &Subject, choice: Choice, cooldown: Option<Span>) -> Self {
        let rule = Self {
            verdict: choice.into(),
            proposer: Some(vec![subject.proposer.id.to_string()]),
            question: Some(subject.question),
            ..Self::default()
        };
        match choice {
            Choice::Deny => rule,
            Choice::Approve => Self {
                min_participants: Some(subject.min_participants),
                max_bits: Some(subject.bits),
                max_totals: Some(subject.totals),
                stand_ins: subject.stand_ins,
                cooldown,
                ..rule.naming(subject.tables.as_deref())
            },
        }
    }

    /// The same rule for exactly the data that a question declares to read.
    fn naming(self, tables: Option<&[Table]>) -> Self {
        match tables {
            None => Self { free_text: true, ..self },
            Some([]) => Self { any_data: true, ..self },
            Some(tables) => {
                Self { columns: Some(tables.iter().flat_map(columns_of).collect()), ..self }
            }
        }
    }

    fn names_data(&self) -> bool {
        self.tables.is_some() || self.columns.is_some()
    }

    /// Whether the rule matches a question. A rule that allows must name all of the data that the
    /// question reads; for a rule that denies or asks, any of it is enough. Its limits do not count here.
    pub(super) fn matches(&self, subject: &Subject) -> bool {
        let covers = if self.allows() { self.covers(subject) } else { self.touches(subject) };
        covers
            && self.proposer.as_ref().is_none_or(|nodes| subject.proposer.is_any(nodes))
            && self.question.is_none_or(|question| question == subject.question)
            && self.statistic.as_ref().is_none_or(|names| names.contains(&subject.statistic))
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

/// Whether all words are right; if not, the first that is wrong.
fn each(words: &Option<Vec<String>>, is_right: impl Fn(&str) -> bool) -> Result<(), String> {
    let wrong = words.iter().flatten().find(|word| !is_right(word));
    wrong.map_or(Ok(()), |word| Err(word.clone()))
}

fn is_false(flag: &bool) -> bool {
    !flag
}
