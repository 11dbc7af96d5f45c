//! A stranger's words, made harmless before they are printed or logged.

use std::fmt::Display;

/// How many characters of a stranger's words a line has at most.
const MAX_LINE: usize = 500;

/// The text on one line: of it no control, invisible, combining or direction character reaches a terminal, and no
/// letter that is written from right to left, which would move what stands beside it.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) || moves_others(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// What came over the wire, for one line: white space is one space, and there is no more of it than a line should
/// have.
pub fn one_line(text: &impl Display) -> String {
    let text = text.to_string();
    let end = text.char_indices().nth(MAX_LINE).map_or(text.len(), |(end, _)| end);
    let rest = if end < text.len() { " ..." } else { "" };
    printable(&collapsed(&text[..end])) + rest
}

/// The words with one space between them.
pub fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Zero-width, direction and other format characters (Unicode general category Cf, and separators), variation
/// selectors and fillers.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e01ef}')
}

/// Letters written from right to left, and marks that are drawn over their neighbours.
fn moves_others(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'
        | '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(printable("\u{202e}abc\u{200b}"), "\\u{202e}abc\\u{200b}");
        assert_eq!(printable("\u{5d0}e\u{301}"), "\\u{5d0}e\\u{301}");
        assert_eq!(printable("How much, in €?"), "How much, in €?");
        assert_eq!(printable("睡眠 é 😀"), "睡眠 é 😀");
    }

    #[test]
    fn a_line_takes_no_more_than_a_line() {
        let long = "x\n2026-01-01 INFO completed ".repeat(1000);
        let line = one_line(&long);
        assert!(!line.contains('\n') && line.ends_with(" ..."), "{line}");
        assert!(line.chars().count() < 1000, "{}", line.len());
        assert_eq!(one_line(&"no word from heavy-1"), "no word from heavy-1");
    }
}
