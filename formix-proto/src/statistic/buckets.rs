//! Declared buckets: which part of its domain a number is in.

use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::domain::{Domain, DomainError, steps_exactly};
use crate::answer::AnswerError;
use crate::limits::{MAX_DIMENSION, MAX_EDGES};

/// The buckets of a histogram: they follow one another, and cover their domain. Each holds its lower
/// edge and not its upper one; the last holds both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Cuts", into = "Cuts")]
pub struct Buckets {
    domain: Domain,
    cuts: Cuts,
}

/// Where buckets begin, in steps of their domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Cuts {
    /// Every that many steps; the last bucket may be narrower.
    Every(Domain, u64),
    /// The edges, in units of `10^-decimals`: one more than there are buckets.
    Edges(Vec<i64>, u8),
}

/// Why buckets are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BucketsError {
    /// The domain that they cover makes no sense.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// Fewer than two edges.
    #[error("buckets need at least two edges")]
    NoBucket,
    /// An edge is not greater than the one before it.
    #[error("edge {0} is not greater than the one before it")]
    NotIncreasing(Decimal),
    /// A width of zero, or one that is not whole steps.
    #[error("the width of a bucket must be more than 0, and a multiple of 10^-decimals")]
    Width,
    /// Too many edges, or buckets.
    #[error("there are more than {MAX_EDGES} edges, or {MAX_DIMENSION} buckets")]
    TooMany,
}

impl TryFrom<Cuts> for Buckets {
    type Error = BucketsError;

    fn try_from(cuts: Cuts) -> Result<Self, BucketsError> {
        let domain = match &cuts {
            Cuts::Every(domain, width) => {
                if *width == 0 {
                    return Err(BucketsError::Width);
                }
                *domain
            }
            Cuts::Edges(edges, decimals) => {
                let ([first, .., last], 2..=MAX_EDGES) = (edges.as_slice(), edges.len()) else {
                    let few = edges.len() < 2;
                    return Err(if few { BucketsError::NoBucket } else { BucketsError::TooMany });
                };
                for pair in edges.windows(2) {
                    if pair[1] <= pair[0] {
                        let edge = Decimal::try_new(pair[1], (*decimals).into());
                        return Err(BucketsError::NotIncreasing(edge.unwrap_or_default()));
                    }
                }
                Domain::try_from((*first, *last, *decimals))?
            }
        };
        let buckets = Self { domain, cuts };
        if buckets.count() > MAX_DIMENSION { Err(BucketsError::TooMany) } else { Ok(buckets) }
    }
}

impl From<Buckets> for Cuts {
    fn from(buckets: Buckets) -> Self {
        buckets.cuts
    }
}

impl Buckets {
    /// The maximum length of their encoding: edges, or a domain and a width.
    pub(super) const MAX_BYTES: usize = 10 * MAX_EDGES + Domain::MAX_BYTES + 10;

    /// The buckets between these edges, each a multiple of `10^-decimals`.
    pub fn between(edges: &[Decimal], decimals: u8) -> Result<Self, BucketsError> {
        let edges: Result<Vec<_>, _> =
            edges.iter().map(|edge| steps_exactly(*edge, decimals)).collect();
        Cuts::Edges(edges?, decimals).try_into()
    }

    /// Buckets of that width, from the domain's `min` on; the last may be narrower.
    pub fn every(domain: Domain, width: Decimal) -> Result<Self, BucketsError> {
        let steps = steps_exactly(width, domain.decimals()).map_err(|_| BucketsError::Width)?;
        let width = u64::try_from(steps).map_err(|_| BucketsError::Width)?;
        Cuts::Every(domain, width).try_into()
    }

    /// All numbers that are in a bucket.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// How wide each is, if they are declared so; the last may be narrower.
    pub fn width(&self) -> Option<Decimal> {
        match &self.cuts {
            Cuts::Every(domain, width) => {
                Decimal::try_from_i128_with_scale((*width).into(), domain.decimals().into())
                    .ok()
                    .map(|width| width.normalize())
            }
            Cuts::Edges(..) => None,
        }
    }

    /// The width of the widest.
    pub(super) fn widest(&self) -> Decimal {
        let width = |(from, to)| to - from;
        let widths = (0..self.count()).map(|bucket| width(self.edges(bucket)));
        widths.max().unwrap_or_default().normalize()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match &self.cuts {
            // The upper end of the domain needs no bucket of its own: the last one holds it.
            Cuts::Every(domain, width) => {
                usize::try_from(domain.width().div_ceil(*width)).unwrap_or(usize::MAX)
            }
            Cuts::Edges(edges, _) => edges.len() - 1,
        }
    }

