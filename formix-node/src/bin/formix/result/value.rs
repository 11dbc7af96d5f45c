//! Numbers as results hold them: exact, or rounded to a double.

use std::fmt;

use formix_proto::Decimal;
use serde::Serialize;

/// The significant digits of a double that people are shown; programs get all.
const DIGITS: u32 = 9;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    Exact(Decimal),
    Double(f64),
}

impl Value {
    /// The same as a double, to draw it.
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Exact(number) => f64::try_from(number).unwrap_or(f64::NAN),
            Self::Double(number) => number,
        }
    }
}

impl From<Decimal> for Value {
    fn from(number: Decimal) -> Self {
        Self::Exact(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Exact(number.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => number.fmt(f),
            Self::Double(number) => {
                let short = Decimal::try_from(*number).ok().and_then(|n| n.round_sf(DIGITS));
                // What is too small or too large for a decimal number.
                match short.filter(|short| !short.is_zero() || *number == 0.0) {
                    Some(short) => short.normalize().fmt(f),
                    None => write!(f, "{number:.8e}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn doubles_are_shown_to_nine_digits_and_counts_whole() {
        for (number, shown) in [
            (0.1 + 0.2, "0.3"),
            (1_234.567_890_123, "1234.56789"),
            (-2.5e-7, "-0.00000025"),
            (0.0, "0"),
            (1e300, "1.00000000e300"),
            (1e-40, "1.00000000e-40"),
        ] {
            assert_eq!(Value::from(number).to_string(), shown);
        }
        assert_eq!(Value::from(12_345_678_901_u64).to_string(), "12345678901");
    }
}
