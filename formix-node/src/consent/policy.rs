//! The owner's rules in order, and what they decide about a question.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use formix_proto::id::NodeId;
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use super::limit::Limit;
use super::log::{By, PastDecision};
use super::rule::{Rule, Verdict};
use super::subject::Subject;
use crate::config::{self, ConfigError, ContentError};

/// `consent.toml`: the first rule that matches a question decides it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The verdict on a question that no rule matches; never `allow`.
    #[serde(default)]
    pub default: Verdict,
    /// The rules. People count them from 1.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// What the rules decide about a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// The rule that gave it, or the default.
    pub by: By,
    /// The first rule that would have allowed it, but for a limit.
    pub held: Option<Held>,
}

/// A rule that matches a question, and what of it stands against allowing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The rule's number, from 1.
    pub rule: usize,
    /// What stands against it.
    pub limit: Limit,
}

impl Policy {
    /// Reads and checks `consent.toml`; without one, the owner decides every question.
    pub fn load(path: &Path, names: &BTreeMap<NodeId, String>) -> Result<Self, ConfigError> {
        let policy = Self::parse(path, &config::read_if_there(path)?)?;
        policy.check(names).map_err(|what| what.of(path))?;
        Ok(policy)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        config::parse(path, text)
    }

    fn check(&self, names: &BTreeMap<NodeId, String>) -> Result<(), ContentError> {
        if self.default == Verdict::Allow {
            return Err(ContentError::AllowsByDefault);
        }
        let knows =
            |node: &str| names.values().any(|name| name == node) || node.parse::<NodeId>().is_ok();
        for (number, rule) in (1..).zip(&self.rules) {
            rule.check(knows).map_err(|error| ContentError::Rule { number, error })?;
        }
        Ok(())
    }

    /// Evaluates a question, given all earlier decisions.
    pub fn evaluate(&self, subject: &Subject, past: &[PastDecision], now: Time) -> Evaluation {
        let mut held = None;
        for (number, rule) in (1..).zip(&self.rules) {
            if !rule.matches(subject) {
                continue;
            }
            match rule.limit(subject, past, now) {
                None => return Evaluation { verdict: rule.verdict, by: By::Rule(number), held },
                Some(limit) => held = held.or(Some(Held { rule: number, limit })),
            }
        }
        Evaluation { verdict: self.default, by: By::Default, held }
    }

    /// The longest time for which any rule that allows looks back.
    pub(super) fn longest_cooldown(&self) -> Duration {
        self.rules.iter().filter(|rule| rule.allows()).map(Rule::cooldown).max().unwrap_or_default()
    }

    /// Inserts a rule before all others in the file, and changes nothing else in it.
    pub fn put_first(path: &Path, rule: Rule, comment: &str) -> Result<(), ConfigError> {
        let text = config::read_if_there(path)?;
        let mut expected = Self::parse(path, &text)?;
        expected.rules.insert(0, rule);
        let single = Self { default: Verdict::default(), rules: expected.rules[..1].to_vec() };
        let written = config::write(path, &OnlyRules { rule: &single.rules })?;
        let changed = insert(&text, &format!("# {comment}\n{written}"));
        match Self::parse(path, &changed) {
            Ok(policy) if policy == expected => config::replace(path, &changed),
            _ => Err(ContentError::NotATable.of(path)),
        }
    }
}

/// The rule to insert, as TOML without a `default`.
#[derive(Serialize)]
struct OnlyRules<'a> {
    rule: &'a [Rule],
}

/// The text with a table inserted before its first rule and the comment above that rule.
fn insert(text: &str, table: &str) -> String {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let is_rule = |line: &&str| line.replace([' ', '\t'], "").starts_with("[[rule]]");
    let is_comment = |line: &&&str| line.trim_start().starts_with('#');
    let place = match lines.iter().position(is_rule) {
        Some(first) => first - lines[..first].iter().rev().take_while(is_comment).count(),
        None => lines.len(),
    };
    let (before, after) = (lines[..place].concat(), lines[place..].concat());
    let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{gap}{table}\n{after}")
}
