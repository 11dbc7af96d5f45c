//! Declared numbers: what an answer may be, and how finely it is told.

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

/// Why a domain is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum DomainError {
    /// `min` is not less than `max`.
    #[error("the domain's min must be less than its max")]
    Empty,
    /// More decimal places than [`MAX_DECIMALS`].
    #[error("a domain has at most {MAX_DECIMALS} decimals, not {0}")]
    TooFine(u8),
    /// A bound does not fit 64 bits at this resolution, or is not a multiple of it.
    #[error("the domain's bounds must be multiples of its resolution, below 2^63 of it")]
    Bounds,
}

impl Domain {
    /// The numbers from `min` to `max` with that many decimal places.
    pub fn new(min: Decimal, max: Decimal, decimals: u8) -> Result<Self, DomainError> {
        if decimals > MAX_DECIMALS {
            return Err(DomainError::TooFine(decimals));
        }
        (steps_exactly(min, decimals)?, steps_exactly(max, decimals)?, decimals).try_into()
    }

    /// The least number.
    pub fn min(&self) -> Decimal {
        Decimal::new(self.min, self.decimals.into())
    }

    /// The greatest number.
    pub fn max(&self) -> Decimal {
        Decimal::new(self.max, self.decimals.into())
    }

    /// The number of decimal places.
    pub fn decimals(&self) -> u8 {
        self.decimals
    }

    /// The distance between two numbers that are told apart.
    pub fn resolution(&self) -> Decimal {
        Decimal::new(1, self.decimals.into())
    }

    /// How many steps there are from `min` to `max`: the largest encoding.
    pub fn width(&self) -> u64 {
        self.max.abs_diff(self.min)
    }

    /// The number that is so many steps above `min`.
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
