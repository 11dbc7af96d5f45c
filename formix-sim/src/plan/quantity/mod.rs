//! What can be computed, in plain integers, one file for each statistic: how a proposal declares it, what
//! is answered, what an answer adds to each element, and what totals say. It owes nothing to the code that
//! it judges but the types in which proposals and results are.

mod choice;
mod choices;
mod count;
mod histogram;
mod moments;
mod regression;
mod sum;
mod vector;

use formix_proto::Decimal;
use formix_proto::statistic::{Domain, Finding, Labels, Measure};
use serde::{Deserialize, Serialize};

use crate::random::Stream;

pub use choice::ChoiceTruth;
pub use choices::ChoicesTruth;
pub use count::CountTruth;
pub use histogram::HistogramTruth;
pub use moments::MomentsTruth;
pub use regression::RegressionTruth;
pub use sum::SumTruth;
pub use vector::VectorTruth;

/// A domain in plain integers: `min` to `max` steps of `10^-decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// The smallest answer, in steps.
    pub min: i64,
    /// The largest, in steps.
    pub max: i64,
    /// The number of decimal places.
    pub decimals: u8,
}

/// An answer, and what stands in for its values: numbers in tenths of a step, options by their place.
pub(crate) struct Given<'a> {
    pub(crate) scale: Scale,
    pub(crate) cells: &'a [Option<i64>],
    pub(crate) missing: Option<i64>,
    pub(crate) outside: Option<i64>,
}

/// What a measure of a proposal needs.
pub(crate) struct Bounds {
    /// The minimum number of answers that may be released.
    pub(crate) min_answers: u32,
    /// The largest that an element of one answer can be.
    pub(crate) max_element: u128,
}

/// The truth about one statistic.
pub(crate) trait Oracle: Copy {
    /// How often it is drawn, beside the others.
    const WEIGHT: u64;
    /// Whether its elements are squares of numbers.
    const SQUARES: bool;
    /// Whether something may stand in for a value that is not as declared.
    const REPLACES: bool;

    /// One to ask for.
    fn draw(draw: &mut Stream, scale: Scale) -> Self;

    /// What a proposal declares.
    fn measure(self, scale: Scale) -> Measure;

    /// What a proposal's measure needs, if it is one of these.
    fn bounds(measure: &Measure) -> Option<Bounds>;

    /// How many elements a group has.
    fn width(self, scale: Scale) -> u64;

    /// What an answer adds to each element; `None` if it must be refused.
    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>>;

    /// The numbers that totals of that many answers say exactly.
    fn numbers(self, scale: Scale, totals: &[u128], answers: u128) -> Vec<Decimal>;

    /// The same numbers in a finding, if it is one of these.
    fn found(self, finding: &Finding) -> Option<Vec<Decimal>>;

    /// The cells of an answer.
    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>>;

    /// A value as declared.
    fn value(self, draw: &mut Stream, scale: Scale) -> i64;

    /// A value as it is answered.
    fn text(self, scale: Scale, value: i64) -> String;
}

macro_rules! quantities {
    ($($name:ident($truth:ident)),* $(,)?) => {
        /// What is computed, by the names of [`Measure`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Quantity {
            $(#[doc = concat!("See [`", stringify!($truth), "`].")] $name($truth),)*
        }

        impl Quantity {
            /// A number for each statistic, the more likely the greater its weight.
            pub(super) fn kind(draw: &mut Stream) -> usize {
                let mut at = draw.below(0 $(+ $truth::WEIGHT)*);
                for (kind, weight) in [$($truth::WEIGHT,)*].into_iter().enumerate() {
                    match at.checked_sub(weight) {
                        None => return kind,
                        Some(rest) => at = rest,
                    }
                }
                0
            }

            /// Whether the elements of that kind are squares of numbers.
            pub(super) fn squares(kind: usize) -> bool {
                [$($truth::SQUARES,)*][kind]
            }

            /// One of that kind.
            pub(super) fn draw(kind: usize, draw: &mut Stream, scale: Scale) -> Self {
                let kinds: &[fn(&mut Stream, Scale) -> Self] =
                    &[$(|draw, scale| Self::$name($truth::draw(draw, scale)),)*];
                kinds[kind](draw, scale)
            }

            /// What a proposal's measure needs; `None` if nothing is known of it.
            pub(crate) fn bounds(measure: &Measure) -> Option<Bounds> {
                None $(.or_else(|| $truth::bounds(measure)))*
            }

            pub(super) fn replaces(self) -> bool {
                match self { $(Self::$name(_) => $truth::REPLACES,)* }
            }

            pub(super) fn measure(self, scale: Scale) -> Measure {
                match self { $(Self::$name(it) => it.measure(scale),)* }
            }

            pub(super) fn text(self, scale: Scale, value: i64) -> String {
                match self { $(Self::$name(it) => it.text(scale, value),)* }
            }

            pub(super) fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
                match self { $(Self::$name(it) => it.reply(draw, scale),)* }
            }

            pub(super) fn value(self, draw: &mut Stream, scale: Scale) -> i64 {
                match self { $(Self::$name(it) => it.value(draw, scale),)* }
            }

            /// How many elements a group has.
            pub(crate) fn width(self, scale: Scale) -> usize {
                let width = match self { $(Self::$name(it) => it.width(scale),)* };
                usize::try_from(width).unwrap_or(usize::MAX)
            }

            pub(crate) fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
                match self { $(Self::$name(it) => it.encode(given),)* }
            }

            pub(crate) fn numbers(self, scale: Scale, totals: &[u128], answers: u128) -> Vec<Decimal> {
                match self { $(Self::$name(it) => it.numbers(scale, totals, answers),)* }
            }

            pub(crate) fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
                match self { $(Self::$name(it) => it.found(finding),)* }
            }
        }
    };
}

