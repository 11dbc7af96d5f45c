//! What people and programs are shown.
//!
//! With `--json`, standard output is one JSON object, on its last line; all else is on standard
//! error. A reader that has gone away is no reason to fail: the work is done. A disk that is full is
//! one: whoever reads the file would take a part for the whole.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use formix_node::report::{Report, StatusName};
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::result;
use crate::text::{collapsed, field, one_line, printable, wrapped};

/// The exit status of a command that was told to end.
pub(crate) const INTERRUPTED: u8 = 130;
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

    /// Lines for people.
    pub(crate) fn lines(&self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.line(&line);
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
        self.lines(wrapped(name, text, width()));
    }

    /// The result for programs.
    pub(crate) fn result(&self, value: &impl Serialize) {
        if self.json {
            let text = serde_json::to_string(value).unwrap_or_default();
            self.write(format!("{text}\n").as_bytes());
        }
    }

    pub(crate) fn failed(&self, failure: &Failure) {
        let _ = writeln!(io::stderr(), "formix: {}", printable(&collapsed(&failure.to_string())));
        self.result(&json!({ "status": "error", "error": failure.to_string() }));
    }

    /// A computation, whole; its exit status says whether it completed.
    pub(crate) fn report(&self, report: &Report) -> ExitCode {
        let code = self.describe(report);
        self.result(&report.json());
        code
    }

    /// The same, for people only.
    pub(crate) fn describe(&self, report: &Report) -> ExitCode {
        self.lines(describe(report));
        match report.is_under_way() || report.is_completed() {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        }
    }
}

/// The columns of the terminal, if there is one.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0.into())
}

fn describe(report: &Report) -> Vec<String> {
    let row = &report.row;
    let mut lines = vec![
        field("computation", &row.comp_id.to_string()),
        field("question", &row.proposal.spec.prompt),
        field("status", &report.status().to_string()),
    ];
    match row.failure() {
        Some(failure) => lines.push(field("why", &one_line(failure))),
        None => lines.extend(report.why().iter().flat_map(|why| wrapped("why", why, width()))),
    }
    if report.lacks_answers() {
        lines.extend(wrapped("often because", LACKING, width()));
    }
    if let Some(summary) = &row.summary {
        lines.extend(result::lines(&row.schema, summary, width()));
    }
    lines.extend(awaited(report).map(|whom| field("waiting for", &whom)));
    lines
}

/// Whom it waits for: while answers are collected, for people, of whom the heavy nodes know.
fn awaited(report: &Report) -> Option<String> {
    match (report.status(), report.still_open()) {
        (StatusName::Collecting, Some(until)) => {
            Some(format!("answers, until {until}: owners decide"))
        }
        _ if report.waiting_for.is_empty() => None,
        _ => Some(report.waiting_for.join(", ")),
    }
}
