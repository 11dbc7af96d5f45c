//! Reading cells as what a measure asks for, and the declared rules for those that are not.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::domain::Domain;
use super::labels::Labels;
use crate::answer::{AnswerError, Cell, Content};

/// What to do with a value that an answer lacks, or that is outside what the question declares. It is
/// never clipped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The owner does not answer.
    #[default]
    Decline,
    /// This stands for it: a number, or an option.
    Use(String),
}

impl Rule {
    fn stand_in(&self) -> Option<Cell> {
        match self {
            Self::Decline => None,
            Self::Use(constant) => Some(Cell::parse(constant)),
        }
    }
}

/// Reads cells by a question's rules.
pub(super) struct Reader<'a> {
    pub(super) missing: &'a Rule,
    pub(super) outside: &'a Rule,
}

impl Reader<'_> {
    pub(super) fn yes(&self, cell: Option<&Cell>) -> Result<bool, AnswerError> {
        self.read(cell, yes)
    }

    pub(super) fn steps(&self, domain: &Domain, cell: Option<&Cell>) -> Result<u64, AnswerError> {
        self.read(cell, |cell| {
            number(cell, domain.refusal()).and_then(|number| domain.steps(number))
        })
    }

    pub(super) fn bucket(
        &self,
        buckets: &Buckets,
        cell: Option<&Cell>,
    ) -> Result<usize, AnswerError> {
        let beyond = buckets.domain().refusal();
        self.read(cell, |cell| number(cell, beyond).and_then(|number| buckets.place(number)))
    }

    pub(super) fn option(
        &self,
        options: &Labels,
        cell: Option<&Cell>,
    ) -> Result<usize, AnswerError> {
        self.read(cell, |cell| options.place(cell))
    }

    fn read<T>(
        &self,
        cell: Option<&Cell>,
        read: impl Fn(&Cell) -> Result<T, AnswerError>,
    ) -> Result<T, AnswerError> {
        let refused = match cell.map_or(Err(AnswerError::Missing), &read) {
            Ok(value) => return Ok(value),
            Err(refused) => refused,
        };
        let rule = match refused {
            AnswerError::Missing => self.missing,
            AnswerError::OutOfDomain { .. } | AnswerError::NotAnOption => self.outside,
            _ => return Err(refused),
        };
        rule.stand_in().map_or(Err(refused), |cell| read(&cell))
    }
}

fn number(cell: &Cell, beyond: AnswerError) -> Result<rust_decimal::Decimal, AnswerError> {
    match cell.expose() {
        Content::Number(number) => Ok(number),
        Content::Missing => Err(AnswerError::Missing),
        Content::Beyond => Err(beyond),
        Content::Text(_) => Err(AnswerError::NotANumber),
    }
}

fn yes(cell: &Cell) -> Result<bool, AnswerError> {
    let is =
        |text: &str, words: [&str; 2]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match cell.expose() {
        Content::Missing => Err(AnswerError::Missing),
        Content::Number(number) if number.is_zero() => Ok(false),
        Content::Number(number) if number == rust_decimal::Decimal::ONE => Ok(true),
        Content::Text(text) if is(text, ["yes", "true"]) => Ok(true),
        Content::Text(text) if is(text, ["no", "false"]) => Ok(false),
        _ => Err(AnswerError::NotYesOrNo),
    }
}
