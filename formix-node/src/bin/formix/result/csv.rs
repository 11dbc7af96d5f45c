//! A result as CSV.

use formix_proto::Decimal;
use formix_proto::statistic::{Amount, Row, Schema, Summary};
use serde::Serialize;

use super::{Section, sections};

/// One number, or one group that is suppressed.
#[derive(Serialize)]
struct Line<'a> {
    group: Option<&'a str>,
    /// How many answers it is about; none if the group is suppressed.
    answers: Option<u64>,
    quantity: &'a str,
    item: Option<&'a str>,
    from: Option<Decimal>,
    to: Option<Decimal>,
    value: Option<Amount>,
    error: Option<f64>,
}

/// All numbers of a result, a line each, under a header.
pub(crate) fn csv(schema: &Schema, summary: &Summary) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for section in sections(schema, summary) {
        for line in lines(&section) {
            writer.serialize(line)?;
        }
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?)
}

fn lines<'a>(section: &'a Section<'a>) -> Vec<Line<'a>> {
    let Some((answers, table)) = &section.found else {
        return vec![Line { group: section.group, ..Line::of(None, "suppressed") }];
    };
    let charted = table.chart.iter().flat_map(|chart| &chart.rows);
    let line = |row: &'a Row| Line {
        group: section.group,
        item: row.item.as_deref(),
        from: row.range.map(|(from, _)| from),
        to: row.range.map(|(_, to)| to),
        value: row.value,
        error: row.error,
        ..Line::of(Some(*answers), &row.quantity)
    };
    table.numbers.iter().chain(charted).map(line).collect()
}

impl<'a> Line<'a> {
    fn of(answers: Option<u64>, quantity: &'a str) -> Self {
        let (group, item, from, to, value, error) = (None, None, None, None, None, None);
        Self { group, answers, quantity, item, from, to, value, error }
    }
}
