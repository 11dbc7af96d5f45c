//! How many answers fall into each bucket, and so quantiles.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use num_bigint::BigInt;
use num_traits::ToPrimitive;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::Domain;
use super::exact::exact;
use super::fields::{Field, FieldError, Fields};
use super::number::Number;
use super::reader::Reader;
use super::table::{Chart, Plot, Row, Table};
use super::{LONELY_COUNTS, narrow};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// How many answers fall into each declared bucket, and so quantiles, median, minimum and maximum to the
/// width of a bucket. One element for each bucket, one-hot.
///
/// Counts are exact; a quantile is the bucket that holds the answer of that rank (nearest rank: Hyndman and
/// Fan 1996, definition 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram(pub Buckets);

/// What an analyst wants to see of a histogram first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum HistogramView {
    /// The counts.
    #[default]
    Histogram,
    /// The quantile at 0.5.
    Median,
    /// The quantile at 0.
    Min,
    /// The quantile at 1.
    Max,
    /// The quantiles at these shares of the answers, from 0 to 1.
    Quantiles(Vec<Number>),
}

/// What a histogram found: its buckets, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramFound(pub Vec<Bucket>);

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

/// What is wrong with the fields of a histogram, beside its buckets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum HistogramProblem {
    /// Buckets that are not declared.
    #[error("missing: buckets need edges, or min, max and {0}")]
    NoBuckets(&'static str),
    /// Buckets that are declared twice.
    #[error("the buckets are declared by their edges: leave this out, or the edges")]
    Twice,
    /// Not the place of a quantile.
    #[error("each quantile is a number from 0 to 1, as 0.5, and at least one is needed")]
    Quantile,
}

const QUANTILE: &[&str] = &["min", "max", "resolution", "decimals", "edges"];

fn example(kind: &str) -> Fields {
    let fields = Fields::of_kind(kind);
    let numbers =
        |numbers: &[i64]| -> Field { numbers.iter().map(|n| Decimal::new(*n, 2)).collect() };
    match kind {
        "histogram" => fields.with("edges", numbers(&[-100, 0, 1250, 2400])),
        "quantiles" => {
            let fields = fields.with_domain(&Domain::EXAMPLE).with("resolution", 5);
            fields.with("at", numbers(&[25, 100]))
        }
        _ => fields.with_domain(&Domain::EXAMPLE).with("resolution", 5),
    }
}

impl HistogramView {
    fn kind(&self) -> &'static str {
        match self {
            Self::Histogram => "histogram",
            Self::Median => "median",
            Self::Min => "min",
            Self::Max => "max",
            Self::Quantiles(_) => "quantiles",
        }
    }

    /// The field that says how wide buckets are.
    fn width(&self) -> &'static str {
        if *self == Self::Histogram { "width" } else { "resolution" }
    }
}

impl HistogramFound {
    /// The bucket that holds the answer of rank `ceil(q * n)`, counted from 1 (Hyndman and Fan 1996,
    /// definition 1): the minimum for `q = 0`, the median for `q = 0.5`, the maximum for `q = 1`, and for
    /// what is beyond them. `None` without answers.
    pub fn quantile(&self, q: Decimal) -> Option<&Bucket> {
        let count: u64 = self.0.iter().map(|bucket| bucket.count).sum();
        let rank = rank(q, count);
        let mut below = 0;
        self.0.iter().find(|bucket| {
            below += bucket.count;
            rank <= below
        })
    }

    fn row(&self, name: &str, at: Decimal) -> Row {
        Row::within(name, self.quantile(at).map(|bucket| (bucket.from, bucket.to)))
    }

    /// The quantiles that are wanted, in the order in which they are.
    fn wanted(&self, view: &HistogramView) -> Vec<Row> {
        match view {
            HistogramView::Histogram => Vec::new(),
            HistogramView::Median => vec![self.row("median", Decimal::new(5, 1))],
            HistogramView::Min => vec![self.row("min", Decimal::ZERO)],
            HistogramView::Max => vec![self.row("max", Decimal::ONE)],
            HistogramView::Quantiles(at) => {
                let row = |at: &Number| self.row(&format!("quantile {at}"), at.0);
                at.iter().map(row).collect()
            }
        }
    }
}

