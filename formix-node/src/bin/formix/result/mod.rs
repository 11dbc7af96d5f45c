//! A result as people and their programs read it: text with bars, CSV, or a drawing.

mod csv;
mod panel;
mod svg;
mod terminal;
#[cfg(test)]
mod tests;

use formix_proto::statistic::{Row, Schema, Summary, Table};

use crate::text::{field, printable, wrapped};
use panel::{Panel, panels};

pub(crate) use csv::csv;
pub(crate) use svg::svg;

/// What was found of one group, or of all answers, laid out.
struct Section<'a> {
    /// The group's label, if the question declares groups.
    group: Option<&'a str>,
    /// How many answers there are, and what they say; `None` if the group is suppressed.
    found: Option<(u64, Table)>,
}

fn sections<'a>(schema: &Schema, summary: &'a Summary) -> Vec<Section<'a>> {
    let groups = summary.groups.iter();
    let section = groups.map(|group| Section {
        group: group.label.as_deref(),
        found: group.found.as_ref().and_then(|it| Some((it.answers, schema.table(it)?))),
    });
    section.collect()
}

/// What a result says, as named lines and drawings.
pub(crate) fn lines(schema: &Schema, summary: &Summary, width: usize) -> Vec<String> {
    let sections = sections(schema, summary);
    let panels = panels(&sections);
    let mut lines = Vec::new();
    for section in &sections {
        lines.extend(heading(schema, section));
        let Some((_, table)) = &section.found else { continue };
        lines.extend(table.numbers.iter().map(single));
        for panel in panels.iter().filter(|panel| panel.group.as_deref() == section.group) {
            lines.push(printable(&panel.title));
            lines.extend(terminal::draw(panel, width));
        }
    }
    if let (Some(_), Some(panel @ Panel { group: None, .. })) =
        (&schema.statistic().groups, panels.first())
    {
        lines.push(printable(&panel.title));
        lines.extend(terminal::draw(panel, width));
    }
    lines.push(field("participants", &summary.participants.to_string()));
    let precision = schema.statistic().measure.precision();
    lines.extend(wrapped("exact to", &precision, width));
    lines
}

/// Whose answers follow, and how many there are, if that is not plain.
fn heading(schema: &Schema, section: &Section<'_>) -> Option<String> {
    let statistic = schema.statistic();
    let name = section.group.map(|group| format!("group {group}"));
    match (name, &section.found) {
        (Some(name), None) => {
            let min_size = statistic.groups.as_ref().map_or(0, |groups| groups.min_size);
            Some(field(&name, &format!("suppressed: fewer than {min_size} answers")))
        }
        (Some(name), Some((1, _))) => Some(field(&name, "1 answer")),
        (Some(name), Some((answers, _))) => Some(field(&name, &format!("{answers} answers"))),
        (None, Some((answers, _))) if statistic.hides_opt_outs => {
            Some(field("answers", &answers.to_string()))
        }
        (None, _) => None,
    }
}

fn single(row: &Row) -> String {
    let text = match (row.value, row.range) {
        (Some(value), _) => value.to_string(),
        (None, Some((from, to))) => format!("{from} to {to}"),
        (None, None) => "not determined by these answers".to_owned(),
    };
    field(&row.quantity, &text)
}
