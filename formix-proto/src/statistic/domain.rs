//! Declared numbers: what an answer may be, and how finely it is read.

use alloc::format;
use alloc::string::String;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::answer::AnswerError;
use crate::limits::MAX_DECIMALS;

/// The numbers that a question takes for an answer: `min` to `max` in steps of `10^-decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(i64, i64, u8)", into = "(i64, i64, u8)")]
pub struct Domain {
    min: i64,
    max: i64,
    decimals: u8,
}

impl TryFrom<(i64, i64, u8)> for Domain {
    type Error = DomainError;

    /// `min` and `max` in steps of `10^-decimals`.
    fn try_from((min, max, decimals): (i64, i64, u8)) -> Result<Self, DomainError> {
        match () {
            () if decimals > MAX_DECIMALS => Err(DomainError::TooFine(decimals)),
            () if min >= max => Err(DomainError::Empty),
            () => Ok(Self { min, max, decimals }),
        }
    }
}

impl From<Domain> for (i64, i64, u8) {
    fn from(Domain { min, max, decimals }: Domain) -> Self {
        (min, max, decimals)
    }
}

/// How many more decimal places a mean has than its answers.
const MEAN_PLACES: u32 = 4;

impl Default for Domain {
    /// From 0 to 1000 in steps of 0.01.
    fn default() -> Self {
        Self { min: 0, max: 100_000, decimals: 2 }
    }
}

/// Why a domain is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum DomainError {
    /// `min` is not less than `max`.
    #[error("min must be less than max")]
    Empty,
    /// More decimal places than [`MAX_DECIMALS`].
    #[error("at most {MAX_DECIMALS} decimals are kept, not {0}")]
    TooFine(u8),
    /// A bound does not fit 64 bits at this resolution, or is not a multiple of it.
    #[error("a bound must be a whole number of steps of 10^-decimals, below 2^63 steps")]
    Bounds,
}

impl Domain {
    /// The maximum length of its encoding: two numbers of 64 bits and one of 8.
    pub(crate) const MAX_BYTES: usize = 2 * 10 + 1;

    /// From -1 to 24 in steps of 0.01, for examples.
    pub(super) const EXAMPLE: Self = Self { min: -100, max: 2400, decimals: 2 };

    /// The numbers from `min` to `max` with that many decimal places.
    pub fn new(min: Decimal, max: Decimal, decimals: u8) -> Result<Self, DomainError> {
        if decimals > MAX_DECIMALS {
            return Err(DomainError::TooFine(decimals));
        }
        (steps_exactly(min, decimals)?, steps_exactly(max, decimals)?, decimals).try_into()
    }

    /// The smallest number.
    pub fn min(&self) -> Decimal {
        Decimal::new(self.min, self.decimals.into())
    }

    /// The largest number.
    pub fn max(&self) -> Decimal {
        Decimal::new(self.max, self.decimals.into())
    }

    /// The number of decimal places.
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The distance between two adjacent numbers.
    pub fn resolution(&self) -> Decimal {
        Decimal::new(1, self.decimals.into())
    }

    /// The number of steps from `min` to `max`: the largest encoding.
    pub fn width(&self) -> u64 {
        self.max.abs_diff(self.min)
    }

    /// How many bits it takes to tell its numbers apart.
    pub(super) fn bits(&self) -> u32 {
        u64::BITS - self.width().leading_zeros()
    }

    /// The number that is this many steps above `min`.
    pub fn number(&self, steps: u64) -> Decimal {
        self.sum(steps.into(), 1)
    }

    /// How many steps above `min` a number is, rounded to the nearest step, half to even.
    pub(super) fn steps(&self, number: Decimal) -> Result<u64, AnswerError> {
        let refused = self.refusal();
        if number < self.min() || number > self.max() {
            return Err(refused);
        }
        let rounded = number
            .round_dp_with_strategy(self.decimals.into(), RoundingStrategy::MidpointNearestEven);
        let steps = steps_exactly(rounded, self.decimals).map_err(|_| refused)?;
        Ok(steps.abs_diff(self.min))
    }

    /// The mean of `count` numbers, to four more decimal places than they have; `None` of none.
    pub(super) fn mean(&self, sum: Decimal, count: u64) -> Option<Decimal> {
        let places = u32::from(self.decimals) + MEAN_PLACES;
        sum.checked_div(count.into()).map(|mean| mean.round_dp(places).normalize())
    }

