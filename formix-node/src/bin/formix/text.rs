//! Text for a terminal: our named lines, and a stranger's words between them, which have a margin.

pub(crate) use formix_node::text::{collapsed, one_line, printable};

/// How wide a name is, with the space behind it.
const NAME: usize = 14;
/// What every line of a stranger's words begins with, and no other line.
pub(crate) const MARGIN: &str = "  | ";
/// The narrowest room for words.
const LEAST_ROOM: usize = 8;

/// A named line. Both may be a stranger's.
pub(crate) fn field(name: &str, text: &str) -> String {
    format!("{:<width$} {}", printable(name), printable(text), width = NAME - 1)
}

/// The same on as many lines as it takes, each below the first.
pub(crate) fn wrapped(name: &str, text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in printable(text).split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if NAME + line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names.zip(lines).map(|(name, line)| field(name, &line)).collect()
}

/// A stranger's words, line by line and space by space as they are, within a margin: a terminal has nothing to
/// break, so nothing of them begins a line.
pub(crate) fn quoted(text: &str, width: usize) -> Vec<String> {
    let room = width.saturating_sub(columns(MARGIN)).max(LEAST_ROOM);
    let pieces = text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        broken(&printable(line), room)
    });
    pieces.map(|piece| format!("{MARGIN}{piece}")).collect()
}

/// A stranger's sentence, within a margin: white space of any kind and length is one space.
pub(crate) fn quoted_prose(text: &str, width: usize) -> Vec<String> {
    quoted(&collapsed(text), width)
}

/// The line in pieces that are no wider than that, broken at spaces where it has some.
fn broken(line: &str, room: usize) -> Vec<String> {
    let mut pieces = vec![];
    let (mut piece, mut used) = (String::new(), 0);
    let mut end = |piece: &mut String, used: &mut usize| {
        pieces.push(std::mem::take(piece));
        *used = 0;
    };
    for word in line.split_inclusive(' ') {
        if used > 0 && used + columns(word) > room {
            end(&mut piece, &mut used);
        }
        for c in word.chars() {
            if used + columns_of(c) > room {
                end(&mut piece, &mut used);
            }
            piece.push(c);
            used += columns_of(c);
        }
    }
    pieces.push(piece);
    pieces
}

/// How many columns of a terminal a text takes at most.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// No character takes more than two, and those of ASCII take one.
fn columns_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_go_on_below() {
        let text = "who has no value declines; who has a value outside declines";
        let lines = wrapped("rules", text, 40);
        let below = [
            "rules         who has no value declines;",
            "              who has a value outside",
            "              declines",
        ];
        assert_eq!(lines, below);
        assert_eq!(wrapped("not protected", "all", 4), ["not protected all"]);
        assert_eq!(wrapped("reads", "a\u{1b}", 80), ["reads         a\\u{1b}"]);
    }

    #[test]
    fn a_stranger_speaks_within_a_margin() {
        let lines = quoted("SELECT x\r\n  FROM sleeps\n\nWHERE\tx > 1", 16);
        let expected =
            ["  | SELECT x", "  |   FROM ", "  | sleeps", "  | ", "  | WHERE\\u{9}x ", "  | > 1"];
        assert_eq!(lines, expected);
        assert_eq!(quoted_prose(" a \n\n  b\u{2003}c ", 80), ["  | a b c"]);
        assert_eq!(quoted("0123456789睡眠", 12), ["  | 01234567", "  | 89睡眠"]);
    }
}
