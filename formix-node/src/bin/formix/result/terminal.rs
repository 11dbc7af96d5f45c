//! Drawings of plain text.

use std::iter;

use formix_proto::statistic::{Amount, Plot};

use super::panel::{Mark, Panel};

/// How many marks are shown at the beginning.
const FIRST: usize = 30;
/// How many are shown at the end.
const LAST: usize = 2;
/// How many characters of a name are shown.
const LONGEST: usize = 32;

/// The lines of a drawing, none longer than `width` if there is any room.
pub(super) fn draw(panel: &Panel, width: usize) -> Vec<String> {
    match panel.plot {
        Plot::Bars | Plot::Ranges | Plot::Line => bars(&panel.marks, width),
        Plot::Points => table(&panel.marks),
    }
}

/// A name, a number and a bar each. There are no bars for numbers below zero.
fn bars(marks: &[Mark], width: usize) -> Vec<String> {
    let shown = shortened(marks);
    let names = widest(shown.iter().flatten().map(|mark| cut(&mark.name)));
    let numbers = widest(shown.iter().flatten().map(|mark| mark.value.to_string()));
    let greatest = marks.iter().map(|mark| mark.value.double()).fold(0.0, f64::max);
    let room = width.saturating_sub(names + numbers + 6).min(60);
    let below_zero = marks.iter().any(|mark| mark.value.double() < 0.0);
    let line = |mark: &Option<&Mark>| {
        let Some(mark) = mark else {
            return format!("  ... {} more: --csv has them", marks.len() - FIRST - LAST);
        };
        let share = mark.value.double() / greatest;
        let bar = if below_zero || !share.is_finite() {
            0
        } else {
            (share * room as f64).round() as usize
        };
        let line = format!(
            "  {:<names$}  {:>numbers$}  {}",
            cut(&mark.name),
            mark.value.to_string(),
            "#".repeat(bar)
        );
        line.trim_end().to_owned()
    };
    shown.iter().map(line).collect()
}

/// All marks, or the first and the last ones with a hole between them.
fn shortened(marks: &[Mark]) -> Vec<Option<&Mark>> {
    if marks.len() <= FIRST + LAST + 1 {
        return marks.iter().map(Some).collect();
    }
    let (first, last) = (&marks[..FIRST], &marks[marks.len() - LAST..]);
    first.iter().map(Some).chain(iter::once(None)).chain(last.iter().map(Some)).collect()
}

/// Estimates and their standard errors.
fn table(marks: &[Mark]) -> Vec<String> {
    let error =
        |mark: &Mark| mark.error.map_or_else(String::new, |error| Amount::from(error).to_string());
    let names = widest(marks.iter().map(|mark| cut(&mark.name)));
    let estimates = widest(marks.iter().map(|mark| mark.value.to_string())).max(8);
    let errors = widest(marks.iter().map(error)).max(14);
    let line = |name: &str, estimate: &str, error: &str| {
        format!("  {name:<names$}  {estimate:>estimates$}  {error:>errors$}").trim_end().to_owned()
    };
    let rows =
        marks.iter().map(|mark| line(&cut(&mark.name), &mark.value.to_string(), &error(mark)));
    iter::once(line("", "estimate", "standard error")).chain(rows).collect()
}

fn widest(texts: impl Iterator<Item = String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

pub(super) fn cut(name: &str) -> String {
    beginning(name, LONGEST)
}

/// The first characters of a text, `max` of them.
pub(super) fn beginning(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}..", &text[..end]),
    }
}
