//! Reading cells as what a measure asks for, and the declared rules for those that are not.

use alloc::string::{String, ToString};
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::buckets::Buckets;
use super::domain::Domain;
use super::labels::Labels;
use super::number::Number;
use crate::answer::{AnswerError, Cell, Content};

/// What to do with a value that is missing, or of the question's type and outside what it declares. It is
/// never clipped, and text in place of a number is no value at all: its owner does not answer.
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

/// Reads a rule as people write it: `"decline"`, or the number or word that stands in.
pub fn rule<'de, D: Deserializer<'de>>(from: D) -> Result<Rule, D::Error> {
    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Rule;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("\"decline\", or a number or word that stands in")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Rule, E> {
            Ok(if text == "decline" { Rule::Decline } else { Rule::Use(text.into()) })
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Rule, E> {
            Ok(Rule::Use(number.to_string()))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Rule, E> {
            Ok(Rule::Use(number.to_string()))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Rule, E> {
            let number = Number::deserialize(de::value::F64Deserializer::new(number))?;
            Ok(Rule::Use(number.to_string()))
        }

        /// As [`Rule`] is written.
        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
            Rule::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }

    from.deserialize_any(Visitor)
}

/// Reads cells by a question's rules.
pub struct Reader<'a> {
    missing: &'a Rule,
    outside: &'a Rule,
}

impl<'a> Reader<'a> {
    pub(super) fn new(missing: &'a Rule, outside: &'a Rule) -> Self {
        Self { missing, outside }
    }

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
            AnswerError::OutOfDomain { .. }
            | AnswerError::NotOneOrZero
            | AnswerError::NotAnOption => self.outside,
            // Not of the question's type: that is a mistake, of its SQL or of the data, and no value.
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
        Content::Text(_) => Err(AnswerError::NotYesOrNo),
        Content::Number(_) | Content::Beyond => Err(AnswerError::NotOneOrZero),
    }
}
