//! `consent.log`: the decision about each question, for the owner to read and for cooldowns.
//!
//! One line of JSON per decision. It is on the disk before anything that follows from it is sent.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use formix_proto::id::ComputationId;
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use super::rule::Choice;
use super::subject::Subject;
use crate::durable;
use crate::home::{HomeError, at};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It is answered.
    Allow,
    /// It is declined.
    Deny,
    /// Its deadline passed before anyone decided: nothing was sent.
    Expired,
}

impl Decision {
    /// What is done about the question, if anything was decided.
    pub(super) fn choice(self) -> Option<Choice> {
        match self {
            Self::Allow => Some(Choice::Approve),
            Self::Deny => Some(Choice::Deny),
            Self::Expired => None,
        }
    }
}

impl From<Choice> for Decision {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Approve => Self::Allow,
            Choice::Deny => Self::Deny,
        }
    }
}

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The rule with this number, from 1, as the rules were then.
    Rule(usize),
    /// The default of the rules.
    Default,
    /// The owner.
    Owner,
    /// Nobody.
    Nobody,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allowed",
            Self::Deny => "denied",
            Self::Expired => "expired",
        })
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(number) => write!(f, "by rule {number}"),
            Self::Default => f.write_str("by default"),
            Self::Owner => f.write_str("by the owner"),
            Self::Nobody => f.write_str("before anyone decided"),
        }
    }
}

/// An earlier decision, as cooldowns need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDecision {
    /// When it was decided.
    #[serde(with = "rfc3339")]
    pub time: Time,
    /// The computation that was decided about.
    pub comp_id: ComputationId,
    /// What was decided.
    pub verdict: Decision,
    /// Who decided.
    pub by: By,
    /// What the rules know of the question.
    #[serde(flatten)]
    pub subject: Subject,
}

impl PastDecision {
    /// When it was decided, in RFC 3339: `2026-11-22T23:41:32.123Z`.
    pub fn when(&self) -> String {
        rfc3339::text(self.time)
    }
}

/// One line of the log. Never holds an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The decision.
    #[serde(flatten)]
    pub past: PastDecision,
    /// The question, for people. Untrusted text.
    pub prompt: String,
    /// The question, for programs. Untrusted text.
    pub sql: Option<String>,
    /// What the result reveals, if the computation completes. Untrusted text.
    pub reveals: String,
}

/// Why a log of decisions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DecisionLogError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] HomeError),
    /// A line is not a decision.
    #[error(
        "{}:{line}: not a decision: repair the line, or move the file away, which ends all cooldowns", path.display()
    )]
    Syntax {
        /// The log.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// The last line may be incomplete.
    #[error("{}: an earlier decision could not be written, so no more are made: check the disk, then restart the node", .0.display())]
    Cut(PathBuf),
}

/// The log of a running node.
#[derive(Debug)]
pub(super) struct DecisionLog {
    path: PathBuf,
    /// `None` once a line could not be written.
    pub(super) file: Option<File>,
    past: Vec<PastDecision>,
}

impl DecisionLog {
    /// Reads the log, or creates it. A last line that a crash cut short is removed: nothing had
    /// followed from it yet.
    pub(super) fn open(path: &Path) -> Result<Self, DecisionLogError> {
        let mut options = File::options();
        let open = options.create(true).read(true).append(true).mode(0o600).open(path);
        let mut file = open.map_err(at(path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(at(path))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).and_then(|()| file.rewind()).map_err(at(path))?;
        }
        let past = entries(path, &bytes)?.into_iter().map(|entry| entry.past).collect();
        durable::sync_directory(path).map_err(at(path))?;
        Ok(Self { path: path.to_owned(), file: Some(file), past })
    }

    /// What was decided, oldest first.
    pub(super) fn past(&self) -> &[PastDecision] {
        &self.past
    }

    /// The newest decision about a computation.
    pub(super) fn of(&self, id: ComputationId) -> Option<&PastDecision> {
        self.past.iter().rev().find(|past| past.comp_id == id)
    }

    /// Writes a decision, and returns once it is on the disk.
    pub(super) fn record(&mut self, entry: Entry) -> Result<(), DecisionLogError> {
        let mut file = self.file.take().ok_or_else(|| DecisionLogError::Cut(self.path.clone()))?;
        let line = serde_json::to_vec(&entry).map_err(io::Error::from);
        let written = line.and_then(|mut line| {
            line.push(b'\n');
            file.write_all(&line)?;
            file.sync_data()
        });
        written.map_err(at(&self.path))?;
        self.file = Some(file);
        self.past.push(entry.past);
        Ok(())
    }
}

/// All decisions in a node's log, oldest first; none if there is no log.
pub fn read(path: &Path) -> Result<Vec<Entry>, DecisionLogError> {
    match std::fs::read(path) {
        Ok(bytes) => entries(path, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(at(path)(error).into()),
    }
}

/// The decisions on all complete lines.
fn entries(path: &Path, text: &[u8]) -> Result<Vec<Entry>, DecisionLogError> {
    let lines = text.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    let entry = |(line, text)| {
        let wrong = |_| DecisionLogError::Syntax { path: path.to_owned(), line };
        serde_json::from_slice(text).map_err(wrong)
    };
    (1..).zip(lines).map(entry).collect()
}

/// Points in time, as RFC 3339 writes them.
mod rfc3339 {
    use std::time::{Duration, UNIX_EPOCH};

    use formix_proto::time::Time;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&text(*time))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        let text = String::deserialize(from)?;
        let time = humantime::parse_rfc3339(&text).map_err(de::Error::custom)?;
        Ok(Time(0) + time.duration_since(UNIX_EPOCH).map_err(de::Error::custom)?)
    }

    pub(super) fn text(time: Time) -> String {
        let time = UNIX_EPOCH + Duration::from_millis(time.0);
        humantime::format_rfc3339_millis(time).to_string()
    }
}