impl Definition for Histogram {
    type View = HistogramView;
    type Found = HistogramFound;

    const NAME: &'static str = "histogram";
    const KINDS: &'static [Kind] = &[
        Kind {
            name: "histogram",
            has_headline: false,
            fields: &["edges", "min", "max", "width", "decimals"],
            example: || example("histogram"),
        },
        Kind {
            name: "median",
            has_headline: true,
            fields: QUANTILE,
            example: || example("median"),
        },
        Kind { name: "min", has_headline: true, fields: QUANTILE, example: || example("min") },
        Kind { name: "max", has_headline: true, fields: QUANTILE, example: || example("max") },
        Kind {
            name: "quantiles",
            has_headline: true,
            fields: &["at", "min", "max", "resolution", "decimals", "edges"],
            example: || example("quantiles"),
        },
    ];
    const MAX_BYTES: usize = Buckets::MAX_BYTES;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        self.0.count()
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
        read.bucket(&self.0, Some(cell)).is_ok()
    }

    fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        write(read.bucket(&self.0, cells.first())?, 1);
        Ok(())
    }

    fn decode(&self, totals: &[u128], _: u64) -> HistogramFound {
        let bucket = |(bucket, total): (usize, &u128)| {
            let (from, to) = self.0.edges(bucket);
            Bucket { from, to, count: narrow(*total) }
        };
        HistogramFound(totals.iter().enumerate().map(bucket).collect())
    }

    fn reveals(&self) -> String {
        format!(
            "how many answers fall into each of {} buckets of {}, and so the median and other quantiles to the width of a bucket",
            self.0.count(),
            self.0.domain().describe()
        )
    }

    fn precision(&self) -> String {
        format!(
            "{}; counts of rounded answers are exact, and a quantile is known to a bucket, which is at most {} wide",
            self.0.domain().rounding(),
            self.0.widest()
        )
    }

    fn unprotected(&self) -> Option<&'static str> {
        Some(LONELY_COUNTS)
    }

    fn read(fields: &Fields) -> Result<(Self, HistogramView), FieldError> {
        let view = match fields.kind() {
            "median" => HistogramView::Median,
            "min" => HistogramView::Min,
            "max" => HistogramView::Max,
            "quantiles" => HistogramView::Quantiles(places(fields)?),
            _ => HistogramView::Histogram,
        };
        Ok((Self(buckets(fields, view.width())?), view))
    }

    /// Buckets of one width are written by their width: there may be too many of them for a list.
    fn write(&self, view: &HistogramView) -> Fields {
        let fields = Fields::of_kind(view.kind());
        let (domain, buckets) = (self.0.domain(), 0..self.0.count());
        let fields = match self.0.width() {
            Some(width) => fields.with_domain(domain).with(view.width(), width),
            None => {
                let upper = buckets.map(|bucket| self.0.edges(bucket).1);
                let edges = core::iter::once(self.0.edges(0).0).chain(upper);
                let fields = fields.with("edges", edges.collect::<Field>());
                fields.with("decimals", u64::from(domain.decimals()))
            }
        };
        match view {
            HistogramView::Quantiles(at) => {
                fields.with("at", at.iter().copied().collect::<Field>())
            }
            _ => fields,
        }
    }

    fn table(&self, view: &HistogramView, _: u64, found: &HistogramFound) -> Table {
        let numbers = found.wanted(view);
        let headline: Option<Vec<_>> = numbers.iter().map(Row::plain).collect();
        let rows = found.0.iter().map(|bucket| Row {
            range: Some((bucket.from, bucket.to)),
            ..Row::new("count", Some(bucket.count))
        });
        let title = if *view == HistogramView::Histogram { "histogram" } else { "counts" };
        Table {
            headline: headline.filter(|all| !all.is_empty()).map(|all| all.join("; ")),
            numbers,
            chart: Some(Chart {
                title: title.into(),
                axis: "count".into(),
                plot: Plot::Ranges,
                rows: rows.collect(),
            }),
        }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        vec![draw.number(self.0.domain())]
    }
}

