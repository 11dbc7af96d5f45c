//! Draws what happens at one moment: writes, faults, stops and starts, deadlines, the violation.

use std::collections::BTreeMap;

use super::Page;
use super::grid::Grid;
use super::notes::{Fate, Last, Sort};
use super::pen::Pen;
use formix_sim::violation::Violation;

/// Batches: a bar while they are on their way to the disk, to the right of the lane.
pub(super) fn writes(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    for write in &page.notes.writes {
        let x = grid.x(write.peer) + 4;
        let (end, fate) = write.fate.map_or((page.notes.end, None), |(at, f)| (at, Some(f)));
        let (top, bottom) = (grid.y(write.issued), grid.y(end));
        let numbers = write.questions.iter().map(|number| format!(" c{number}"));
        let class = match &write.questions[..] {
            [_] => format!("t{}", numbers.collect::<String>()),
            _ => "t".to_owned(),
        };
        pen.element("g", &class, |pen| {
            pen.rect("write span", [x, top, 3, bottom - top]);
            match fate {
                Some(Fate::Durable) => pen.disc("durable", [x + 1, bottom, 3]),
                Some(Fate::Lost) => pen.sign("cross", "cross", [x + 1, bottom]),
                None => {}
            }
            let fate = match fate {
                Some(Fate::Durable) => format!("durable at {end} ms"),
                Some(Fate::Lost) => format!("LOST at {end} ms"),
                None => "not durable when the run ended".to_owned(),
            };
            pen.title(&format!("{}\nissued at {} ms, {fate}", write.text, write.issued));
        });
    }
}

/// Times in which a node did nothing, on the lane.
pub(super) fn pauses(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    for pause in &page.notes.pauses {
        let (x, top) = (grid.x(pause.peer), grid.y(pause.start));
        let bottom = grid.y(pause.end.min(page.notes.end));
        pen.element("g", "t", |pen| {
            pen.rect("paused span", [x - 4, top, 8, bottom - top]);
            let name = page.plan.cluster.name(pause.peer);
            pen.title(&format!("{name} pauses\n{} to {} ms", pause.start, pause.end));
        });
    }
}

/// What happened at a node: one sign for all that did at one moment.
pub(super) fn events(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    let mut told = BTreeMap::<_, Vec<_>>::new();
    for event in &page.notes.events {
        told.entry((event.at, event.peer, event.sort)).or_default().push(event);
    }
    for ((at, peer, _), events) in told {
        let [x, y] = [grid.x(peer), grid.y(at)];
        pen.element("g", "t", |pen| {
            match events[0].sort {
                Sort::Told => pen.disc("told", [x, y, 3]),
                Sort::Fault => pen.sign("fault", "bolt", [x + 15, y]),
                Sort::Life => pen.rect("life", [x - 9, y - 2, 18, 4]),
            }
            let lines: Vec<_> = events.iter().map(|event| event.text.as_str()).collect();
            pen.title(&format!("{}\nat {at} ms", lines.join("\n")));
        });
    }
}

/// Deadlines, and the end of faults.
pub(super) fn moments(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    let mut lowest = i32::MIN;
    let mut moments: Vec<_> = page.notes.moments.iter().collect();
    moments.sort_by_key(|moment| moment.at);
    for moment in moments.into_iter().filter(|moment| moment.at <= page.notes.end) {
        let y = grid.y(moment.at);
        let class = moment.question.map_or_else(String::new, |number| format!(" c{number}"));
        lowest = y.max(lowest + 12);
        pen.element("g", &format!("t moment{class}"), |pen| {
            pen.line("moment", [grid.size.left, y, grid.edge(), y]);
            pen.text("aside", [grid.edge() + 6, lowest + 4], &moment.text);
            pen.title(&format!("{}\nat {} ms", moment.text, moment.at));
        });
    }
}

/// The red line, and the node.
pub(super) fn violation(pen: &mut Pen, page: &Page<'_>, grid: &Grid, found: &Violation) {
    let y = grid.y(found.at);
    let node = found.place.node.as_deref();
    let peer = grid.lanes.iter().find(|peer| node == Some(&page.plan.cluster.name(**peer)));
    pen.raw("<g id=\"violation\" class=\"t\">");
    pen.line("broken", [grid.size.left - 6, y, grid.edge(), y]);
    if let Some(peer) = peer {
        pen.disc("broken", [grid.x(*peer), y, 9]);
    }
    let what = format!("{:?} broken {}: {}", found.invariant, found.place, found.what);
    let below = |lines: i32| [grid.size.left, y + 2 * grid.size.step + 18 * lines];
    pen.text("broken", below(0), &what);
    let last = match page.notes.last {
        Some(Last::Write(number)) => page.notes.writes.get(number).map(|write| &write.text),
        Some(Last::Event(number)) => page.notes.events.get(number).map(|event| &event.text),
        Some(Last::Moment(number)) => page.notes.moments.get(number).map(|moment| &moment.text),
        Some(Last::Flight(_)) | None => None,
    };
    if let Some(line) = last.and_then(|last| last.lines().next()) {
        pen.text("broken", below(1), &format!("seen last: {line}"));
    }
    pen.title(&format!("{what}\n{}\nat {} ms", found.invariant.text(), found.at));
    pen.raw("</g>");
}
