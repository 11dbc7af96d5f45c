//! Sum and mean at each position of a vector.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::Domain;
use super::fields::{FieldError, Fields};
use super::reader::Reader;
use super::table::{Chart, Plot, Row, Table};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// Sum and mean at each position of a vector of numbers of that domain, and of that length. One element for
/// each position: `x'`; error as for [`Sum`](super::Sum), position by position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vector(pub Domain, pub u32);

/// What an analyst wants to see of a vector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VectorView {
    /// The sums.
    #[default]
    Sum,
    /// The means.
    Mean,
}

/// What a vector found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorFound {
    /// The sum at each position.
    pub sums: Vec<Decimal>,
    /// The mean at each position, as finely as a single mean; empty without answers.
    pub means: Vec<Decimal>,
}

const FIELDS: &[&str] = &["length", "min", "max", "decimals"];

impl Definition for Vector {
    type View = VectorView;
    type Found = VectorFound;

    const NAME: &'static str = "vector";
    const KINDS: &'static [Kind] = &[
        Kind {
            name: "vector-sum",
            has_headline: false,
            fields: FIELDS,
            example: || Self(Domain::EXAMPLE, 3).write(&VectorView::Sum),
        },
        Kind {
            name: "vector-mean",
            has_headline: false,
            fields: FIELDS,
            example: || Self(Domain::EXAMPLE, 40).write(&VectorView::Mean),
        },
    ];
    const MAX_BYTES: usize = Domain::MAX_BYTES + 5;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        usize::try_from(self.1).unwrap_or(usize::MAX)
    }

    fn max_element(&self) -> u128 {
        self.0.width().into()
    }

    fn bits(&self) -> u32 {
        self.0.bits()
    }

    fn cells(&self) -> Cells {
        Cells::Exactly(self.dimension())
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
        for (position, cell) in cells.iter().enumerate() {
            write(position, read.steps(&self.0, Some(cell))?.into());
        }
        Ok(())
    }

    fn decode(&self, totals: &[u128], answers: u64) -> VectorFound {
        let sums: Vec<_> = totals.iter().map(|total| self.0.sum(*total, answers)).collect();
        let means = sums.iter().filter_map(|sum| self.0.mean(*sum, answers)).collect();
        VectorFound { sums, means }
    }

    fn reveals(&self) -> String {
        format!(
            "the sum, and so the mean, at each of {} positions, of {}",
            self.1,
            self.0.describe()
        )
    }

    fn precision(&self) -> String {
        let half = self.0.half_step();
        format!(
            "{}; a mean is within {half} of the exact one, a sum of n answers within n times {half}",
            self.0.rounding()
        )
    }

    fn unprotected(&self) -> Option<&'static str> {
        None
    }

    fn read(fields: &Fields) -> Result<(Self, VectorView), FieldError> {
        let domain = fields.domain(&[])?;
        let length = fields.needed("length", fields.count("length")?)?;
        // A length that does not fit is refused as one that is too large.
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mean = fields.kind() == "vector-mean";
        Ok((Self(domain, length), if mean { VectorView::Mean } else { VectorView::Sum }))
    }

    fn write(&self, view: &VectorView) -> Fields {
        let kind = match view {
            VectorView::Sum => "vector-sum",
            VectorView::Mean => "vector-mean",
        };
        Fields::of_kind(kind).with_domain(&self.0).with("length", u64::from(self.1))
    }

    fn table(&self, view: &VectorView, _: u64, found: &VectorFound) -> Table {
        let (quantity, values) = match view {
            VectorView::Sum => ("sum", &found.sums),
            VectorView::Mean => ("mean", &found.means),
        };
        let row = |(position, value): (usize, &Decimal)| Row {
            item: Some((position + 1).to_string()),
            ..Row::new(quantity, Some(*value))
        };
        let chart = Chart {
            title: format!("vector-{quantity}"),
            axis: quantity.into(),
            plot: Plot::Line,
            rows: values.iter().enumerate().map(row).collect(),
        };
        Table { headline: None, numbers: Vec::new(), chart: Some(chart) }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        (0..self.1).map(|_| draw.number(&self.0)).collect()
    }
}
