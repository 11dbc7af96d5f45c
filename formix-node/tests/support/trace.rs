//! The system calls of a process, in their order, as strace writes them down.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// One system call that has ended.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) result: i64,
    /// Where in the order of all beginnings and ends it began.
    pub(crate) begun: usize,
    /// Where it ended.
    pub(crate) ended: usize,
}

impl Call {
    /// The path of the file that its first argument is.
    pub(crate) fn file(&self) -> &str {
        let open = self.arguments.split_once('<').map_or("", |(_, rest)| rest);
        open.split_once('>').map_or("", |(path, _)| path)
    }

    /// The paths that are written out in its arguments.
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.arguments.split('"').skip(1).step_by(2).collect()
    }

    pub(crate) fn is(&self, names: &[&str]) -> bool {
        self.result >= 0 && names.contains(&self.name.as_str())
    }
}

/// Why a test is skipped.
pub(crate) const SKIPPED: &str =
    "skipped: it takes strace, and the right to use it, to see system calls";

/// Whether there is strace, and the right to use it.
pub(crate) fn can_trace() -> bool {
    let ran = Command::new("strace").args(["-qq", "true"]).output();
    ran.is_ok_and(|ran| ran.status.success())
}

/// What to put in front of a command, so that these calls of its first thread are written to a file.
pub(crate) fn traced<'a>(calls: &'a str, to: &'a Path) -> Vec<&'a str> {
    let to = to.to_str().unwrap();
    vec!["strace", "-yqq", "-s", "0", "-e", "signal=none", "-e", calls, "-o", to]
}

/// The calls in such a file.
pub(crate) fn calls(file: &Path) -> Vec<Call> {
    let text = fs::read_to_string(file).unwrap();
    let (mut calls, mut begun) = (Vec::new(), HashMap::new());
    for (at, line) in text.lines().enumerate() {
        // With more than one process or thread, each line begins with its number.
        let (thread, call) = match line.split_once(' ') {
            Some((thread, call)) if thread.parse::<u32>().is_ok() => (thread, call.trim_start()),
            _ => ("", line),
        };
        if let Some(start) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, (at, start));
        } else if let Some((_, rest)) = call.split_once(" resumed>") {
            let (start_at, start) = begun.remove(thread).unwrap();
            calls.extend(call_of(&format!("{start}{rest}"), start_at, at));
        } else {
            calls.extend(call_of(call, at, at));
        }
    }
    calls
}

fn call_of(text: &str, begun: usize, ended: usize) -> Option<Call> {
    let (call, result) = text.rsplit_once(" = ")?;
    let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
    let result = result.split(['<', ' ']).next()?.parse().unwrap_or(-1);
    let (name, arguments) = (name.to_owned(), arguments.to_owned());
    Some(Call { name, arguments, result, begun, ended })
}
