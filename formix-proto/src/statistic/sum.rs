//! Sum and mean of a number.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::Domain;
use super::fields::{FieldError, Fields, OF_NUMBERS};
use super::reader::Reader;
use super::table::{Row, Table};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// Sum and mean of a number. One element: `x' = (x - min) * 10^decimals`.
///
/// Answers are rounded to the nearest step, half to even, so each is within half a step,
/// `10^-decimals / 2`, of what was given. The sum `total / 10^decimals + n * min` is within `n` half steps
/// of the exact one, the mean within one half step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum(pub Domain);

/// What an analyst wants to see of a sum first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SumView {
    /// The sum.
    #[default]
    Sum,
    /// The mean.
    Mean,
}

/// What a sum found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumFound {
    /// The sum of the answers.
    pub sum: Decimal,
    /// Their mean, to four more decimal places than the answers have; `None` without answers.
    pub mean: Option<Decimal>,
}

impl Definition for Sum {
    type View = SumView;
    type Found = SumFound;

    const NAME: &'static str = "sum";
    const KINDS: &'static [Kind] = &[
        Kind {
            name: "sum",
            has_headline: true,
            fields: OF_NUMBERS,
            example: || Fields::of_kind("sum").with_domain(&Domain::EXAMPLE),
        },
        Kind {
            name: "mean",
            has_headline: true,
            fields: OF_NUMBERS,
            example: || Fields::of_kind("mean").with_domain(&Domain::EXAMPLE),
        },
    ];
    const MAX_BYTES: usize = Domain::MAX_BYTES;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        1
    }

    fn max_element(&self) -> u128 {
        self.0.width().into()
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
        write(0, read.steps(&self.0, cells.first())?.into());
        Ok(())
    }

    fn decode(&self, totals: &[u128], answers: u64) -> SumFound {
        let sum = self.0.sum(totals.first().copied().unwrap_or(0), answers);
        SumFound { sum, mean: self.0.mean(sum, answers) }
    }

    fn reveals(&self) -> String {
        format!("the sum, and so the mean, of {}", self.0.describe())
    }

    fn precision(&self) -> String {
        let half = self.0.half_step();
        format!(
            "{}; the mean is within {half} of the exact one, the sum of n answers within n times {half}",
            self.0.rounding()
        )
    }

    fn unprotected(&self) -> Option<&'static str> {
        None
    }

    fn read(fields: &Fields) -> Result<(Self, SumView), FieldError> {
        let view = if fields.kind() == "mean" { SumView::Mean } else { SumView::Sum };
        Ok((Self(fields.domain(&[])?), view))
    }

    fn write(&self, view: &SumView) -> Fields {
        let kind = match view {
            SumView::Sum => "sum",
            SumView::Mean => "mean",
        };
        Fields::of_kind(kind).with_domain(&self.0)
    }

    fn table(&self, view: &SumView, _: u64, found: &SumFound) -> Table {
        let mut numbers = vec![Row::new("sum", Some(found.sum)), Row::new("mean", found.mean)];
        if *view == SumView::Mean {
            numbers.reverse();
        }
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
        let sum = Sum(Domain::EXAMPLE);
        let found = SumFound { sum: 6.into(), mean: Some(3.into()) };
        for (view, headline) in [(SumView::Sum, "6"), (SumView::Mean, "3")] {
            let table = sum.table(&view, 2, &found);
            assert_eq!(table.headline.as_deref(), Some(headline));
            assert_eq!(
                (table.plain("sum"), table.plain("mean")),
                (Some("6".into()), Some("3".into()))
            );
        }
    }
}
