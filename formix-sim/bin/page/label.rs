//! Names on arrows, as many as there is room for. The others show when one points at them.

use std::collections::BTreeSet;

use super::grid::Grid;
use super::notes::Flight;
use super::pen::Pen;
use formix_sim::plan::Peer;

/// The height of a line of small text.
const LINE: i32 = 11;

/// The names placed so far.
#[derive(Debug, Default)]
pub(super) struct Labels {
    placed: Vec<Label>,
    /// What each node sent, and heard, at each time: a fan of arrows is named once.
    fans: BTreeSet<(bool, Peer, String, u64)>,
}

#[derive(Debug)]
struct Label {
    text: String,
    class: String,
    at: [i32; 2],
}

impl Labels {
    /// Finds a place for the name of an arrow, if there is room for it.
    pub(super) fn place(
        &mut self,
        grid: &Grid,
        flight: &Flight,
        text: String,
        (class, ends): (&str, [i32; 4]),
    ) {
        let heard = flight.heard.first().copied().unwrap_or(flight.sent);
        let fans = [
            (true, flight.from, text.clone(), flight.sent),
            (false, flight.to, text.clone(), heard),
        ];
        if fans.iter().any(|fan| self.fans.contains(fan)) {
            return;
        }
        let free = |at: &[i32; 2]| self.is_free(bounds(*at, width(&text)));
        if let Some(at) = candidates(grid, ends).into_iter().find(free) {
            self.placed.push(Label { text, class: class.to_owned(), at });
            self.fans.extend(fans);
        }
    }

    /// Draws all of them.
    pub(super) fn draw(self, pen: &mut Pen) {
        for Label { text, class, at } in self.placed {
            pen.text(&format!("label {class}"), at, &text);
        }
    }

    fn is_free(&self, [left, top, right, bottom]: [i32; 4]) -> bool {
        let apart = |label: &Label| {
            let [l, t, r, b] = bounds(label.at, width(&label.text));
            right < l || left > r || bottom < t || top > b
        };
        self.placed.iter().rev().take(300).all(apart)
    }
}

fn width(text: &str) -> i32 {
    6 * i32::try_from(text.len()).unwrap_or(0)
}

fn bounds([x, y]: [i32; 2], width: i32) -> [i32; 4] {
    [x - width / 2, y - LINE, x + width / 2, y]
}

/// Between two lanes each, from the sender on.
fn candidates(grid: &Grid, [x1, y1, x2, y2]: [i32; 4]) -> Vec<[i32; 2]> {
    let pitch = grid.size.pitch;
    let lanes = (x2 - x1).abs() / pitch;
    let between = |number: i32| {
        let x = x1 + (x2 - x1).signum() * (pitch * number + pitch / 2);
        [x, y1 + (y2 - y1) * (x - x1) / (x2 - x1) - 2]
    };
    (0..lanes.max(1)).filter(|_| x1 != x2).map(between).collect()
}
