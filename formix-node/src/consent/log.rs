//! `consent.log`: the decision about each question, for the owner to read and for cooldowns.
//!
//! One line of JSON per decision. It is on the disk before anything that follows from it is sent. A long log is
//! tidied: rewritten without the decisions that no longer matter.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use formix_proto::id::ComputationId;
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

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
    /// A decision is not on the disk.
    #[error("{}: a decision could not be written, so it is not carried out: {error}: make room or check the disk, the node then goes on by itself", path.display())]
    Unwritten {
        /// The log.
        path: PathBuf,
        /// What the operating system reports.
        error: io::Error,
    },
}

/// Up to this length, in bytes, nothing is removed from a log.
const MAX_UNTIDIED: u64 = 1 << 20;
/// How long after its deadline a question may come again: what the protocol remembers of it, and clocks that differ.
const RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long at least what was allowed is kept, for its owner and for a cooldown that is written later.
const ALLOWED: Duration = Duration::from_secs(90 * 24 * 3600);

/// Which decisions still matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    pub(super) now: Time,
    /// The longest cooldown of any rule; if it is not known, all decisions matter.
    pub(super) cooldown: Option<Duration>,
}

impl Keep {
    pub(super) fn keeps(&self, past: &PastDecision) -> bool {
        let Some(cooldown) = self.cooldown else { return true };
        let cools = past.verdict == Decision::Allow && past.time + cooldown.max(ALLOWED) > self.now;
        cools || past.subject.deadline + RETENTION > self.now
    }
}

/// The log of a running node.
#[derive(Debug)]
pub(super) struct DecisionLog {
    path: PathBuf,
    /// `None` once a line could not be written: it, or a part of it, may be there all the same.
    pub(super) file: Option<File>,
    /// How long the file is without such a line, in bytes.
    len: u64,
    /// Beyond this length what no longer matters is removed.
    bound: u64,
    past: Vec<PastDecision>,
}

impl DecisionLog {
    /// Reads the log, or creates it. A last line that a crash cut short is removed: nothing had
    /// followed from it yet.
    pub(super) fn open(path: &Path) -> Result<Self, DecisionLogError> {
        let mut options = File::options();
        let open = options.create(true).read(true).append(true).mode(0o600).open(path);
        let file = open.map_err(at(path))?;
        let mut past = Vec::new();
        let len = scan(path, &file, |entry, _| past.push(entry.past))?;
        if file.metadata().map_err(at(path))?.len() > len {
            file.set_len(len).map_err(at(path))?;
        }
        durable::sync_directory(path).map_err(at(path))?;
        Ok(Self { path: path.to_owned(), file: Some(file), len, bound: MAX_UNTIDIED, past })
    }

    /// What was decided, oldest first.
    pub(super) fn past(&self) -> &[PastDecision] {
        &self.past
    }

    /// The newest decision about a computation.
    pub(super) fn of(&self, id: ComputationId) -> Option<&PastDecision> {
        self.past.iter().rev().find(|past| past.comp_id == id)
    }

    /// Writes a decision, and returns once it is on the disk. After a write that has failed the whole log is written
    /// anew first: a sync that follows a failed one can succeed without the data being there.
    pub(super) fn record(&mut self, entry: Entry) -> Result<(), DecisionLogError> {
        let path = self.path.clone();
        self.append(entry).map_err(|error| DecisionLogError::Unwritten { path, error })
    }

    fn append(&mut self, entry: Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(&entry).map_err(io::Error::from)?;
        line.push(b'\n');
        match &self.file {
            None => self.rewrite(|_| true)?,
            Some(file) if is_at(file, &self.path) => {}
            // The owner has moved it away, or put another in its place: what is added here would be lost.
            Some(_) => *self = Self::open(&self.path).map_err(io::Error::other)?,
        }
        // Not there any more, should writing fail.
        let mut file = self.file.take().ok_or(io::ErrorKind::NotFound)?;
        file.write_all(&line)?;
        file.sync_data()?;
        self.file = Some(file);
        self.len += line.len() as u64;
        self.past.push(entry.past);
        Ok(())
    }

    /// Removes what no longer matters, if the file has grown beyond its bound. Without room for that, it grows on.
    pub(super) fn tidy(&mut self, keep: impl FnOnce() -> Keep) {
        if self.len <= self.bound {
            return;
        }
        let (keep, before) = (keep(), self.len);
        match self.rewrite(|past| keep.keeps(past)) {
            Ok(()) => debug!(before, after = self.len, "tidied the log of decisions"),
            Err(error) => {
                warn!(path = %self.path.display(), %error, "the log of decisions could not be tidied");
                self.bound = before.saturating_mul(2);
            }
        }
    }

    /// Writes these decisions into a new file, which takes the log's place once it is on the disk.
    fn rewrite(&mut self, keeps: impl Fn(&PastDecision) -> bool) -> io::Result<()> {
        let (mut past, mut text) = (Vec::new(), Vec::new());
        let known = File::open(&self.path)?.take(self.len);
        scan(&self.path, known, |entry, line| {
            if keeps(&entry.past) {
                past.push(entry.past);
                text.extend_from_slice(line);
            }
        })
        .map_err(io::Error::other)?;
        match durable::replace(&self.path, 0o600, |file| file.write_all(&text)) {
            Ok(file) => self.file = Some(file),
            Err(error) => {
                // After a crash the name may lead to either file: nothing is added to the wrong one.
                self.file.take_if(|file| !is_at(file, &self.path));
                return Err(error);
            }
        }
        (self.past, self.len) = (past, text.len() as u64);
        self.bound = self.len.saturating_mul(2).max(MAX_UNTIDIED);
        Ok(())
    }
}

/// Whether this is the file with that name.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: Metadata| (found.dev(), found.ino());
    let named = std::fs::metadata(path).map(identity);
    named.is_ok_and(|named| file.metadata().map(identity).is_ok_and(|file| file == named))
}

/// All decisions in a node's log, oldest first; none if there is no log.
pub fn read(path: &Path) -> Result<Vec<Entry>, DecisionLogError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        file => file.map_err(at(path))?,
    };
    let mut entries = Vec::new();
    scan(path, file, |entry, _| entries.push(entry))?;
    Ok(entries)
}

/// Reads the decisions on all complete lines, and returns how long these lines are, in bytes.
fn scan(
    path: &Path,
    text: impl Read,
    mut each: impl FnMut(Entry, &[u8]),
) -> Result<u64, DecisionLogError> {
    let (mut text, mut line, mut len) = (BufReader::new(text), Vec::new(), 0);
    for number in 1.. {
        line.clear();
        text.read_until(b'\n', &mut line).map_err(at(path))?;
        if !line.ends_with(b"\n") {
            break;
        }
        let wrong = |_| DecisionLogError::Syntax { path: path.to_owned(), line: number };
        each(serde_json::from_slice(&line).map_err(wrong)?, &line);
        len += line.len() as u64;
    }
    Ok(len)
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
