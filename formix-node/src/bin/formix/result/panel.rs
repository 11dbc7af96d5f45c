//! What of a result is drawn, on paper or in a terminal: bars, a line, or points.

use formix_proto::Decimal;
use formix_proto::statistic::{Amount, Chart, Plot, Row, Table};

use super::Section;
use crate::text::printable;

/// This many ranges are drawn; if there are more, neighbours are drawn together.
const MAX_RANGES: usize = 24;

/// One drawing.
#[derive(Debug, PartialEq)]
pub(super) struct Panel {
    /// The group that it is about, if it is about one.
    pub(super) group: Option<String>,
    pub(super) title: String,
    /// What its marks measure.
    pub(super) axis: String,
    pub(super) plot: Plot,
    pub(super) marks: Vec<Mark>,
}

/// One number of a drawing, with its name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    /// Without what could steer a terminal.
    pub(super) name: String,
    pub(super) value: Amount,
    pub(super) error: Option<f64>,
}

/// The drawings of a result: one for each group, or one of all groups if each has single numbers only.
pub(super) fn panels(sections: &[Section<'_>]) -> Vec<Panel> {
    let charts = sections.iter().filter_map(|section| {
        let (_, table) = section.found.as_ref()?;
        Some(panel(section.group, table.chart.as_ref()?))
    });
    let panels: Vec<_> = charts.collect();
    if panels.is_empty() { by_group(sections).into_iter().collect() } else { panels }
}

fn panel(group: Option<&str>, chart: &Chart) -> Panel {
    let marks = match chart.plot {
        Plot::Ranges => ranges(&chart.rows),
        Plot::Bars | Plot::Line | Plot::Points => chart.rows.iter().filter_map(mark).collect(),
    };
    Panel {
        group: group.map(str::to_owned),
        title: chart.title.clone(),
        axis: chart.axis.clone(),
        plot: chart.plot,
        marks,
    }
}

/// What was asked for, of each group, side by side.
fn by_group(sections: &[Section<'_>]) -> Option<Panel> {
    let first = |table: &'_ Table| table.numbers.first().cloned();
    let grouped = sections.iter().filter_map(|section| {
        let (_, table) = section.found.as_ref()?;
        Some((section.group?, first(table)?))
    });
    let grouped: Vec<_> = grouped.collect();
    let quantity = grouped.first()?.1.quantity.clone();
    let bar = |(group, row): &(&str, Row)| {
        Some(Mark { name: printable(group), value: row.value?, error: row.error })
    };
    Some(Panel {
        group: None,
        title: format!("{quantity} by group"),
        axis: quantity,
        plot: Plot::Bars,
        marks: grouped.iter().filter_map(bar).collect(),
    })
    .filter(|panel| !panel.marks.is_empty())
}

fn mark(row: &Row) -> Option<Mark> {
    let name = row.item.as_deref().map(printable).unwrap_or_default();
    Some(Mark { name, value: row.value?, error: row.error })
}

/// Neighbouring ranges together, if there are many.
fn ranges(rows: &[Row]) -> Vec<Mark> {
    let together = rows.len().div_ceil(MAX_RANGES).max(1);
    let mark = |rows: &[Row]| {
        let ((from, _), (_, to)) = (rows.first()?.range?, rows.last()?.range?);
        let counts = rows.iter().filter_map(|row| match row.value {
            Some(Amount::Exact(count)) => Some(count),
            _ => None,
        });
        let value = Amount::Exact(counts.sum::<Decimal>());
        Some(Mark { name: format!("{from} to {to}"), value, error: None })
    };
    rows.chunks(together).filter_map(mark).collect()
}
