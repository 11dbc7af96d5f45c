//! A result as people and their programs read it: text with bars, CSV, or a drawing.

mod csv;
mod panel;
mod rows;
mod svg;
mod terminal;
#[cfg(test)]
mod tests;
mod value;

use formix_node::question::{Kind, Schema, Wanted};
use formix_node::words;
use formix_proto::statistic::Summary;

use crate::output::{field, printable, wrapped};
use panel::Panel;
use rows::{Form, Row};

pub(crate) use csv::csv;
pub(crate) use svg::svg;

/// What a result says, as named lines and drawings.
pub(crate) fn lines(schema: &Schema, summary: &Summary, width: usize) -> Vec<String> {
    let rows = rows::rows(&schema.statistic, summary);
    let panels = panel::panels(&rows);
    let mut lines = Vec::new();
    for rows in rows.chunk_by(|a, b| a.group == b.group) {
        group(schema, rows, &panels, width, &mut lines);
    }
    if let (Some(_), Some(panel @ Panel { group: None, .. })) = (&schema.groups, panels.first()) {
        lines.push(format!("{} by group", panel.quantity));
        lines.extend(terminal::draw(panel, width));
    }
    lines.push(field("participants", &summary.participants.to_string()));
    if let Ok(statistic) = schema.statistic() {
        lines.extend(wrapped("exact to", &words::precision(&statistic.measure), width));
    }
    lines
}

/// What a result says of one group, or of all answers.
fn group(schema: &Schema, rows: &[Row], panels: &[Panel], width: usize, lines: &mut Vec<String>) {
    let Some(first) = rows.first() else { return };
    match (&first.group, first.answers) {
        (Some(_), None) => {
            let least = schema.groups.as_ref().map_or(0, |groups| groups.least);
            let why = format!("fewer than {least} answers: not told");
            return lines.push(field(&name(first), &why));
        }
        (Some(_), Some(answers)) => lines.push(field(&name(first), &format!("{answers} answers"))),
        (None, Some(answers)) if schema.hide_declining => {
            lines.push(field("answers", &answers.to_string()));
        }
        (None, _) => {}
    }
    lines.extend(rows.iter().filter(|row| row.form == Form::Single).map(single));
    for panel in panels.iter().filter(|panel| panel.group == first.group) {
        lines.push(heading(&schema.statistic));
        lines.extend(terminal::draw(panel, width));
    }
}

/// The analyst's word, where no line leads with it.
fn heading(wanted: &Wanted) -> String {
    match (wanted.kind, &wanted.response) {
        (Kind::Regression, Some(response)) => {
            format!("regression of {}", printable(&response.name))
        }
        (Kind::Median | Kind::Quantiles | Kind::Min | Kind::Max, _) => "counts".to_owned(),
        (kind, _) => kind.to_string(),
    }
}

fn name(row: &Row) -> String {
    format!("group {}", row.group.as_deref().unwrap_or_default())
}

fn single(row: &Row) -> String {
    let text = match (row.value, row.from, row.to) {
        (Some(value), ..) => value.to_string(),
        (None, Some(from), Some(to)) => format!("{from} to {to}"),
        _ => "not to be had of these answers".to_owned(),
    };
    field(&row.quantity, &text)
}
