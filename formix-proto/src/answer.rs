//! One node's private answer: an exact decimal that cannot be printed.

use core::fmt;

use rust_decimal::Decimal;
use zeroize::Zeroizing;

/// A light node's answer to one question. Wiped when dropped, redacted when printed.
#[derive(Clone)]
pub struct Answer(Zeroizing<[u8; 16]>);

/// Why something is not an answer. Never holds the answer itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a finite decimal number of at most 28 digits.
    #[error("the answer is not a number")]
    NotANumber,
    /// Outside the domain that the question declares.
    #[error("the answer is outside the question's domain, {min} to {max}")]
    OutOfDomain {
        /// The least answer.
        min: Decimal,
        /// The greatest answer.
        max: Decimal,
    },
}

impl Answer {
    /// Reads a number as people and programs write it: `72`, `-3.5`, `4e2`.
    pub fn parse(text: &str) -> Result<Self, AnswerError> {
        let text = text.trim();
        Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map(Self::from)
            .map_err(|_| AnswerError::NotANumber)
    }

    pub(crate) fn expose(&self) -> Decimal {
        Decimal::deserialize(*self.0)
    }
}

impl From<Decimal> for Answer {
    fn from(number: Decimal) -> Self {
        Self(Zeroizing::new(number.serialize()))
    }
}

impl TryFrom<f64> for Answer {
    type Error = AnswerError;

    /// Takes the 15 significant digits that a double holds for certain; refuses NaN and infinities.
    fn try_from(number: f64) -> Result<Self, AnswerError> {
        Decimal::try_from(number).map(Self::from).map_err(|_| AnswerError::NotANumber)
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

    #[test]
    fn numbers_are_exact_and_everything_else_is_refused() {
        assert_eq!(Answer::parse(" 311.725\n").unwrap().expose(), Decimal::new(311_725, 3));
        assert_eq!(Answer::parse("4e2").unwrap().expose(), Decimal::new(400, 0));
        assert_eq!(Answer::try_from(0.1).unwrap().expose(), Decimal::new(1, 1));
        for bad in ["", "true", "NaN", "inf", "1e400", "1,5", "0x10", "1 2"] {
            assert_eq!(Answer::parse(bad).unwrap_err(), AnswerError::NotANumber, "{bad}");
        }
        for bad in [f64::NAN, f64::INFINITY, 1e300] {
            assert!(Answer::try_from(bad).is_err());
        }
    }

    #[test]
    fn printing_shows_nothing() {
        assert_eq!(format!("{:?}", Answer::parse("72").unwrap()), "Answer(<redacted>)");
    }
}