// Seeds count on this order.
quantities! {
    Sum(SumTruth),
    Moments(MomentsTruth),
    Regression(RegressionTruth),
    Histogram(HistogramTruth),
    Choice(ChoiceTruth),
    Choices(ChoicesTruth),
    Vector(VectorTruth),
    Count(CountTruth),
}

impl Scale {
    /// How many steps there are from `min` to `max`.
    pub(super) fn width(self) -> u64 {
        self.max.abs_diff(self.min)
    }

    fn domain(self) -> Domain {
        declared(Domain::try_from((self.min, self.max, self.decimals)))
    }

    /// A number as declared, in tenths of a step. Some need rounding.
    fn value(self, draw: &mut Stream) -> i64 {
        let steps = draw.within(0..=self.width());
        let rounding = if draw.chance(20) { draw.small(10).into() } else { 0 };
        (10 * self.min.saturating_add_unsigned(steps) + rounding).min(10 * self.max)
    }

    /// A cell of an answer, which may be missing, or too large.
    fn cell(self, draw: &mut Stream) -> Option<i64> {
        cell(draw, |draw| self.value(draw), |draw| 10 * self.max + 1 + i64::from(draw.small(50)))
    }

    fn text(self, tenths: i64) -> String {
        Decimal::new(tenths, u32::from(self.decimals) + 1).to_string()
    }

    /// The sum of numbers of which the steps above `min` add up to that.
    fn sum(self, total: u128, answers: u128) -> Decimal {
        let steps = total.cast_signed() + answers.cast_signed() * i128::from(self.min);
        Decimal::from_i128_with_scale(steps, self.decimals.into())
    }

    /// Whole steps above `min`, half to even.
    fn steps(self, tenths: i64) -> Option<u128> {
        if !(10 * self.min..=10 * self.max).contains(&tenths) {
            return None;
        }
        let (whole, rest) = (tenths.div_euclid(10), tenths.rem_euclid(10));
        let up = rest > 5 || (rest == 5 && whole.rem_euclid(2) == 1);
        u128::try_from(i128::from(whole) + i128::from(up) - i128::from(self.min)).ok()
    }
}

impl Given<'_> {
    /// A cell's meaning, or that of what stands in for it.
    fn read<T>(&self, cell: Option<i64>, meaning: impl Fn(i64) -> Option<T>) -> Option<T> {
        match cell {
            None => meaning(self.missing?),
            Some(cell) => meaning(cell).or_else(|| meaning(self.outside?)),
        }
    }

    /// The meaning of every cell.
    fn all<T>(&self, meaning: impl Fn(i64) -> Option<T>) -> Option<Vec<T>> {
        self.cells.iter().map(|cell| self.read(*cell, &meaning)).collect()
    }

    /// Every cell as whole steps above `min`.
    fn steps(&self) -> Option<Vec<u128>> {
        self.all(|cell| self.scale.steps(cell))
    }

    /// The options that are chosen, of that many, as one and zero; none may be chosen twice.
    fn chosen(&self, options: u32) -> Option<Vec<u128>> {
        let place = |cell| usize::try_from(cell).ok().filter(|at| *at < options as usize);
        let mut elements = vec![0; options as usize];
        for place in self.all(place)? {
            if std::mem::replace(&mut elements[place], 1) == 1 {
                return None;
            }
        }
        Some(elements)
    }
}

/// A value as declared, or seldom none, or one that is not.
fn cell(
    draw: &mut Stream,
    value: impl Fn(&mut Stream) -> i64,
    beyond: impl Fn(&mut Stream) -> i64,
) -> Option<i64> {
    match draw.below(20) {
        0 => None,
        1 => Some(beyond(draw)),
        _ => Some(value(draw)),
    }
}

/// Elements as numbers.
fn counts(totals: &[u128]) -> Vec<Decimal> {
    totals.iter().map(|total| Decimal::from(*total)).collect()
}

/// The width of a domain that a proposal declares.
fn width(domain: &Domain) -> u128 {
    let (min, max, _) = (*domain).into();
    max.abs_diff(min).into()
}

pub(super) fn labels(prefix: &str, count: u32) -> Labels {
    let words: Vec<_> = (0..count).map(|place| format!("{prefix}{place}")).collect();
    declared(Labels::try_from(words))
}

/// What is drawn can be declared; a plan that is read from a file brings its declaration along.
fn declared<T, E>(declaration: Result<T, E>) -> T {
    declaration.unwrap_or_else(|_| unreachable!())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What only tests of the core have.
    const EXAMPLE: &str = "sign";

    #[test]
    fn every_statistic_has_its_truth_and_is_drawn() {
        let mut draw = Stream::new(0, "quantities");
        let scale = Scale { min: -3, max: 9, decimals: 0 };
        let drawn = (0..500).map(|_| {
            let kind = Quantity::kind(&mut draw);
            let measure = Quantity::draw(kind, &mut draw, scale).measure(scale);
            assert!(Quantity::bounds(&measure).is_some());
            measure.name()
        });
        let drawn: BTreeSet<_> = drawn.collect();
        let known = Measure::FAMILIES.iter().map(|family| family.name);
        assert_eq!(drawn, known.filter(|name| *name != EXAMPLE).collect());
    }
}