/// `ceil(q * count)`, at least 1 and at most `count`. In fractions: 0.07 is no double, and the nearest one
/// makes the rank of 100 answers 8.
fn rank(q: Decimal, count: u64) -> u64 {
    let share = exact(q.clamp(Decimal::ZERO, Decimal::ONE));
    let rank = (share * BigInt::from(count)).ceil().to_integer();
    rank.to_u64().unwrap_or(count).max(1)
}

/// Buckets between edges, or of the width that is in that field.
fn buckets(fields: &Fields, width: &'static str) -> Result<Buckets, FieldError> {
    let range = ["min", "max", width];
    let Some(edges) = fields.numbers("edges")? else {
        if !range.iter().any(|field| fields.has(field)) {
            return Err(FieldError::new("edges", HistogramProblem::NoBuckets(width)));
        }
        let step = fields.needed(width, fields.number(width)?)?;
        let buckets = Buckets::every(fields.domain(&[step])?, step.0);
        return buckets.map_err(|error| FieldError::new(width, error));
    };
    if let Some(field) = range.into_iter().find(|field| fields.has(field)) {
        return Err(FieldError::new(field, HistogramProblem::Twice));
    }
    let decimals = fields.decimals(&edges)?;
    let edges: Vec<_> = edges.iter().map(|edge| edge.0).collect();
    Buckets::between(&edges, decimals).map_err(|error| FieldError::new("edges", error))
}

fn places(fields: &Fields) -> Result<Vec<Number>, FieldError> {
    let at = fields.needed("at", fields.numbers("at")?)?;
    let range = Decimal::ZERO..=Decimal::ONE;
    match !at.is_empty() && at.iter().all(|place| range.contains(&place.0)) {
        true => Ok(at),
        false => Err(FieldError::new("at", HistogramProblem::Quantile)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(tenths: i64) -> Number {
        Number(Decimal::new(tenths, 1))
    }

    fn headline(view: HistogramView, counts: [u128; 3]) -> Option<String> {
        let edges = [0, 10, 20, 50].map(Decimal::from);
        let histogram = Histogram(Buckets::between(&edges, 0).unwrap());
        let found = histogram.decode(&counts, 0);
        let table = histogram.table(&view, 0, &found);
        assert_eq!(table.chart.unwrap().rows.len(), 3);
        table.headline
    }

    #[test]
    fn the_headline_is_the_bucket_of_each_quantile_that_is_wanted() {
        for (view, expected) in [
            (HistogramView::Histogram, None),
            (HistogramView::Min, Some("0 to 10")),
            (HistogramView::Median, Some("10 to 20")),
            (HistogramView::Max, Some("20 to 50")),
            (
                HistogramView::Quantiles([9, 0, 5].map(number).into()),
                Some("20 to 50; 0 to 10; 10 to 20"),
            ),
        ] {
            assert_eq!(headline(view.clone(), [1, 2, 1]).as_deref(), expected, "{view:?}");
            assert_eq!(headline(view, [0, 0, 0]), None, "without answers");
        }
    }

    #[test]
    fn quantiles_are_asked_by_resolution_or_by_edges() {
        let domain = Fields::of_kind("median").with_domain(&Domain::EXAMPLE);
        let (even, view) = Histogram::read(&domain.clone().with("resolution", 5)).unwrap();
        assert_eq!((even.dimension(), view), (5, HistogramView::Median));
        let edges: Field = [0, 1, 9].into_iter().map(Decimal::from).collect();
        let (uneven, view) = Histogram::read(&Fields::of_kind("max").with("edges", edges)).unwrap();
        assert_eq!((uneven.dimension(), &view), (2, &HistogramView::Max));
        assert_eq!(Histogram::read(&uneven.write(&view)).unwrap(), (uneven, view));
        let both = domain.with("edges", [Decimal::ONE].into_iter().collect::<Field>());
        assert_eq!(Histogram::read(&both).unwrap_err().field, "min");
    }

    /// A width beyond the domain makes one bucket, and is written as it was read.
    #[test]
    fn a_width_is_kept_as_it_is_declared() {
        let buckets = Buckets::every(Domain::EXAMPLE, 100.into()).unwrap();
        let (histogram, view) = (Histogram(buckets), HistogramView::Histogram);
        assert_eq!(histogram.dimension(), 1);
        assert_eq!(Histogram::read(&histogram.write(&view)).unwrap(), (histogram, view));
    }
}
