//! What the signs and colours of a picture stand for, and how they look.

use super::pen::Pen;
use super::phase::Colour;

/// The look of every picture.
pub(super) const STYLE: &str = include_str!("chart.css");

/// The signs that pictures use.
pub(super) fn signs(pen: &mut Pen) {
    pen.raw("<defs>");
    pen.raw("<path id=\"cross\" d=\"M-4-4 4 4M-4 4 4-4\"/>");
    pen.raw("<path id=\"bolt\" d=\"M2-8-5 1h4l-2 7L5-1H1z\"/>");
    pen.raw("<pattern id=\"idle\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">");
    pen.raw("<path class=\"hatch\" d=\"M0 6 6 0\"/></pattern>");
    for class in Colour::ALL.map(Colour::class).into_iter().chain(["bad"]) {
        let box_ = "viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\"";
        let units = "markerUnits=\"userSpaceOnUse\" orient=\"auto\"";
        pen.raw(format_args!("<marker id=\"tip-{class}\" {box_} {units}>"));
        pen.raw(format_args!("<path class=\"tip {class}\" d=\"M0 0 8 4 0 8z\"/></marker>"));
    }
    pen.raw("</defs>\n");
}

/// The legend, two rows from `y` on.
pub(super) fn legend(pen: &mut Pen, [left, y]: [i32; 2]) {
    let mut x = left;
    for colour in Colour::ALL {
        let class = colour.class();
        pen.rect(&format!("band {class}"), [x, y - 9, 7, 11]);
        pen.element("g", &format!("m {class}"), |pen| {
            pen.line("arrow", [x + 11, y - 3, x + 32, y - 3]);
        });
        x = entry(pen, [x + 38, y], colour.text());
    }
    let (mut x, y) = (left, y + 20);
    pen.rect("write", [x, y - 10, 3, 9]);
    pen.disc("durable", [x + 1, y - 1, 3]);
    x = entry(pen, [x + 10, y], "batch issued, then durable");
    pen.disc("told", [x + 4, y - 4, 3]);
    x = entry(pen, [x + 12, y], "owner told");
    pen.rect("life", [x, y - 6, 18, 4]);
    x = entry(pen, [x + 24, y], "starts or stops");
    pen.line("lane down", [x, y - 4, x + 22, y - 4]);
    x = entry(pen, [x + 28, y], "down");
    pen.rect("paused", [x, y - 10, 8, 12]);
    x = entry(pen, [x + 14, y], "paused");
    pen.sign("fault", "bolt", [x + 5, y - 4]);
    x = entry(pen, [x + 14, y], "fault at a node");
    pen.disc("struck", [x + 4, y - 4, 3]);
    x = entry(pen, [x + 12, y], "fault on the way");
    pen.sign("cross", "cross", [x + 4, y - 4]);
    x = entry(pen, [x + 14, y], "lost, or nobody there");
    pen.rect("cut", [x, y - 10, 22, 12]);
    entry(pen, [x + 28, y], "idle time, left out");
}

/// A text of the legend; the next entry begins where it says.
fn entry(pen: &mut Pen, [x, y]: [i32; 2], text: &str) -> i32 {
    pen.text("aside", [x, y], text);
    x + 6 * i32::try_from(text.len()).unwrap_or(0) + 14
}
