//! The owner's rules in order, and what they say of a question.

use std::collections::BTreeMap;
use std::path::Path;

use formix_proto::id::NodeId;
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use super::ledger::{By, Decision, Past};
use super::rule::{Rule, Verdict};
use super::subject::Subject;
use crate::config::{self, ConfigError, ContentError};

/// `consent.toml`: the first rule that is about a question says what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What becomes of a question that no rule is about; it is not allowed.
    #[serde(default)]
    pub default: Verdict,
    /// The rules. People count them from 1.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

/// What the rules say of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What becomes of it.
    pub verdict: Verdict,
    /// By which rule.
    pub by: By,
    /// The first rule that would have allowed it, if its cooldown were over.
    pub cooling: Option<usize>,
}

impl Policy {
    /// Reads and checks `consent.toml`; without one, everything is asked.
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
            |who: &str| names.values().any(|name| name == who) || who.parse::<NodeId>().is_ok();
        for (number, rule) in (1..).zip(&self.rules) {
            rule.check(knows).map_err(|error| ContentError::Rule { number, error })?;
        }
        Ok(())
    }

    /// What becomes of a question, after what has been decided before.
    pub fn judge(&self, subject: &Subject, past: &[Past], now: Time) -> Judgement {
        let mut cooling = None;
        for (number, rule) in (1..).zip(&self.rules) {
            if !rule.is_about(subject) {
                continue;
            }
            if !is_cooling(rule, past, now) {
                return Judgement { verdict: rule.verdict, by: By::Rule(number), cooling };
            }
            cooling = cooling.or(Some(number));
        }
        Judgement { verdict: self.default, by: By::Default, cooling }
    }

    /// Puts a rule before all others in the file, and leaves what is there as it is.
    pub fn put_first(path: &Path, rule: Rule, remark: &str) -> Result<(), ConfigError> {
        let text = config::read_if_there(path)?;
        let mut wanted = Self::parse(path, &text)?;
        wanted.rules.insert(0, rule);
        let alone = Self { default: Verdict::default(), rules: wanted.rules[..1].to_vec() };
        let written = config::write(path, &OnlyRules { rule: &alone.rules })?;
        let grown = insert(&text, &format!("# {remark}\n{written}"));
        match Self::parse(path, &grown) {
            Ok(policy) if policy == wanted => config::replace(path, &grown),
            _ => Err(ContentError::NotATable.of(path)),
        }
    }
}

/// A rule as it is put before others, without a default.
#[derive(Serialize)]
struct OnlyRules<'a> {
    rule: &'a [Rule],
}

/// Whether the rule has let a question through not long ago: any that it is about, however it was
/// worded and whoever asked, and those, too, that the owner has approved.
fn is_cooling(rule: &Rule, past: &[Past], now: Time) -> bool {
    rule.cooldown.is_some_and(|span| {
        past.iter().any(|past| {
            past.verdict == Decision::Allow
                && past.time + span.0 > now
                && rule.is_about(&past.subject)
        })
    })
}

/// The text with a table in front of its first rule, and of the comment that this begins with.
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
