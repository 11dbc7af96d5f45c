//! Declared words: the options of a choice, or the groups of a group-by.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::answer::{AnswerError, Cell, Content};
use crate::limits::MAX_LABELS;

/// Words that differ, in an order: at least one, [`MAX_LABELS`] bytes together. A number may be a
/// word: it is the one that is written like it, without trailing zeros.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Labels(Vec<String>);

/// Descriptions name up to this many words, and count the others.
const NAMED: usize = 12;

/// Why words are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// There are none.
    #[error("at least one is needed")]
    None,
    /// One is empty, or has space around it.
    #[error("`{0}` is empty or has space around it")]
    Blank(String),
    /// One occurs twice.
    #[error("`{0}` occurs twice")]
    Repeated(String),
    /// They are too long.
    #[error("together they are longer than {MAX_LABELS} bytes")]
    TooLong,
}

impl TryFrom<Vec<String>> for Labels {
    type Error = LabelsError;

    fn try_from(labels: Vec<String>) -> Result<Self, LabelsError> {
        let bytes = |labels: &[String]| labels.iter().map(|label| label.len() + 1).sum::<usize>();
        if labels.is_empty() {
            return Err(LabelsError::None);
        }
        if bytes(&labels) > MAX_LABELS {
            return Err(LabelsError::TooLong);
        }
        let mut sorted: Vec<_> = labels.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        for pair in sorted.windows(2) {
            if pair[0] == pair[1] {
                return Err(LabelsError::Repeated(pair[0].to_string()));
            }
        }
        match sorted.iter().find(|label| label.is_empty() || label.trim() != **label) {
            Some(label) => Err(LabelsError::Blank(label.to_string())),
            None => Ok(Self(labels)),
        }
    }
}

impl From<Labels> for Vec<String> {
    fn from(labels: Labels) -> Self {
        labels.0
    }
}

impl Labels {
    /// The maximum length of their encoding: a byte or more is added for each.
    pub(super) const MAX_BYTES: usize = MAX_LABELS;

    /// A few, for examples.
    pub(super) fn example() -> Self {
        Self(["tea", "coffee", "2", "none of them"].map(String::from).into())
    }

    /// What they are, in words: `2 options (yes, no)`.
    pub fn describe(&self, what: &str) -> String {
        let count = self.count();
        let plural = if count == 1 { "" } else { "s" };
        let named = self.0.get(..NAMED).unwrap_or(&self.0).join(", ");
        match count.saturating_sub(NAMED) {
            0 => format!("{count} {what}{plural} ({named})"),
            more => format!("{count} {what}{plural} ({named} and {more} more)"),
        }
    }

    /// The words, in order.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The place of the word that a cell names.
    pub(super) fn place(&self, cell: &Cell) -> Result<usize, AnswerError> {
        let place = |word: &str| {
            self.0.iter().position(|label| label == word).ok_or(AnswerError::NotAnOption)
        };
        match cell.expose() {
            Content::Missing => Err(AnswerError::Missing),
            Content::Beyond => Err(AnswerError::NotAnOption),
            Content::Text(word) => place(word),
            Content::Number(number) => place(&Zeroizing::new(number.normalize().to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use rust_decimal::Decimal;

    fn labels(words: &[&str]) -> Result<Labels, LabelsError> {
        words.iter().map(|word| word.to_string()).collect::<Vec<_>>().try_into()
    }

    #[test]
    fn words_differ_and_are_not_blank() {
        assert_eq!(labels(&[]), Err(LabelsError::None));
        assert_eq!(labels(&["a", "b", "a"]), Err(LabelsError::Repeated("a".into())));
        assert_eq!(labels(&["a", ""]), Err(LabelsError::Blank("".into())));
        assert_eq!(labels(&[" a"]), Err(LabelsError::Blank(" a".into())));
        let long = "x".repeat(MAX_LABELS - 1);
        assert!(labels(&[&long]).is_ok());
        assert_eq!(Labels::try_from(vec![long, "y".into()]), Err(LabelsError::TooLong));
        assert_eq!(labels(&["a", "b"]).unwrap().count(), 2);
    }

    #[test]
    fn a_cell_names_a_word_or_a_number_that_is_one() {
        let sexes = labels(&["1", "2", "other"]).unwrap();
        assert_eq!(sexes.place(&Cell::text(" other ")), Ok(2));
        assert_eq!(sexes.place(&Cell::from(Decimal::new(200, 2))), Ok(1));
        assert_eq!(sexes.place(&Cell::from(2.5)), Err(AnswerError::NotAnOption));
        assert_eq!(sexes.place(&Cell::from(1e300)), Err(AnswerError::NotAnOption));
        assert_eq!(sexes.place(&Cell::text("Other")), Err(AnswerError::NotAnOption));
        assert_eq!(sexes.place(&Cell::missing()), Err(AnswerError::Missing));
    }
}
