//! One node's private answer: cells of a table that cannot be printed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rust_decimal::Decimal;
use zeroize::Zeroizing;

use crate::sharing::SharingError;

/// A light node's answer to one question: the cells that its statistic asks for, row by row.
///
/// Wiped when dropped, redacted when printed.
#[derive(Clone)]
pub struct Answer(Vec<Cell>);

/// One value of an answer. Wiped when dropped, redacted when printed.
#[derive(Clone)]
pub struct Cell(Value);

#[derive(Clone)]
enum Value {
    Missing,
    Number(Zeroizing<[u8; 16]>),
    /// A number that no declared domain can hold.
    Beyond,
    Text(Zeroizing<String>),
}

/// What a cell says, for the encoders.
pub(crate) enum Content<'a> {
    Missing,
    Number(Decimal),
    Beyond,
    Text(&'a str),
}

/// Why something is not an answer. Never holds the answer itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// A value is missing: NULL, no row, or not a number (NaN).
    #[error("a value of the answer is missing")]
    Missing,
    /// Text where a number is asked for.
    #[error("the answer is not a number but text, and nothing stands in for that")]
    NotANumber,
    /// A number that is neither yes nor no.
    #[error("the answer is a number other than 1, for yes, and 0, for no")]
    NotOneOrZero,
    /// Text that is neither yes nor no.
    #[error(
        "the answer is text other than yes, no, true and false, and nothing stands in for that"
    )]
    NotYesOrNo,
    /// Outside the domain that the question declares.
    #[error("the answer is outside the question's domain, {min} to {max}")]
    OutOfDomain {
        /// The smallest answer.
        min: Decimal,
        /// The largest answer.
        max: Decimal,
    },
    /// Not one of the options, or groups, that the question declares.
    #[error("the answer is not one of the question's options")]
    NotAnOption,
    /// One option twice.
    #[error("the answer names an option twice")]
    Repeated,
    /// Too many values, or too few.
    #[error("an answer to this question has {expected} values, this one has {found}")]
    Cells {
        /// How many the question takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// What its statistic makes of it is no vector of the question's shape: a defect of the statistic.
    #[error("the answer cannot be encoded: {0}")]
    Encoding(SharingError),
}

impl Answer {
    /// These cells, in the order that the question's statistic names.
    pub fn new(cells: Vec<Cell>) -> Self {
        Self(cells)
    }

    /// Reads one number as people and programs write it: `72`, `-3.5`, `4e2`.
    pub fn parse(text: &str) -> Result<Self, AnswerError> {
        parse(text).map(Self::from).ok_or(AnswerError::NotANumber)
    }

    /// The cells as text, `None` where a value is missing: to show the owner what would be answered,
    /// and nobody else.
    pub fn disclose(&self) -> Vec<Option<Zeroizing<String>>> {
        let text = |cell: &Cell| match cell.expose() {
            Content::Missing => None,
            Content::Number(number) => Some(Zeroizing::new(number.to_string())),
            Content::Beyond => Some(Zeroizing::new("beyond every domain".to_string())),
            Content::Text(text) => Some(Zeroizing::new(text.to_string())),
        };
        self.0.iter().map(text).collect()
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.0
    }
}

impl Cell {
    /// No value.
    pub fn missing() -> Self {
        Self(Value::Missing)
    }

    /// A word. Space around it does not count.
    pub fn text(text: &str) -> Self {
        Self(Value::Text(Zeroizing::new(text.trim().into())))
    }

    /// A number if it reads as one, else a word.
    pub fn parse(text: &str) -> Self {
        parse(text).map_or_else(|| Self::text(text), Self::from)
    }

    pub(crate) fn expose(&self) -> Content<'_> {
        match &self.0 {
            Value::Missing => Content::Missing,
            Value::Number(bytes) => Content::Number(Decimal::deserialize(**bytes)),
            Value::Beyond => Content::Beyond,
            Value::Text(text) => Content::Text(text),
        }
    }
}

fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

impl From<Decimal> for Cell {
    fn from(number: Decimal) -> Self {
        Self(Value::Number(Zeroizing::new(number.serialize())))
    }
}

impl From<f64> for Cell {
    /// Takes the 15 significant digits that a double holds for certain. NaN is no value, and what a
    /// decimal number of 28 digits cannot be is in no domain.
    fn from(number: f64) -> Self {
        match Decimal::try_from(number) {
            Ok(number) => Self::from(number),
            Err(_) if number.is_nan() => Self::missing(),
            Err(_) => Self(Value::Beyond),
        }
    }
}

impl<T: Into<Cell>> From<T> for Answer {
    fn from(cell: T) -> Self {
        Self(alloc::vec![cell.into()])
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn number(cell: &Cell) -> Option<Decimal> {
        match cell.expose() {
            Content::Number(number) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn numbers_are_exact_and_everything_else_is_refused() {
        let parsed = |text| number(&Answer::parse(text).unwrap().cells()[0]);
        assert_eq!(parsed(" 311.725\n"), Some(Decimal::new(311_725, 3)));
        assert_eq!(parsed("4e2"), Some(Decimal::new(400, 0)));
        for bad in ["", "true", "NaN", "inf", "1e400", "1,5", "0x10", "1 2"] {
            assert_eq!(Answer::parse(bad).unwrap_err(), AnswerError::NotANumber, "{bad}");
        }
    }

    #[test]
    fn doubles_are_numbers_or_missing_or_beyond_every_domain() {
        assert_eq!(number(&Cell::from(0.1)), Some(Decimal::new(1, 1)));
        assert!(matches!(Cell::from(f64::NAN).expose(), Content::Missing));
        for huge in [f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(matches!(Cell::from(huge).expose(), Content::Beyond), "{huge}");
        }
    }

    #[test]
    fn a_cell_reads_as_a_number_if_it_is_one() {
        assert_eq!(number(&Cell::parse(" 7 ")), Some(Decimal::new(7, 0)));
        assert!(matches!(Cell::parse(" seven ").expose(), Content::Text("seven")));
        assert!(matches!(Cell::missing().expose(), Content::Missing));
    }

    #[test]
    fn printing_shows_nothing() {
        let answer = Answer::new([Cell::parse("72"), Cell::text("Alice")].into());
        assert_eq!(format!("{answer:?}"), "Answer(<redacted>)");
        assert_eq!(format!("{:?}", answer.cells()), "[<redacted>, <redacted>]");
    }

    #[test]
    fn an_answer_is_disclosed_cell_by_cell() {
        let cells = [Cell::parse("72.50"), Cell::text("Alice"), Cell::missing(), Cell::from(1e300)];
        let disclosed = Answer::new(cells.into()).disclose();
        let shown: Vec<_> = disclosed.iter().map(|c| c.as_ref().map(|c| c.as_str())).collect();
        assert_eq!(shown, [Some("72.50"), Some("Alice"), None, Some("beyond every domain")]);
    }
}
