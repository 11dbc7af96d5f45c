//! Draws lanes, times, bands and arrows.

use std::collections::BTreeMap;

use super::Page;
use super::grid::Grid;
use super::label::Labels;
use super::mark;
use super::notes::{Flight, Last};
use super::pen::Pen;
use super::phase::Colour;
use formix_sim::plan::Peer;
use formix_sim::violation::Violation;

/// Everything but the heads of the lanes.
pub(super) fn chart(pen: &mut Pen, page: &Page<'_>, grid: &Grid, violation: Option<&Violation>) {
    times(pen, grid);
    lanes(pen, page, grid);
    bands(pen, page, grid);
    mark::moments(pen, page, grid);
    mark::pauses(pen, page, grid);
    mark::writes(pen, page, grid);
    arrows(pen, page, grid, violation.is_some());
    mark::events(pen, page, grid);
    if let Some(violation) = violation {
        mark::violation(pen, page, grid, violation);
    }
}

/// The heads of the lanes.
pub(super) fn heads(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    pen.text("tick", [grid.size.left - 10, 32], "ms");
    for peer in &grid.lanes {
        let x = grid.x(*peer);
        pen.text("name", [x, 18], &page.plan.cluster.name(*peer));
        if page.plan.adversary.members.contains(peer) {
            pen.text("role adverse", [x, 32], "adversary");
        } else {
            pen.text("role", [x, 32], &role(page, *peer));
        }
    }
}

/// What a node is, and its seat in each question.
fn role(page: &Page<'_>, peer: Peer) -> String {
    let member = page.plan.cluster.member(peer);
    let seat = |(number, question): (usize, &formix_sim::plan::Question)| {
        let seat = question.proposal.spec.committee.seat_of(&member.id);
        seat.map(|seat| (number, seat.index()))
    };
    let seats: Vec<_> = page.plan.workload.iter().enumerate().filter_map(seat).collect();
    match (&seats[..], page.plan.workload.len()) {
        ([(_, 0)], 1) => "heavy, primary".to_owned(),
        ([(_, seat)], 1) => format!("heavy, seat {seat}"),
        _ => format!("{:?}", member.role).to_lowercase(),
    }
}

fn times(pen: &mut Pen, grid: &Grid) {
    let (left, edge, top) = (grid.size.left, grid.edge(), grid.size.top);
    let mut next = 0;
    for (number, (time, height)) in grid.axis.stops.iter().enumerate() {
        let y = top + height;
        if y >= next {
            let class = if number.is_multiple_of(4) { "tick" } else { "tick minor" };
            pen.text(class, [left - 10, y + 4], &time.to_string());
            next = y + 11;
        }
        pen.line("rule", [left - 6, y, edge, y]);
    }
    for (from, until, idle) in &grid.axis.cuts {
        pen.rect("cut span", [left - 6, top + from, edge - left + 6, until - from]);
        pen.text("tick idle", [left - 10, top + (from + until) / 2 + 4], &format!("+{idle}"));
    }
}

fn lanes(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    let end = page.notes.end;
    for peer in &grid.lanes {
        let x = grid.x(*peer);
        let mut from = grid.size.top;
        for outage in page.notes.outages.iter().filter(|outage| outage.peer == *peer) {
            let back = grid.y(outage.end.unwrap_or(end).min(end));
            pen.line("lane", [x, from, x, grid.y(outage.start)]);
            pen.line("lane down", [x, grid.y(outage.start), x, back]);
            from = back;
        }
        pen.line("lane", [x, from, x, grid.y(end)]);
        // On paper the heads of the lanes do not stay in sight.
        for y in (0..grid.height()).step_by(700).skip(1) {
            pen.text("name paper-only", [x, y], &page.plan.cluster.name(*peer));
        }
    }
}

fn bands(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    let width = grid.size.band;
    for band in &page.notes.bands {
        let column = i32::try_from(band.question).unwrap_or(0) + 1;
        let inset = if band.asking || band.phase.colour == Colour::Over { width / 2 } else { 0 };
        let x = grid.x(band.peer) - 4 - (width + 1) * column + inset;
        let (top, bottom) = (grid.y(band.start), grid.y(band.end.unwrap_or(page.notes.end)));
        pen.element("g", &format!("t c{}", band.question), |pen| {
            let class = format!("band span {}", band.phase.colour.class());
            pen.rect(&class, [x, top, (width - inset).max(1), bottom - top]);
            if page.plan.workload.len() > 1 && band.first {
                pen.text("tick", [x + width, top - 2], &format!("c{}", band.question));
            }
            let name = page.plan.cluster.name(band.peer);
            let until = band.end.map_or_else(String::new, |end| format!(" to {end}"));
            let (number, phase) = (band.question, band.phase.name);
            pen.title(&format!("{name}: c{number} {phase}\n{}{until} ms", band.start));
        });
    }
}

