//! What is computed over the answers: each measure is a linear encoding of one answer into lanes, and a
//! decoding of the lanes' totals.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::domain::Domain;
use super::labels::Labels;
use super::reader::Reader;
use super::regression::Regression;
use super::summary::{Bucket, Finding, Frequency, moments};
use crate::answer::{AnswerError, Cell};

/// What is computed over the answers. `n` is how many there are, `x` an answer.
///
/// Numbers are encoded as `x' = (x - min) * 10^decimals`, never negative, rounded to the nearest step,
/// half to even: each is within half a step, `10^-decimals / 2`, of what was answered, and all that is
/// said below of sums is exact for the rounded answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// How many say yes. One lane: 1 for yes, 0 for no (Prio3Count of draft-irtf-cfrg-vdaf). Exact.
    Count,
    /// Sum and mean of a number. One lane: `x'`. The sum `total / 10^decimals + n * min` is within
    /// `n` half steps of the exact one, the mean within one half step.
    Sum(Domain),
    /// Sum, mean, variance and standard deviation of a number. Two lanes: `x'` and `x'^2`. The
    /// variance is the unbiased one, `(n * sum x'^2 - (sum x')^2) / (n (n - 1)) / 10^(2 decimals)`,
    /// evaluated exactly (no cancellation) and rounded once to a double; so is its square root.
    Moments(Domain),
    /// How many answers are in each declared bucket, and so quantiles, median, least and greatest to
    /// the width of a bucket. A lane a bucket, one-hot. Counts are exact; a quantile is the bucket
    /// that holds the answer of that rank (nearest rank: Hyndman and Fan 1996, definition 1).
    Histogram(Buckets),
    /// How many choose each declared option. A lane an option, one-hot. Exact.
    Choice(Labels),
    /// The same where an answer may choose any number of options: each chosen one's lane is 1.
    Choices(Labels),
    /// Sum and mean of each place of a vector of that length. A lane a place: `x'`; error as for
    /// [`Measure::Sum`], place by place.
    Vector(Domain, u32),
    /// Ordinary least squares of a number by declared columns. See [`Regression`].
    Regression(Regression),
}

/// How many cells an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// So many.
    Exactly(usize),
    /// So many, or fewer.
    AtMost(usize),
}

impl Measure {
    /// How many lanes an answer has.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Count | Self::Sum(_) => 1,
            Self::Moments(_) => 2,
            Self::Histogram(buckets) => buckets.count(),
            Self::Choice(options) | Self::Choices(options) => options.count(),
            Self::Vector(_, length) => usize::try_from(*length).unwrap_or(usize::MAX),
            Self::Regression(regression) => regression.dimension(),
        }
    }

    /// How many cells an answer has.
    pub fn cells(&self) -> Cells {
        match self {
            Self::Count | Self::Sum(_) | Self::Moments(_) => Cells::Exactly(1),
            Self::Histogram(_) | Self::Choice(_) => Cells::Exactly(1),
            Self::Choices(options) => Cells::AtMost(options.count()),
            Self::Vector(..) => Cells::Exactly(self.dimension()),
            Self::Regression(regression) => Cells::Exactly(regression.columns().len() + 1),
        }
    }

    /// The fewest answers of which it may be told. The sums and products of a regression with `p` columns
    /// are `(p + 1)(p + 4) / 2` equations in `n (p + 1)` numbers: there must be clearly fewer, so `n` is
    /// at least `2 (p + 1)`. (Three rows of integers follow from their sums of products nearly always.)
    pub(crate) fn least(&self) -> u32 {
        match self {
            Self::Regression(regression) => 2 * (regression.columns().len() as u32 + 1),
            _ => 1,
        }
    }

    /// The largest value that a lane of one answer can have.
    pub fn largest(&self) -> u128 {
        match self {
            Self::Count | Self::Histogram(_) | Self::Choice(_) | Self::Choices(_) => 1,
            Self::Sum(domain) | Self::Vector(domain, _) => domain.width().into(),
            Self::Moments(domain) => u128::from(domain.width()).pow(2),
            Self::Regression(regression) => regression.largest(),
        }
    }

    /// Writes an answer's lanes, by place and value; all others are zero.
    pub(super) fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        self.cells().check(cells.len())?;
        let first = cells.first();
        match self {
            Self::Count => write(0, read.yes(first)?.into()),
            Self::Sum(domain) => write(0, read.steps(domain, first)?.into()),
            Self::Moments(domain) => {
                let steps = u128::from(read.steps(domain, first)?);
                write(0, steps);
                write(1, steps * steps);
            }
            Self::Histogram(buckets) => write(read.bucket(buckets, first)?, 1),
            Self::Choice(options) => write(read.option(options, first)?, 1),
            Self::Choices(options) => {
                let mut chosen = alloc::vec![false; options.count()];
                for cell in cells {
                    let option = read.option(options, Some(cell))?;
                    if core::mem::replace(&mut chosen[option], true) {
                        return Err(AnswerError::Repeated);
                    }
                }
                for (option, chosen) in chosen.into_iter().enumerate() {
                    write(option, chosen.into());
                }
            }
            Self::Vector(domain, _) => {
                for (place, cell) in cells.iter().enumerate() {
                    write(place, read.steps(domain, Some(cell))?.into());
                }
            }
            Self::Regression(regression) => regression.encode(read, cells, write)?,
        }
        Ok(())
    }

    /// What the totals of `count` answers say. There are as many totals as lanes.
    pub(super) fn decode(&self, totals: &[u128], count: u64) -> Finding {
        let total = totals.first().copied().unwrap_or(0);
        match self {
            Self::Count => Finding::Count { yes: narrow(total) },
            Self::Sum(domain) => Finding::sum(domain, total, count),
            Self::Moments(domain) => moments(domain, totals, count),
            Self::Histogram(buckets) => Finding::Histogram(
                totals
                    .iter()
                    .enumerate()
                    .map(|(bucket, total)| {
                        let (from, to) = buckets.edges(bucket);
                        Bucket { from, to, count: narrow(*total) }
                    })
                    .collect(),
            ),
            Self::Choice(options) | Self::Choices(options) => Finding::Frequencies(
                options
                    .words()
                    .iter()
                    .zip(totals)
                    .map(|(option, total)| Frequency {
                        option: option.clone(),
                        count: narrow(*total),
                    })
                    .collect(),
            ),
            Self::Vector(domain, _) => {
                let sums: Vec<_> = totals.iter().map(|total| domain.sum(*total, count)).collect();
                Finding::vector(sums, domain, count)
            }
            Self::Regression(regression) => Finding::Regression(regression.decode(totals, count)),
        }
    }
}

impl Cells {
    fn check(self, found: usize) -> Result<(), AnswerError> {
        match self {
            Self::Exactly(expected) if found != expected => {
                Err(AnswerError::Cells { expected, found })
            }
            Self::AtMost(expected) if found > expected => {
                Err(AnswerError::Cells { expected, found })
            }
            _ => Ok(()),
        }
    }
}

/// A count, which honest answers cannot make larger than 2^64.
pub(super) fn narrow(total: u128) -> u64 {
    u64::try_from(total).unwrap_or(u64::MAX)
}
