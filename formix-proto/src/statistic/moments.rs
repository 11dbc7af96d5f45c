//! Sum, mean, variance and standard deviation of a number.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::Domain;
use super::fields::{FieldError, Fields, OF_NUMBERS};
use super::reader::Reader;
use super::table::{Row, Table};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// Sum, mean, variance and standard deviation of a number. Two elements, `x'` and `x'^2`, with `x'` as in
/// [`Sum`](super::Sum).
///
/// The variance is the unbiased one, `(n * sum x'^2 - (sum x')^2) / (n (n - 1)) / 10^(2 decimals)`,
/// evaluated exactly (no cancellation) and rounded once to a double; so is its square root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments(pub Domain);

/// What an analyst wants to see of moments first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MomentsView {
    /// The mean.
    #[default]
    Moments,
    /// The variance.
    Variance,
    /// The standard deviation.
    Deviation,
}

/// What moments found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MomentsFound {
    /// The sum of the answers.
    pub sum: Decimal,
    /// Their mean, to four more decimal places than the answers have; `None` without answers.
    pub mean: Option<Decimal>,
    /// Their unbiased variance; `None` of fewer than two.
    pub variance: Option<f64>,
    /// Its square root.
    pub deviation: Option<f64>,
}

const fn kind(name: &'static str, example: fn() -> Fields) -> Kind {
    Kind { name, has_headline: true, fields: OF_NUMBERS, example }
}

impl Definition for Moments {
    type View = MomentsView;
    type Found = MomentsFound;

    const NAME: &'static str = "moments";
    const KINDS: &'static [Kind] = &[
        kind("moments", || Fields::of_kind("moments").with_domain(&Domain::EXAMPLE)),
        kind("variance", || Fields::of_kind("variance").with_domain(&Domain::EXAMPLE)),
        kind("deviation", || Fields::of_kind("deviation").with_domain(&Domain::EXAMPLE)),
    ];
    const MAX_BYTES: usize = Domain::MAX_BYTES;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        2
    }

    fn max_element(&self) -> u128 {
        u128::from(self.0.width()).pow(2)
    }

    fn bits(&self) -> u32 {
        self.0.bits()
    }

    fn cells(&self) -> Cells {
        Cells::Exactly(1)
    }

    fn min_answers(&self) -> u32 {
        1
    }

    fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool {
        read.steps(&self.0, Some(cell)).is_ok()
    }

    fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        let steps = u128::from(read.steps(&self.0, cells.first())?);
        write(0, steps);
        write(1, steps * steps);
        Ok(())
    }

    fn decode(&self, totals: &[u128], answers: u64) -> MomentsFound {
        let [total, squares] = [0, 1].map(|element| totals.get(element).copied().unwrap_or(0));
        let sum = self.0.sum(total, answers);
        let [n, total, squares] = [answers.into(), total, squares].map(BigInt::from);
        let spread = &n * squares - total.pow(2);
        let pairs = &n * (&n - 1) * BigInt::from(10).pow(2 * u32::from(self.0.decimals()));
        // Only answers that were not encoded as they should be can make it negative.
        let valid = answers > 1 && spread >= BigInt::ZERO;
        let variance = if valid { BigRational::new(spread, pairs).to_f64() } else { None };
        MomentsFound {
            sum,
            mean: self.0.mean(sum, answers),
            variance,
            deviation: variance.map(libm::sqrt),
        }
    }

    fn reveals(&self) -> String {
        format!(
            "the sum and the sum of squares, and so the mean, variance and standard deviation, of {}",
            self.0.describe()
        )
    }

    fn precision(&self) -> String {
        let half = self.0.half_step();
        format!(
            "{}; the mean is within {half} of the exact one, the standard deviation within {half} times sqrt(n / (n - 1))",
            self.0.rounding()
        )
    }

    fn unprotected(&self) -> Option<&'static str> {
        None
    }

    fn read(fields: &Fields) -> Result<(Self, MomentsView), FieldError> {
        let view = match fields.kind() {
            "variance" => MomentsView::Variance,
            "deviation" => MomentsView::Deviation,
            _ => MomentsView::Moments,
        };
        Ok((Self(fields.domain(&[])?), view))
    }

    fn write(&self, view: &MomentsView) -> Fields {
        let kind = match view {
            MomentsView::Moments => "moments",
            MomentsView::Variance => "variance",
            MomentsView::Deviation => "deviation",
        };
        Fields::of_kind(kind).with_domain(&self.0)
    }

    fn table(&self, view: &MomentsView, _: u64, found: &MomentsFound) -> Table {
        let mut numbers = vec![
            Row::new("mean", found.mean),
            Row::new("variance", found.variance),
            Row::new("deviation", found.deviation),
            Row::new("sum", Some(found.sum)),
        ];
        let wanted = match view {
            MomentsView::Moments => 0,
            MomentsView::Variance => 1,
            MomentsView::Deviation => 2,
        };
        numbers[..=wanted].rotate_right(1);
        Table::of_numbers(numbers)
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        vec![draw.number(&self.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_comes_first() {
        let moments = Moments(Domain::EXAMPLE);
        let (mean, variance, deviation) = (Some(3.into()), Some(4.5), Some(2.25));
        let found = MomentsFound { sum: 6.into(), mean, variance, deviation };
        let alone = MomentsFound { variance: None, deviation: None, ..found };
        for (view, found, headline, order) in [
            (MomentsView::Moments, found, Some("3"), ["mean", "variance", "deviation", "sum"]),
            (MomentsView::Variance, found, Some("4.5"), ["variance", "mean", "deviation", "sum"]),
            (MomentsView::Deviation, found, Some("2.25"), ["deviation", "mean", "variance", "sum"]),
            (MomentsView::Deviation, alone, None, ["deviation", "mean", "variance", "sum"]),
        ] {
            let table = moments.table(&view, 2, &found);
            assert_eq!(table.headline.as_deref(), headline);
            assert!(table.numbers.iter().map(|row| row.quantity.as_str()).eq(order));
        }
    }
}
