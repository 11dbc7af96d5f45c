//! The page around the chart: what was run, how it went, and what to show.

use std::collections::{BTreeMap, BTreeSet};

use super::grid::{Grid, Size};
use super::pen::Pen;
use super::{Page, chart, legend};
use formix_sim::plan::Question;
use formix_sim::summary;
use formix_sim::violation::Violation;
use formix_sim::world::{End, Run};

const LOOK: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn page(page: &Page<'_>, run: &Run, name: &str, replay: &str) -> String {
    let mut pen = Pen::default();
    pen.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    pen.words("title", "", format_args!("Formix, simulated: {name}"));
    pen.raw(format_args!("<style>\n{}{LOOK}</style>\n</head>\n<body>\n", legend::STYLE));
    pen.element("div", "about", |pen| {
        pen.words("h1", "", format_args!("Formix, simulated: {name}"));
        verdict(pen, run.violation.as_ref());
        facts(pen, page, run, replay);
        questions(pen, page, run);
    });
    controls(&mut pen, page);
    pen.element("div", "chart", |pen| drawing(pen, page, run.violation.as_ref()));
    pen.raw("<div id=\"panel\"></div>\n");
    pen.raw(format_args!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n"));
    pen.finish()
}

fn verdict(pen: &mut Pen, violation: Option<&Violation>) {
    let Some(found) = violation else {
        return pen.words("p", "verdict held", "Everything held.");
    };
    pen.element("p", "verdict bad", |pen| {
        let text = found.invariant.text();
        pen.words("span", "", format_args!("{:?} is broken: {text}. ", found.invariant));
        pen.raw("<a href=\"#violation\">");
        pen.words("span", "", format_args!("At {} ms, {}: {}", found.at, found.place, found.what));
        pen.raw("</a>");
    });
}

fn facts(pen: &mut Pen, page: &Page<'_>, run: &Run, replay: &str) {
    let faults: Vec<_> = page.faults.iter().map(|(kind, n)| format!("{kind}: {n}")).collect();
    let total: u64 = page.faults.values().sum();
    let faults =
        if faults.is_empty() { String::new() } else { format!(" ({})", faults.join("; ")) };
    let messages = page.notes.flights.len();
    let (events, end) = (run.events, page.notes.end);
    pen.words("div", "", format_args!("{total} faults took effect{faults}."));
    pen.words("div", "", format_args!("{messages} messages, {events} inputs, {end} ms."));
    pen.element("div", "", |pen| {
        pen.raw("Run it again: ");
        pen.words("code", "", replay);
    });
}

fn questions(pen: &mut Pen, page: &Page<'_>, run: &Run) {
    pen.element("table", "", |pen| {
        pen.element("tr", "", |pen| {
            for head in ["", "asked by", "committee", "asked", "deadline", "answers", "end"] {
                pen.words("th", "", head);
            }
        });
        for (number, question) in page.plan.workload.iter().enumerate() {
            let end = run.ends.get(number).and_then(Option::as_ref);
            pen.element("tr", "", |pen| {
                pen.words("td", "", format_args!("c{number}"));
                for cell in cells(page, question, end) {
                    pen.words("td", "", cell);
                }
            });
        }
    });
}

fn cells(page: &Page<'_>, question: &Question, end: Option<&(u64, End)>) -> [String; 6] {
    let cluster = &page.plan.cluster;
    let spec = &question.proposal.spec;
    let seat = |id| cluster.peer(&id).map_or_else(|| "?".to_owned(), |peer| cluster.name(peer));
    let ended = |(at, end): &(u64, End)| format!("{} at {at} ms", summary::label(end));
    let mut end = end.map_or_else(|| "no end known to the proposer".to_owned(), ended);
    if let Some(flaw) = question.flaw {
        end.push_str(&format!("; must be refused: {flaw:?}"));
    }
    [
        cluster.name(question.proposer),
        spec.committee.nodes().map(seat).collect::<Vec<_>>().join(" "),
        format!("{} ms", question.at),
        format!("{} ms", question.deadline()),
        format!("{} to {}", spec.min_participants, spec.max_participants),
        end,
    ]
}

fn controls(pen: &mut Pen, page: &Page<'_>) {
    let mut kinds = BTreeMap::<_, u32>::new();
    for flight in &page.notes.flights {
        *kinds.entry(flight.name).or_default() += 1;
    }
    pen.element("div", "controls", |pen| {
        pen.raw("<label>time <input id=\"zoom\" type=\"range\" min=\"-3\" max=\"2\" ");
        pen.raw("step=\"0.25\" value=\"0\"></label>\n");
        (0..page.plan.workload.len()).for_each(|number| toggle(pen, &format!("c{number}"), ""));
        pen.raw("<br>\n<button type=\"button\" data-all=\"k-\">all messages, or none</button>\n");
        for (name, count) in kinds {
            toggle(pen, &format!("k-{name}"), &format!("{name} ({count})"));
        }
        pen.raw("<br>\nPoint at anything for details; click to keep them, Escape to let go.\n");
    });
}

fn toggle(pen: &mut Pen, class: &str, text: &str) {
    let text = if text.is_empty() { class } else { text };
    pen.raw("<label>");
    pen.raw(format_args!("<input type=\"checkbox\" checked data-hide=\"{class}\">"));
    pen.words("span", "", text);
    pen.raw("</label>\n");
}

fn drawing(pen: &mut Pen, page: &Page<'_>, violation: Option<&Violation>) {
    let lanes = i32::try_from(page.plan.cluster.members.len()).unwrap_or(1);
    let questions: BTreeSet<_> = page.notes.flights.iter().map(|flight| flight.question).collect();
    let band = if questions.len() > 3 { 4 } else { 6 };
    let pitch = (1_190 / lanes).clamp(82, 150);
    let size = Size { step: 15, pitch, band, left: 70, right: 300, top: 10 };
    let grid = Grid::new(page.plan, &page.notes, size);
    svg(pen, "class=\"key\"", [grid.width(), 50], |pen| legend::legend(pen, [20, 18]));
    svg(pen, "class=\"heads\"", [grid.width(), 40], |pen| chart::heads(pen, page, &grid));
    svg(pen, "id=\"run\"", [grid.width(), grid.height()], |pen| {
        legend::signs(pen);
        chart::chart(pen, page, &grid, violation);
    });
}

/// A drawing of its own, as wide and high as its content.
pub(super) fn svg(pen: &mut Pen, name: &str, [w, h]: [i32; 2], inside: impl FnOnce(&mut Pen)) {
    let size = format_args!("width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\"");
    pen.raw(format_args!("<svg xmlns=\"http://www.w3.org/2000/svg\" {name} {size}>\n"));
    inside(pen);
    pen.raw("</svg>\n");
}
