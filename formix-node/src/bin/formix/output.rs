//! What people and programs are shown.
//!
//! With `--json`, standard output is one JSON object, on its last line; all else is on standard
//! error. A reader that has gone away is no reason to fail: the work is done. A disk that is full is
//! one: whoever reads the file would take a part for the whole.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use formix_node::report::Report;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::result;

/// The exit status of a command that was told to end.
pub(crate) const INTERRUPTED: u8 = 130;
/// How wide a name is, with the space behind it.
const NAME: usize = 14;
/// What commonly leads to too few answers: who asks is not told why a node does not answer.
const LACKING: &str = "light nodes that make their answers up, as those of `formix up` do at first, \
    decline every question with SQL; owners did not approve it in time (docs/consent.md); the data of \
    a node did not give an answer as declared (docs/data.md). Each node's owner finds its own reason \
    in nodes/NAME/node.log";
/// How wide a text is for whoever has no terminal.
const WIDTH: usize = 80;

/// Why standard output lacks something that was written to it.
static LOST: OnceLock<io::Error> = OnceLock::new();

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
        match self.json {
            true => self.note(text),
            false => self.write(format!("{text}\n").as_bytes()),
        }
    }

    /// A line about the command, not about what it found: never on standard output.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Writes on standard output; [`Output::complete`] tells whether it was lost.
    pub(crate) fn write(&self, content: &[u8]) {
        let mut out = io::stdout().lock();
        if let Err(error) = out.write_all(content).and_then(|()| out.flush()) {
            let _ = LOST.set(error);
        }
    }

    /// Whether all that was written has arrived, as far as there is a reader.
    pub(crate) fn complete(&self) -> Result<(), Failure> {
        match LOST.get() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Other(format!("standard output is not complete: {error}").into()))
            }
            _ => Ok(()),
        }
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
            self.write(format!("{text}\n").as_bytes());
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
    if report.lacks_answers() {
        lines.extend(wrapped("often because", LACKING, width()));
    }
    if let (Some(schema), Some(summary)) = (row.schema(), &row.summary) {
        lines.extend(result::lines(&schema, summary, width()));
    }
    lines.extend(awaited(report).map(|whom| field("waiting for", &whom)));
    lines
}

/// Whom it waits for: while answers are collected, for people, of whom the heavy nodes know.
fn awaited(report: &Report) -> Option<String> {
    match (report.row.status.as_str(), report.still_open()) {
        ("collecting", Some(until)) => Some(format!("answers, until {until}: owners decide")),
        _ if report.waiting_for.is_empty() => None,
        _ => Some(report.waiting_for.join(", ")),
    }
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
