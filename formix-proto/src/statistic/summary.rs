//! What a statistic says about the answers: the result that people read.

use alloc::string::String;
use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::domain::Domain;
use super::regression::Fit;

/// How many more decimal places a mean has than its answers.
const MEAN_PLACES: u32 = 4;

/// The result of a computation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many light nodes took part, those that were counted without an answer among them.
    pub participants: u32,
    /// What was found: one part, or one for each group, in the order that the question declares.
    pub parts: Vec<Part>,
}

/// What was found of one group, or of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The group, if the question has any.
    pub group: Option<String>,
    /// How many answers are in it, and what they say; `None` if there were too few to tell.
    pub found: Option<Found>,
}

/// So many answers, and what they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// How many answers.
    pub answers: u64,
    /// What they say.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What answers say. Exact for the answers as they were rounded, if nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finding {
    /// Of [`Measure::Count`](super::Measure::Count).
    Count {
        /// How many say yes.
        yes: u64,
    },
    /// Of [`Measure::Sum`](super::Measure::Sum).
    Sum {
        /// Their sum.
        sum: Decimal,
        /// Their mean, to four more decimal places than the answers have; `None` without answers.
        mean: Option<Decimal>,
    },
    /// Of [`Measure::Moments`](super::Measure::Moments).
    Moments {
        /// Their sum.
        sum: Decimal,
        /// Their mean, to four more decimal places than the answers have; `None` without answers.
        mean: Option<Decimal>,
        /// Their unbiased variance; `None` of fewer than two.
        variance: Option<f64>,
        /// Its square root.
        deviation: Option<f64>,
    },
    /// Of [`Measure::Histogram`](super::Measure::Histogram).
    Histogram(Vec<Bucket>),
    /// Of [`Measure::Choice`](super::Measure::Choice) and
    /// [`Measure::Choices`](super::Measure::Choices).
    Frequencies(Vec<Frequency>),
    /// Of [`Measure::Vector`](super::Measure::Vector).
    Vector {
        /// The sum of each place.
        sums: Vec<Decimal>,
        /// The mean of each place, as finely as a single mean; empty without answers.
        means: Vec<Decimal>,
    },
    /// Of [`Measure::Regression`](super::Measure::Regression).
    Regression(Fit),
}

/// How many answers are in a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its lower edge, which it holds.
    pub from: Decimal,
    /// Its upper edge, which only the last bucket holds.
    pub to: Decimal,
    /// How many.
    pub count: u64,
}

/// How many answers chose an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    /// The option.
    pub option: String,
    /// How many.
    pub count: u64,
}

impl Finding {
    pub(super) fn sum(domain: &Domain, total: u128, count: u64) -> Self {
        let sum = domain.sum(total, count);
        Self::Sum { sum, mean: mean(sum, domain, count) }
    }

    pub(super) fn vector(sums: Vec<Decimal>, domain: &Domain, count: u64) -> Self {
        let means = sums.iter().filter_map(|sum| mean(*sum, domain, count)).collect();
        Self::Vector { sums, means }
    }

    /// The bucket that holds the answer of rank `ceil(q * n)`, counted from 1 (Hyndman and Fan 1996,
    /// definition 1): the least for `q = 0`, the median for `q = 0.5`, the greatest for `q = 1`.
    /// `None` for findings that are no histogram, and without answers.
    pub fn quantile(&self, q: f64) -> Option<&Bucket> {
        let Self::Histogram(buckets) = self else { return None };
        let count: u64 = buckets.iter().map(|bucket| bucket.count).sum();
        let rank = libm::ceil(q * count.to_f64()?).to_u64()?.clamp(1, count.max(1));
        let mut below = 0;
        buckets.iter().find(|bucket| {
            below += bucket.count;
            rank <= below
        })
    }

    /// The options, those chosen most often first, in their declared order where they are as many.
    /// `None` for findings that are no frequencies.
    pub fn top(&self) -> Option<Vec<&Frequency>> {
        let Self::Frequencies(frequencies) = self else { return None };
        let mut sorted: Vec<_> = frequencies.iter().collect();
        sorted.sort_by_key(|frequency| core::cmp::Reverse(frequency.count));
        Some(sorted)
    }
}

fn mean(sum: Decimal, domain: &Domain, count: u64) -> Option<Decimal> {
    let places = u32::from(domain.decimals()) + MEAN_PLACES;
    sum.checked_div(count.into()).map(|mean| mean.round_dp(places).normalize())
}

pub(super) fn moments(domain: &Domain, totals: &[u128], count: u64) -> Finding {
    let [total, squares] = [0, 1].map(|lane| totals.get(lane).copied().unwrap_or(0));
    let sum = domain.sum(total, count);
    let [n, total, squares] = [count.into(), total, squares].map(BigInt::from);
    let spread = &n * squares - total.pow(2);
    let pairs = &n * (&n - 1) * BigInt::from(10).pow(2 * u32::from(domain.decimals()));
    // What no numbers have for sums can only come of answers that were not encoded as they should be.
    let valid = count > 1 && spread >= BigInt::ZERO;
    let variance = if valid { BigRational::new(spread, pairs).to_f64() } else { None };
    Finding::Moments {
        sum,
        mean: mean(sum, domain, count),
        variance,
        deviation: variance.map(libm::sqrt),
    }
}
