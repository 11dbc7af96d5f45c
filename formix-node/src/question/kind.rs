//! An analyst's words for statistics.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An analyst's word for a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// How many say yes.
    Count,
    /// How many say yes, and what share of all that is.
    YesNo,
    /// The sum of a number from `min` to `max`, of which `decimals` places are kept.
    Sum,
    /// Its mean.
    Mean,
    /// Its mean, variance and standard deviation.
    Moments,
    /// Its variance.
    Variance,
    /// Its standard deviation.
    Deviation,
    /// How many are between each of the `edges` and the next; or the same with `min`, `max` and
    /// `width`.
    Histogram,
    /// The middle one of numbers from `min` to `max`, to within `resolution`.
    Median,
    /// The numbers that the shares `at`, from 0 to 1, of all are not above, to within `resolution`.
    Quantiles,
    /// The least, to within `resolution`.
    Min,
    /// The greatest, to within `resolution`.
    Max,
    /// How many choose each of the `options`.
    Choice,
    /// The same, if one may choose several.
    Choices,
    /// The `k` of the `options` that most choose.
    Top,
    /// The sums, place by place, of vectors of that `length` of numbers from `min` to `max`.
    VectorSum,
    /// Their means.
    VectorMean,
    /// How the `response` depends on the `columns`, by least squares.
    Regression,
}

impl Kind {
    /// The fields that there may be.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::YesNo => &["kind"],
            Self::Sum | Self::Mean | Self::Moments | Self::Variance | Self::Deviation => {
                &["kind", "min", "max", "decimals"]
            }
            Self::Histogram => &["kind", "edges", "min", "max", "width", "decimals"],
            Self::Median | Self::Min | Self::Max => {
                &["kind", "min", "max", "resolution", "decimals"]
            }
            Self::Quantiles => &["kind", "at", "min", "max", "resolution", "decimals"],
            Self::Choice | Self::Choices => &["kind", "options"],
            Self::Top => &["kind", "options", "k"],
            Self::VectorSum | Self::VectorMean => &["kind", "length", "min", "max", "decimals"],
            Self::Regression => &["kind", "response", "columns"],
        }
    }
}

impl Kind {
    /// Which quantile it is, if it is one of those that have a name.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::Min => Some(0.0),
            Self::Median => Some(0.5),
            Self::Max => Some(1.0),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