    /// What its numbers are, in words.
    pub(super) fn describe(&self) -> String {
        let (min, max) = (self.min().normalize(), self.max().normalize());
        format!("a number from {min} to {max} in steps of {}", self.resolution())
    }

    /// What becomes of its numbers, in words.
    pub(super) fn rounding(&self) -> String {
        format!("answers are rounded to the nearest {}", self.resolution())
    }

    /// How far a number is rounded at most.
    pub(super) fn half_step(&self) -> Decimal {
        Decimal::new(5, u32::from(self.decimals) + 1)
    }

    /// How a number outside is refused.
    pub(super) fn refusal(&self) -> AnswerError {
        AnswerError::OutOfDomain { min: self.min(), max: self.max() }
    }

    /// The sum of `count` numbers whose encodings add up to `total`: at most 2^64 times 2^20, which a
    /// decimal number holds.
    pub(super) fn sum(&self, total: u128, count: u64) -> Decimal {
        let total = i128::try_from(total).unwrap_or(i128::MAX);
        let steps = total.saturating_add(i128::from(count) * i128::from(self.min));
        Decimal::try_from_i128_with_scale(steps, self.decimals.into())
            .map_or(Decimal::MAX, |sum| sum.normalize())
    }
}

/// `number / 10^-decimals`, if that is a whole number of 64 bits.
pub(super) fn steps_exactly(number: Decimal, decimals: u8) -> Result<i64, DomainError> {
    let mut scaled = number.normalize();
    let places = u32::from(decimals);
    if scaled.scale() > places {
        return Err(DomainError::Bounds);
    }
    scaled.rescale(places);
    if scaled.scale() != places {
        return Err(DomainError::Bounds);
    }
    i64::try_from(scaled.mantissa()).map_err(|_| DomainError::Bounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(domain: Domain, number: &str) -> Result<u64, AnswerError> {
        let number = Decimal::from_str_exact(number);
        domain.steps(number.or_else(|_| Decimal::from_scientific("1e20")).unwrap())
    }

    #[test]
    fn the_edges_of_a_domain() {
        let d = Domain::new(Decimal::from(-5), Decimal::from(5), 2).unwrap();
        assert_eq!(steps(d, "-5"), Ok(0));
        assert_eq!(steps(d, "5"), Ok(1000));
        assert_eq!(steps(d, "0.005"), Ok(500), "half to even");
        assert_eq!(steps(d, "0.015"), Ok(502), "half to even");
        for outside in ["5.01", "-5.01", "5.0000000001", "1e20"] {
            assert_eq!(steps(d, outside), Err(d.refusal()), "{outside}");
        }
        assert_eq!((d.width(), d.resolution()), (1000, Decimal::new(1, 2)));
        assert_eq!(d.number(1), Decimal::new(-499, 2));
    }

    #[test]
    fn a_sum_decodes_with_its_offset() {
        let d = Domain::new(Decimal::from(-5), Decimal::from(5), 1).unwrap();
        let total =
            ["-5", "4.5", "0.1"].iter().map(|number| steps(d, number).unwrap()).sum::<u64>();
        assert_eq!(d.sum(total.into(), 3), Decimal::new(-4, 1));
    }

    #[test]
    fn the_widest_domain_has_a_sum_over_everybody() {
        let widest = Domain::try_from((i64::MIN, i64::MAX, 0)).unwrap();
        let all = 1u64 << 20;
        let total = u128::from(widest.width()) * u128::from(all);
        assert_eq!(widest.sum(total, all), Decimal::from(i64::MAX) * Decimal::from(all));
        assert_eq!(widest.sum(0, all), Decimal::from(i64::MIN) * Decimal::from(all));
    }

    #[test]
    fn bad_domains() {
        let half = Decimal::new(5, 1);
        assert_eq!(Domain::new(half, Decimal::ONE, 0), Err(DomainError::Bounds));
        assert_eq!(Domain::new(Decimal::ONE, Decimal::ONE, 0), Err(DomainError::Empty));
        assert_eq!(Domain::new(Decimal::ZERO, Decimal::ONE, 10), Err(DomainError::TooFine(10)));
        assert_eq!(Domain::new(Decimal::ZERO, Decimal::MAX, 1), Err(DomainError::Bounds));
    }
}
