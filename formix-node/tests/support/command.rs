//! One run of the `formix` command.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::within;

/// The outcome of a run of the command.
pub(crate) struct Ran {
    /// The exit status; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Asserts its exit status.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "\n-- stdout\n{stdout}\n-- stderr\n{stderr}");
        self
    }

    /// Asserts that it succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        self.exits(0)
    }

    /// The JSON object that is all of its standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let Self { stdout, .. } = self;
        assert_eq!(stdout.matches('\n').count(), 1, "not one line: {stdout}");
        let value: Value = serde_json::from_str(stdout).unwrap();
        assert!(value.is_object(), "not an object: {stdout}");
        value
    }

    /// Asserts that standard error contains this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no `{text}` in {}", self.stderr);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// The command on a home, without the environment variables that it reads.
pub(crate) fn on(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_formix"));
    command.env_remove("FORMIX_LOG_LEVEL").env("FORMIX_HOME", home);
    command
}

/// The command on a home, started by what `wrapper` names, if that names anything.
pub(crate) fn through(wrapper: &[&str], home: &Path) -> Command {
    let formix = on(home);
    let Some((program, args)) = wrapper.split_first() else { return formix };
    let mut command = Command::new(program);
    command.args(args).arg(formix.get_program());
    command.env_remove("FORMIX_LOG_LEVEL").env("FORMIX_HOME", home);
    command
}

/// Runs the command on a home.
#[track_caller]
pub(crate) fn formix(home: &Path, args: &[&str]) -> Ran {
    let mut command = on(home);
    command.args(args);
    let what = format!("`formix {}` ends", args.join(" "));
    within(&what, move || command.output().unwrap()).into()
}
