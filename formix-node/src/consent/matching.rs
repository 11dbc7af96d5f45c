//! Which questions a rule is about.

use formix_proto::query::Table;

use super::rule::{Rule, Verdict};
use super::subject::Subject;

impl Rule {
    /// Whether the rule is about a question. What is only partly about the named data is never
    /// allowed for that, and always asked or denied for it.
    pub(super) fn is_about(&self, subject: &Subject) -> bool {
        self.is_about_terms(subject)
            && match self.verdict {
                Verdict::Allow => self.covers(subject),
                _ => self.touches(subject),
            }
    }

    fn is_about_terms(&self, subject: &Subject) -> bool {
        let asks = |who: &String| {
            Some(who) == subject.proposer_name.as_ref() || who.parse() == Ok(subject.proposer)
        };
        self.proposer.as_ref().is_none_or(|who| who.iter().any(asks))
            && self.question.is_none_or(|question| question == subject.question)
            && self.statistic.as_ref().is_none_or(|names| names.contains(&subject.statistic))
            && self.min_participants.is_none_or(|least| subject.min_participants >= least)
            && self.min_group.is_none_or(|least| subject.min_group.is_none_or(|of| of >= least))
    }

    /// Whether all that a question reads is named. One that declares to read nothing is covered by
    /// no list of names: a program may look at more than it declares.
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

    /// Whether anything that a question reads is named.
    fn touches(&self, subject: &Subject) -> bool {
        let is_touched = |table: &Table| {
            self.tables.as_ref().is_some_and(|named| contains(named, &table.name))
                || self
                    .columns
                    .as_ref()
                    .is_some_and(|named| columns_of(table).any(|column| contains(named, &column)))
        };
        let is_about_all = !(self.names_data() || self.any_data || self.free_text || self.made_up);
        is_about_all
            || self.made_up && subject.made_up
            || match &subject.tables {
                None => self.free_text,
                Some(tables) => self.any_data || tables.iter().any(is_touched),
            }
    }
}

/// Names of SQL, which does not tell `A` from `a`.
fn contains(named: &[String], name: &str) -> bool {
    named.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The columns that a question reads of a table, as rules name them.
pub(super) fn columns_of(table: &Table) -> impl Iterator<Item = String> {
    table.columns.iter().map(|column| format!("{}.{column}", table.name))
}
