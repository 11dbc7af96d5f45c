//! Text for a terminal: named lines, and a stranger's words made harmless.

/// How wide a name is, with the space behind it.
const NAME: usize = 14;

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

/// Untrusted text on one line: no control, direction or invisible characters reach the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Zero-width, direction and other format characters (Unicode general category Cf, and separators).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{printable, wrapped};

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
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(printable("\u{202e}abc\u{200b}"), "\\u{202e}abc\\u{200b}");
        assert_eq!(printable("How much, in €?"), "How much, in €?");
    }
}
