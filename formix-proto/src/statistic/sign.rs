//! How many answers are below, at and above a pivot.
//!
//! An example of a new statistic: it is this file and its two lines in `mod.rs`. The product does not have
//! it: only tests build with `example-statistic`.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::{Domain, DomainError};
use super::fields::{FieldError, Fields};
use super::reader::Reader;
use super::table::{Chart, Plot, Row, Table};
use super::{LONELY_COUNTS, narrow};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// How many answers are below, at and above a pivot, which is this many steps above the domain's `min`.
/// Three elements, one-hot. Exact for rounded answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign(pub Domain, pub u64);

/// What a sign found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignFound {
    /// How many answers are below the pivot.
    pub below: u64,
    /// How many are at it.
    pub at: u64,
    /// How many are above it.
    pub above: u64,
}

impl Sign {
    fn pivot(&self) -> Decimal {
        self.0.number(self.1).normalize()
    }
}

impl Definition for Sign {
    type View = ();
    type Found = SignFound;

    const NAME: &'static str = "sign";
    const KINDS: &'static [Kind] = &[Kind {
        name: "sign",
        has_headline: true,
        fields: &["pivot", "min", "max", "decimals"],
        example: || {
            let fields = Fields::of_kind("sign").with("pivot", 1).with("min", 0);
            fields.with("max", 2).with("decimals", 0)
        },
    }];
    const MAX_BYTES: usize = Domain::MAX_BYTES + 10;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        3
    }

    fn max_element(&self) -> u128 {
        1
    }

    fn bits(&self) -> u32 {
        1
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
        let element = match read.steps(&self.0, cells.first())?.cmp(&self.1) {
            Ordering::Less => 0,
            Ordering::Equal => 1,
            Ordering::Greater => 2,
        };
        write(element, 1);
        Ok(())
    }

    fn decode(&self, totals: &[u128], _: u64) -> SignFound {
        let count = |element: usize| totals.get(element).copied().map_or(0, narrow);
        SignFound { below: count(0), at: count(1), above: count(2) }
    }

    fn reveals(&self) -> String {
        format!(
            "how many answers are below, at and above {}, of {}",
            self.pivot(),
            self.0.describe()
        )
    }

    fn precision(&self) -> String {
        format!("{}; counts of rounded answers are exact", self.0.rounding())
    }

    fn unprotected(&self) -> Option<&'static str> {
        Some(LONELY_COUNTS)
    }

    fn read(fields: &Fields) -> Result<(Self, ()), FieldError> {
        let pivot = fields.needed("pivot", fields.number("pivot")?)?;
        let domain = fields.domain(&[pivot])?;
        let outside = |_| FieldError::new("pivot", DomainError::Bounds);
        let steps = domain.steps(pivot.0).map_err(outside)?;
        Ok((Self(domain, steps), ()))
    }

    fn write(&self, (): &()) -> Fields {
        Fields::of_kind("sign").with("pivot", self.pivot()).with_domain(&self.0)
    }

    fn table(&self, (): &(), _: u64, found: &SignFound) -> Table {
        let counts = [("below", found.below), ("at", found.at), ("above", found.above)];
        let most = counts.iter().max_by_key(|(_, count)| count);
        let rows = counts.iter().map(|(name, count)| Row::count_of(name, *count));
        Table {
            headline: most.map(|(name, _)| format!("mostly {name}")),
            numbers: vec![Row::new("pivot", Some(self.pivot()))],
            chart: Some(Chart {
                title: format!("answers around {}", self.pivot()),
                axis: "count".into(),
                plot: Plot::Bars,
                rows: rows.collect(),
            }),
        }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        vec![draw.number(&self.0)]
    }
}
