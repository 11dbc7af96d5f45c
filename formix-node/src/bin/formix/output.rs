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

    /// A line for people that has a name. The text may be a stranger's.
    pub(crate) fn field(&self, name: &str, text: &str) {
        self.line(&field(name, text));
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
    format!("{:<13} {}", printable(name), printable(text))
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
    use super::printable;

    #[test]
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\u{a}c");
        assert_eq!(printable("\u{202e}abc\u{200b}"), "\\u{202e}abc\\u{200b}");
        assert_eq!(printable("How much, in €?"), "How much, in €?");
    }
}
