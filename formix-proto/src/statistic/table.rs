//! A result laid out for people and their programs, as plain data: text, CSV and drawings are made of
//! it without knowledge of any statistic.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

/// The significant digits of a double that people are shown; programs get all.
const DIGITS: u32 = 9;

/// What was found of one group, or of all answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What was asked for, if that can be said in a few words.
    pub headline: Option<String>,
    /// Single numbers, what was asked for first.
    pub numbers: Vec<Row>,
    /// Numbers that belong side by side.
    pub chart: Option<Chart>,
}

/// Numbers that are drawn side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What is drawn.
    pub title: String,
    /// What its numbers measure.
    pub axis: String,
    /// How it is drawn.
    pub plot: Plot,
    /// A number each.
    pub rows: Vec<Row>,
}

/// How numbers are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// A bar for each number.
    Bars,
    /// The same of counts over adjacent ranges: neighbours may be added up and drawn as one.
    Ranges,
    /// A line through all numbers, in order.
    Line,
    /// A point for each number, with its standard error.
    Points,
}

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What the number is.
    pub quantity: String,
    /// The option, place or column that it is about.
    pub item: Option<String>,
    /// The range that it is about, or that it lies in.
    pub range: Option<(Decimal, Decimal)>,
    /// The number; `None` if the answers do not determine it, or only its range.
    pub value: Option<Amount>,
    /// Its standard error.
    pub error: Option<f64>,
}

/// A number of a result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// Exact.
    Exact(Decimal),
    /// Rounded to a double.
    Double(f64),
}

impl Table {
    /// Single numbers, of which the first is what was asked for.
    pub fn of_numbers(numbers: Vec<Row>) -> Self {
        let headline = numbers.first().and_then(Row::plain);
        Self { headline, numbers, chart: None }
    }

    /// One of the numbers, with all its digits.
    pub fn plain(&self, quantity: &str) -> Option<String> {
        self.numbers.iter().find(|row| row.quantity == quantity)?.plain()
    }
}

impl Row {
    /// A quantity and its value.
    pub fn new(quantity: &str, value: Option<impl Into<Amount>>) -> Self {
        Self {
            quantity: quantity.into(),
            item: None,
            range: None,
            value: value.map(Into::into),
            error: None,
        }
    }

    /// How many answers belong to this item.
    pub fn count_of(item: &str, count: u64) -> Self {
        Self { item: Some(item.into()), ..Self::new("count", Some(count)) }
    }

    /// A quantity of which only the range is known.
    pub fn within(quantity: &str, range: Option<(Decimal, Decimal)>) -> Self {
        Self { range, ..Self::new(quantity, None::<Amount>) }
    }

    /// The value with all its digits, or else the range.
    pub fn plain(&self) -> Option<String> {
        match (self.value, self.range) {
            (Some(Amount::Exact(number)), _) => Some(number.to_string()),
            (Some(Amount::Double(number)), _) => Some(number.to_string()),
            (None, Some((from, to))) => Some(alloc::format!("{from} to {to}")),
            (None, None) => None,
        }
    }
}

impl Amount {
    /// The same as a double, to draw it.
    pub fn double(self) -> f64 {
        match self {
            Self::Exact(number) => f64::try_from(number).unwrap_or(f64::NAN),
            Self::Double(number) => number,
        }
    }
}

impl From<Decimal> for Amount {
    fn from(number: Decimal) -> Self {
        Self::Exact(number)
    }
}

impl From<u64> for Amount {
    fn from(number: u64) -> Self {
        Self::Exact(number.into())
    }
}

impl From<f64> for Amount {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(number) => number.fmt(f),
            Self::Double(number) => {
                let short = Decimal::try_from(*number).ok().and_then(|n| n.round_sf(DIGITS));
                // A decimal number cannot be that small or large.
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
    use super::*;

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
            assert_eq!(Amount::from(number).to_string(), shown);
        }
        assert_eq!(Amount::from(12_345_678_901_u64).to_string(), "12345678901");
    }

    #[test]
    fn a_headline_has_all_digits() {
        let third = Row::new("third", Some(1.0 / 3.0));
        assert_eq!(Table::of_numbers([third].into()).headline.unwrap(), "0.3333333333333333");
        let range = Row::within("median", Some((1.into(), 2.into())));
        assert_eq!(range.plain().unwrap(), "1 to 2");
        assert_eq!(Row::within("median", None).plain(), None);
    }
}