/// Where the last observation broke an invariant and was a message, that one stands out.
fn arrows(pen: &mut Pen, page: &Page<'_>, grid: &Grid, broken: bool) {
    let mut labels = Labels::default();
    let mut alike = BTreeMap::<_, i32>::new();
    for (number, flight) in page.notes.flights.iter().enumerate() {
        let culprit = broken && page.notes.last == Some(Last::Flight(number));
        let ends = (flight.from, flight.to, flight.sent, flight.heard.first());
        let before = alike.entry(ends).or_default();
        arrow(pen, page, grid, &mut labels, (flight, culprit, 3 * *before));
        *before += 1;
    }
    // After all arrows, so that none crosses a name.
    labels.draw(pen);
}

/// One message; `below` keeps it apart from others of the same nodes and times.
fn arrow(
    pen: &mut Pen,
    page: &Page<'_>,
    grid: &Grid,
    labels: &mut Labels,
    (flight, culprit, below): (&Flight, bool, i32),
) {
    let colour = Colour::of_message(flight.name).class();
    let question = flight.question.map_or_else(String::new, |number| format!(" c{number}"));
    let culprit = if culprit { " culprit" } else { "" };
    let class = format!("t m {colour} k-{}{question}{culprit}", flight.name);
    let [x1, x2] = [grid.x(flight.from), grid.x(flight.to)];
    let y1 = grid.y(flight.sent) + below;
    // A frame that nobody hears ends on the way, or where nobody is there.
    let (way, step) = (if flight.is_lost() { 3 } else { 4 }, grid.size.step);
    let nowhere = [x1, y1, x1 + (x2 - x1) * way / 4, y1 + step * way / 4];
    let ends: Vec<_> =
        flight.heard.iter().map(|time| [x1, y1, x2, grid.y(*time) + below]).collect();
    pen.element("g", &class, |pen| {
        for (number, [x1, y1, x2, y2]) in ends.iter().copied().enumerate() {
            let again = if number > 0 { " again" } else { "" };
            pen.line("hit", [x1, y1, x2, y2]);
            // The tip touches the lane.
            pen.line(&format!("arrow{again}"), [x1, y1, x2 - (x2 - x1).signum() * 2, y2]);
        }
        if ends.is_empty() {
            pen.line("hit", nowhere);
            pen.line("arrow unheard", nowhere);
            if !page.notes.is_under_way(flight) {
                pen.sign("cross", "cross", [nowhere[2], nowhere[3]]);
            }
        }
        let path = ends.first().copied().unwrap_or(nowhere);
        if !flight.faults.is_empty() {
            let [x1, y1, x2, y2] = path;
            pen.disc("struck", [x1 + (x2 - x1) / 6, y1 + (y2 - y1) / 6, 3]);
        }
        labels.place(grid, flight, label(page, flight), (&class, path));
        pen.title(&about(page, flight));
    });
}

/// Its name, and of what it is if that is a question.
fn label(page: &Page<'_>, flight: &Flight) -> String {
    match flight.question {
        Some(number) if page.plan.workload.len() > 1 => format!("{} c{number}", flight.name),
        _ => flight.name.to_owned(),
    }
}

/// What is said of a message.
fn about(page: &Page<'_>, flight: &Flight) -> String {
    let name = |peer| page.plan.cluster.name(peer);
    let mut lines = vec![format!("{}  {} -> {}", flight.name, name(flight.from), name(flight.to))];
    if let Some(number) = flight.question {
        lines[0].push_str(&format!("  of c{number}"));
    }
    lines.push(format!("sent at {} ms, {} bytes", flight.sent, flight.length));
    for time in &flight.heard {
        lines.push(format!("heard at {time} ms, {} ms later", time - flight.sent));
    }
    if flight.heard.is_empty() && !flight.is_lost() {
        let why = if page.notes.is_under_way(flight) {
            "the run ended first"
        } else {
            "nobody was there"
        };
        lines.push(format!("not heard: {why}"));
    }
    lines.extend(flight.faults.iter().map(|kind| format!("fault: {kind}")));
    lines.extend(flight.values.clone());
    lines.join("\n")
}
