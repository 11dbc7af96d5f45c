//! What of a result is drawn, on paper or in a terminal: bars, a line, or points.

use super::rows::{Form, Row};
use super::value::Value;
use crate::output::printable;

/// So many buckets are drawn; more are drawn together.
const MOST_BUCKETS: usize = 24;

/// One drawing.
#[derive(Debug, PartialEq)]
pub(super) struct Panel {
    /// The group that it is about, if it is about one.
    pub(super) group: Option<String>,
    /// What its marks are a number of.
    pub(super) quantity: String,
    pub(super) marks: Marks,
}

/// What a drawing shows.
#[derive(Debug, PartialEq)]
pub(super) enum Marks {
    Bars(Vec<Mark>),
    Line(Vec<Mark>),
    /// With their standard errors.
    Points(Vec<Mark>),
}

/// One number of a drawing, with its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Without what could steer a terminal.
    pub(super) name: String,
    pub(super) value: Value,
    pub(super) error: Option<f64>,
}

/// The drawings of a result: one for each group, or one of all groups if each has a single number.
pub(super) fn panels(rows: &[Row]) -> Vec<Panel> {
    let alike = |a: &Row, b: &Row| (&a.group, a.form) == (&b.group, b.form);
    let panels: Vec<_> = rows.chunk_by(alike).filter_map(panel).collect();
    match rows.first() {
        Some(first) if panels.is_empty() && first.group.is_some() => by_group(rows),
        _ => panels,
    }
}

fn panel(rows: &[Row]) -> Option<Panel> {
    let first = rows.first()?;
    let marks = match first.form {
        Form::Single => return None,
        Form::Bar if first.from.is_some() => Marks::Bars(buckets(rows)),
        Form::Bar => Marks::Bars(marks(rows)),
        Form::Place => Marks::Line(marks(rows)),
        Form::Coefficient => Marks::Points(marks(rows)),
    };
    Some(Panel { group: first.group.clone(), quantity: first.quantity.clone(), marks })
}

/// What was wanted of each group, side by side.
fn by_group(rows: &[Row]) -> Vec<Panel> {
    let wanted: Vec<_> = rows
        .chunk_by(|a, b| a.group == b.group)
        .filter_map(|rows| rows.first().filter(|row| row.value.is_some()))
        .collect();
    let Some(first) = wanted.first() else { return Vec::new() };
    let bars = wanted.iter().filter_map(|row| {
        let name = row.group.as_deref().map(printable)?;
        Some(Mark { name, value: row.value?, error: None })
    });
    let marks = Marks::Bars(bars.collect());
    vec![Panel { group: None, quantity: first.quantity.clone(), marks }]
}

fn marks(rows: &[Row]) -> Vec<Mark> {
    let mark = |row: &Row| {
        let name = row.item.as_deref().map(printable).unwrap_or_default();
        Some(Mark { name, value: row.value?, error: row.error })
    };
    rows.iter().filter_map(mark).collect()
}

/// Neighbouring buckets together, if there are many.
fn buckets(rows: &[Row]) -> Vec<Mark> {
    let together = rows.len().div_ceil(MOST_BUCKETS).max(1);
    let mark = |rows: &[Row]| {
        let (from, to) = (rows.first()?.from?, rows.last()?.to?);
        let counts = rows.iter().filter_map(|row| match row.value {
            Some(Value::Exact(count)) => Some(count),
            _ => None,
        });
        let value = Value::Exact(counts.sum());
        Some(Mark { name: format!("{from} to {to}"), value, error: None })
    };
    rows.chunks(together).filter_map(mark).collect()
}