    /// The lower and the upper edge of a bucket.
    pub fn edges(&self, bucket: usize) -> (Decimal, Decimal) {
        let edge = |place: usize| match &self.cuts {
            Cuts::Every(domain, width) => {
                let steps = width.saturating_mul(u64::try_from(place).unwrap_or(u64::MAX));
                domain.number(steps.min(domain.width()))
            }
            Cuts::Edges(edges, decimals) => {
                let edge = edges.get(place).or(edges.last()).copied().unwrap_or_default();
                Decimal::new(edge, (*decimals).into()).normalize()
            }
        };
        (edge(bucket), edge(bucket + 1))
    }

    /// Which bucket a number is in, once it is rounded to the domain's resolution.
    pub(super) fn place(&self, number: Decimal) -> Result<usize, AnswerError> {
        let steps = self.domain.steps(number)?;
        let place = match &self.cuts {
            Cuts::Every(_, width) => usize::try_from(steps / width).unwrap_or(usize::MAX),
            Cuts::Edges(edges, _) => {
                let first = edges.first().copied().unwrap_or_default();
                edges.partition_point(|edge| edge.abs_diff(first) <= steps) - 1
            }
        };
        Ok(place.min(self.count() - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_DECIMALS;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn place(buckets: &Buckets, number: &str) -> Result<usize, AnswerError> {
        buckets.place(d(number))
    }

    #[test]
    fn a_bucket_holds_its_lower_edge_and_the_last_one_both() {
        let buckets = Buckets::between(&[d("18.5"), d("25"), d("30")], 1).unwrap();
        assert_eq!(buckets.count(), 2);
        assert_eq!(buckets.edges(1), (d("25"), d("30")));
        for (number, expected) in [("18.5", 0), ("24.9", 0), ("24.96", 1), ("25", 1), ("30", 1)] {
            assert_eq!(place(&buckets, number), Ok(expected), "{number}");
        }
        for outside in ["18.4", "30.1"] {
            assert_eq!(place(&buckets, outside), Err(buckets.domain().refusal()), "{outside}");
        }
    }

    #[test]
    fn buckets_of_one_width_cover_the_domain() {
        let domain = Domain::new(d("-1"), d("1"), 1).unwrap();
        let buckets = Buckets::every(domain, d("0.3")).unwrap();
        assert_eq!(buckets.count(), 7);
        assert_eq!(buckets.edges(0), (d("-1"), d("-0.7")));
        assert_eq!(buckets.edges(6), (d("0.8"), d("1")));
        for (number, expected) in [("-1", 0), ("-0.7", 1), ("0.8", 6), ("1", 6)] {
            assert_eq!(place(&buckets, number), Ok(expected), "{number}");
        }
        let even = Buckets::every(domain, d("0.5")).unwrap();
        assert_eq!((even.count(), place(&even, "1")), (4, Ok(3)));
        assert_eq!(Buckets::every(domain, d("9")).unwrap().count(), 1);
    }

    #[test]
    fn degenerate_buckets_are_refused() {
        use BucketsError::*;
        let between =
            |edges: &[&str]| Buckets::between(&edges.iter().map(|e| d(e)).collect::<Vec<_>>(), 0);
        assert_eq!(between(&[]), Err(NoBucket));
        assert_eq!(between(&["1"]), Err(NoBucket));
        assert_eq!(between(&["1", "1"]), Err(NotIncreasing(d("1"))));
        assert_eq!(between(&["1", "3", "2"]), Err(NotIncreasing(d("2"))));
        assert_eq!(between(&["1", "2.5"]), Err(Domain(DomainError::Bounds)));
        let domain = super::Domain::new(d("0"), d("9"), 0).unwrap();
        for width in ["0", "-1", "0.5"] {
            assert_eq!(Buckets::every(domain, d(width)), Err(Width), "{width}");
        }
        let wide = super::Domain::try_from((0, i64::MAX, MAX_DECIMALS)).unwrap();
        assert_eq!(Buckets::every(wide, wide.resolution()), Err(TooMany));
        let many: Vec<_> = (0..=MAX_EDGES as i64).map(Decimal::from).collect();
        assert_eq!(Buckets::between(&many, 0), Err(TooMany));
        assert!(Buckets::between(&many[1..], 0).is_ok());
    }
}
