//! What people and programs are shown.
//!
//! With `--json`, standard output is one JSON object, on its last line; all else is on standard
//! error. A reader that has gone away is no reason to fail: the work is done.

use std::io::{self, Write};
use std::process::ExitCode;

use formix_node::report::Report;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::result;

/// How wide a name is, with the space behind it.
const NAME: usize = 14;
/// How wide a text is for whoever has no terminal.
const WIDTH: usize = 80;

/// Where the command writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether standard output is for programs.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people.
    pub(crate) fn line(&self, text: &str) {
        let _ = if self.json {
            writeln!(io::stderr(), "{text}")
        } else {
            writeln!(io::stdout(), "{text}")
        };
    }

    /// A text for people that has a name. Both may be a stranger's.
    pub(crate) fn field(&self, name: &str, text: &str) {
        for line in wrapped(name, text, width()) {
            self.line(&line);
        }
    }

    /// The result for programs.
    pub(crate) fn result(&self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(io::stdout(), "{text}");
        }
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        let _ = writeln!(io::stderr(), "formix: {}", printable(&failure.to_string()));
        self.result(&json!({ "status": "error", "error": failure.to_string() }));
    }

    /// A computation, whole; its exit status says whether it completed.
    pub(crate) fn report(&self, report: &Report) -> ExitCode {
        let code = self.describe(report);
        self.result(report);
        code
    }

    /// The same, for people only.
    pub(crate) fn describe(&self, report: &Report) -> ExitCode {
        for line in describe(report) {
            self.line(&line);
        }
        match report.has_ended() && !report.is_completed() {
            true => ExitCode::FAILURE,
            false => ExitCode::SUCCESS,
        }
    }
}

/// The columns of the terminal, if there is one.
fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0.into())
}

/// A named line. Both may be a stranger's.
pub(crate) fn field(name: &str, text: &str) -> String {
    format!("{:<width$} {}", printable(name), printable(text), width = NAME - 1)
}

fn describe(report: &Report) -> Vec<String> {
    let row = &report.row;
    let mut lines = vec![
        field("computation", &row.comp_id),
        field("question", &row.computation_prompt),
        field("status", &row.status),
    ];
    lines.extend(row.failure.as_ref().map(|why| field("why", why)));
    if let (Some(schema), Some(summary)) = (row.schema(), &row.summary) {
        lines.extend(result::lines(&schema, summary, width()));
    }
    if !report.waiting_for.is_empty() {
        lines.push(field("waiting for", &report.waiting_for.join(", ")));
    }
    lines
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
