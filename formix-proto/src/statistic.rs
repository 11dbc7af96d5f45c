//! What a question computes: a linear encoding of answers into lanes, and a decoding of totals.
//!
//! Nothing else in the protocol knows what lanes mean. A new statistic is a new variant here.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, AnswerError};
use crate::limits::MAX_DECIMALS;
use crate::share::Lanes;

/// The size of the ring, 2^32: no lane may reach it.
const RING: u128 = 1 << 32;

/// How many more decimal places a mean has than its answers.
const MEAN_PLACES: u32 = 4;

/// What is computed over the answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Statistic {
    /// Count, sum and mean of one number per light node. Dimension 1.
    ///
    /// Encoded as `(answer - min) * 10^decimals`; a total decodes to the sum
    /// `total / 10^decimals + count * min`. Each answer is rounded to the nearest multiple of
    /// `10^-decimals`, half to even, so the sum is within `count * 10^-decimals / 2` of the exact one.
    Number(Domain),
}

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

/// What a statistic says about the answers: the result that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How many answers were added up.
    pub count: u32,
    /// Their sum, exact at the declared resolution.
    pub sum: Decimal,
    /// Their mean, to four more decimal places than the answers have; `None` without answers.
    pub mean: Option<Decimal>,
}

impl Statistic {
    /// How many lanes an answer has.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Number(_) => 1,
        }
    }

    /// Whether no lane can reach 2^32 with this many answers.
    pub fn fits(&self, participants: u32) -> bool {
        let Self::Number(domain) = self;
        u128::from(domain.largest()) * u128::from(participants) < RING
    }

    /// Encodes an answer; refuses one outside the domain rather than clip or wrap it.
    pub fn encode(&self, answer: &Answer) -> Result<Lanes, AnswerError> {
        let Self::Number(domain) = self;
        domain.encode(answer).map(|lane| Lanes::new(&[lane]))
    }

    /// Decodes the totals of `count` answers; `None` if they are not this statistic's.
    pub fn decode(&self, totals: &[u32], count: u32) -> Option<Summary> {
        let Self::Number(domain) = self;
        let [total] = totals else { return None };
        let sum = domain.decode(*total, count);
        let places = u32::from(domain.decimals) + MEAN_PLACES;
        let mean = sum.checked_div(count.into()).map(|mean| mean.round_dp(places).normalize());
        Some(Summary { count, sum, mean })
    }
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

    fn largest(&self) -> u64 {
        self.max.abs_diff(self.min)
    }

    fn encode(&self, answer: &Answer) -> Result<u32, AnswerError> {
        let number = answer.expose();
        let refused = AnswerError::OutOfDomain { min: self.min(), max: self.max() };
        if number < self.min() || number > self.max() {
            return Err(refused);
        }
        let rounded = number
            .round_dp_with_strategy(self.decimals.into(), RoundingStrategy::MidpointNearestEven);
        let steps = steps_exactly(rounded, self.decimals).map_err(|_| refused)?;
        u32::try_from(steps.abs_diff(self.min)).map_err(|_| refused)
    }

    fn decode(&self, total: u32, count: u32) -> Decimal {
        let steps = i128::from(total) + i128::from(count) * i128::from(self.min);
        Decimal::from_i128_with_scale(steps, self.decimals.into()).normalize()
    }
}

/// `number / 10^-decimals`, if that is a whole number of 64 bits.
fn steps_exactly(number: Decimal, decimals: u8) -> Result<i64, DomainError> {
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

    fn domain(min: i64, max: i64, decimals: u8) -> Domain {
        Domain::new(Decimal::from(min), Decimal::from(max), decimals).unwrap()
    }

    fn encode(domain: Domain, answer: &str) -> Result<u32, AnswerError> {
        domain.encode(&Answer::parse(answer).unwrap())
    }

    #[test]
    fn the_edges_of_a_domain() {
        let d = domain(-5, 5, 2);
        assert_eq!(encode(d, "-5"), Ok(0));
        assert_eq!(encode(d, "5"), Ok(1000));
        assert_eq!(encode(d, "0.005"), Ok(500), "half to even");
        assert_eq!(encode(d, "0.015"), Ok(502), "half to even");
        for outside in ["5.01", "-5.01", "5.0000000001", "1e20"] {
            assert!(
                matches!(encode(d, outside), Err(AnswerError::OutOfDomain { .. })),
                "{outside}"
            );
        }
    }

    #[test]
    fn a_sum_decodes_with_its_offset() {
        let statistic = Statistic::Number(domain(-5, 5, 1));
        let total = ["-5", "4.5", "0.1"]
            .iter()
            .map(|answer| encode(domain(-5, 5, 1), answer).unwrap())
            .sum();
        let summary = statistic.decode(&[total], 3).unwrap();
        assert_eq!(summary.sum, Decimal::new(-4, 1));
        assert_eq!(statistic.decode(&[0], 0).unwrap().mean, None);
        assert_eq!(statistic.decode(&[0, 0], 1), None);
    }

    #[test]
    fn the_overflow_bound_is_exact() {
        let statistic = Statistic::Number(domain(0, 65_536, 0));
        assert!(statistic.fits(65_535));
        assert!(!statistic.fits(65_536));
        assert!(!Statistic::Number(domain(i64::MIN, i64::MAX, 0)).fits(u32::MAX));
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
