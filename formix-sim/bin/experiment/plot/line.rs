//! From rows to lines.

use std::collections::{BTreeMap, BTreeSet};

use super::Axis;
use crate::experiment::row::Row;

/// One line of a plot.
pub(super) struct Line {
    /// What sets it apart from the others; empty if it is alone.
    pub(super) name: String,
    /// In order of their places.
    pub(super) points: Vec<Point>,
}

/// What all runs of one setting have come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) min: f64,
    pub(super) median: f64,
    pub(super) max: f64,
}

/// The parts of a setting that are not on the axis, each with its value.
fn parts(row: &Row, axis: Axis) -> Vec<String> {
    let setting = &row.setting;
    let lights = (axis != Axis::Lights).then(|| format!("{} light nodes", setting.lights));
    let loss = (axis != Axis::Loss).then(|| format!("loss {} %", setting.loss));
    let dropout = (axis != Axis::Dropout).then(|| format!("dropout {} %", setting.dropout));
    let latency = Some(format!("latency {} ms", setting.latency));
    [lights, latency, loss, dropout].into_iter().flatten().collect()
}

/// Which of the parts differ between rows.
fn differ(rows: &[Row], axis: Axis) -> Vec<bool> {
    let Some(first) = rows.first().map(|row| parts(row, axis)) else { return Vec::new() };
    let same = |at: usize| rows.iter().all(|row| parts(row, axis)[at] == first[at]);
    (0..first.len()).map(|at| !same(at)).collect()
}

fn chosen(parts: Vec<String>, which: impl Iterator<Item = bool>) -> String {
    let kept = parts.into_iter().zip(which).filter(|(_, chosen)| *chosen).map(|(part, _)| part);
    kept.collect::<Vec<_>>().join(", ")
}

/// What all lines have in common.
pub(super) fn common(rows: &[Row], axis: Axis) -> String {
    let same = differ(rows, axis).into_iter().map(|differs| !differs);
    rows.first().map_or_else(String::new, |row| chosen(parts(row, axis), same))
}

/// How many seeds there are.
pub(super) fn seeds(rows: &[Row]) -> usize {
    rows.iter().map(|row| row.setting.seed).collect::<BTreeSet<_>>().len()
}

/// The lines of one quantity, in order of the rows.
pub(super) fn lines(rows: &[Row], axis: Axis, of: fn(&Row) -> Option<f64>) -> Vec<Line> {
    let differ = differ(rows, axis);
    let mut names: Vec<String> = Vec::new();
    let mut values: BTreeMap<(usize, u64), Vec<f64>> = BTreeMap::new();
    for row in rows {
        let Some(value) = of(row) else { continue };
        let name = chosen(parts(row, axis), differ.iter().copied());
        let line = names.iter().position(|known| *known == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        // None is negative, so that the order of the bits is that of the places.
        values.entry((line, axis.of(row).to_bits())).or_default().push(value);
    }
    let line = |(number, name): (usize, String)| {
        let own = values.range((number, 0)..=(number, u64::MAX));
        let points = own.map(|((_, at), values)| point(f64::from_bits(*at), values.clone()));
        Line { name, points: points.collect() }
    };
    names.into_iter().enumerate().map(line).collect()
}

fn point(at: f64, mut values: Vec<f64>) -> Point {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let median = match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    };
    Point { at, min: values[0], median, max: values[values.len() - 1] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_median_between_the_least_and_the_greatest() {
        let expected = Point { at: 1.0, min: 2.0, median: 3.0, max: 9.0 };
        assert_eq!(point(1.0, vec![9.0, 2.0, 3.0]), expected);
        assert_eq!(point(1.0, vec![9.0, 2.0, 2.0, 4.0]), expected);
    }
}
