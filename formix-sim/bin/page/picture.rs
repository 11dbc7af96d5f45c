//! The picture that teaches the protocol: one computation without faults, explained.

use super::grid::{Grid, Size};
use super::html::svg;
use super::notes::{Band, Last};
use super::pen::Pen;
use super::{Page, chart, legend};
use formix_sim::plan::{Peer, Plan};
use formix_sim::world::simulate;

/// What is said beside the first message of each name.
const CAPTIONS: &[(&str, &str)] = &[
    (
        "propose",
        "A proposer sends its question, with all terms, to the primary: the first of three heavy nodes that it chose as the committee.",
    ),
    ("prepare", "The primary asks the other two seats whether they take part on these terms."),
    (
        "ready",
        "They do. Each has written that down before it says so: no message leaves before what it stands for is durable.",
    ),
    ("open", "All three are ready. Answers may come."),
    (
        "invite",
        "Each seat asks every light node, which answers only when all three have asked the same.",
    ),
    (
        "contribution",
        "The answer, split in three: one share for each seat. Any two of them are random numbers that tell nothing.",
    ),
    ("receipt", "The share is durable at this seat."),
    ("all-in", "Every light node was heard at this seat; else the deadline ends the wait."),
    ("close", "Nothing more is accepted."),
    ("frozen", "Each seat names the set of shares that it holds, by a digest."),
    (
        "seal",
        "The roster: the light nodes in all three sets. Each seat adds up exactly these shares, once, and erases them.",
    ),
    ("partial", "A seat's sum. It goes to members of the committee only."),
    ("revealed", "The three sums make the total; every seat adds them up for itself."),
    ("outcome", "The proposer gets the total and how many answers are in it, and nothing else."),
    ("ended", "Each light node learns whether its answer was counted."),
];

const TITLE: &str =
    "One computation without faults: three heavy nodes add up the answers of three light nodes";

/// How many characters of a caption fit in a line, and how high a line is.
const LINE: (usize, i32) = (50, 15);

/// A computation of three heavy and three light nodes, explained, as an SVG picture.
pub(crate) fn picture() -> String {
    let plan = Plan::plain(3, 3);
    let mut page = Page::new(&plan);
    simulate(&plan, &mut page);
    clip(&mut page);
    let size = Size { step: 22, pitch: 104, band: 9, left: 150, right: 380, top: 50 };
    let grid = Grid::new(&plan, &page.notes, size);
    let mut drawing = Pen::default();
    chart::heads(&mut drawing, &page, &grid);
    chart::chart(&mut drawing, &page, &grid, None);
    phases(&mut drawing, &page, &grid);
    let bottom = captions(&mut drawing, &page, &grid).max(grid.height());
    legend::legend(&mut drawing, [20, bottom + 16]);
    let (mut pen, size) = (Pen::default(), [grid.width(), bottom + 48]);
    svg(&mut pen, "", size, |pen| {
        pen.title(TITLE);
        pen.raw(format_args!("<style>\n{}</style>\n", legend::STYLE));
        legend::signs(pen);
        pen.rect("paper", [0, 0, size[0], size[1]]);
        pen.raw(drawing.finish());
    });
    pen.finish()
}

/// Leaves out the starts before, and the forgetting after.
fn clip(page: &mut Page<'_>) {
    let from = page.plan.workload.iter().map(|question| question.at).min().unwrap_or(0);
    let ended = page.notes.bands.iter().filter(|band| band.phase.name == "settled");
    let until = ended.map(|band| band.start).max().unwrap_or(page.notes.end);
    page.notes.clip(from, until);
    page.notes.last = None::<Last>;
}

/// The phases of the primary, named along the left.
fn phases(pen: &mut Pen, page: &Page<'_>, grid: &Grid) {
    let primary = |band: &&Band| band.peer == Peer(0) && band.end.is_some();
    for band in page.notes.bands.iter().filter(primary) {
        let (top, bottom) = (grid.y(band.start), grid.y(band.end.unwrap_or(page.notes.end)));
        let class = band.phase.colour.class();
        pen.rect(&format!("band {class}"), [100, top + 1, 4, bottom - top - 2]);
        pen.text(&format!("phase {class}"), [92, (top + bottom) / 2 + 4], band.phase.name);
    }
}

/// Writes the captions, and says where they end.
fn captions(pen: &mut Pen, page: &Page<'_>, grid: &Grid) -> i32 {
    pen.text("word", [grid.edge() + 20, 18], "One computation without faults, as it was run");
    let mut free = 40;
    for (name, text) in CAPTIONS {
        let Some(first) = page.notes.flights.iter().find(|flight| flight.name == *name) else {
            continue;
        };
        let class = super::phase::Colour::of_message(name).class();
        let (x, y) = (grid.edge() + 20, grid.y(first.sent));
        let mut line = free.max(y + 4);
        pen.line(&format!("leader {class}"), [grid.edge(), y, x - 6, line - 4]);
        pen.text(&format!("word {class}"), [x, line], name);
        for words in wrapped(text) {
            line += LINE.1;
            pen.text("caption", [x, line], &words);
        }
        free = line + LINE.1 + 6;
    }
    free
}

/// The lines of a text.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut().filter(|line| line.len() + word.len() < LINE.0) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
