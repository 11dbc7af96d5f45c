//! Why a node's file cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a node's file cannot be used. Names the file and the next step, and repeats none of its content.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another node, or another tool, has it open.
    #[error("{}: already in use by a running node: stop that one first", file.display())]
    InUse {
        /// Which file.
        file: PathBuf,
    },
    /// It is not a node's file; it is left as it is.
    #[error("{}: {what}: move it away, or give the node another home", file.display())]
    NotANodes {
        /// Which file.
        file: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Written by a build with another format.
    #[error("{}: its format is version {version}, and this build reads only version {known}: use the build that wrote it", file.display())]
    OtherVersion {
        /// Which file.
        file: PathBuf,
        /// The version that it says it has.
        version: u32,
        /// The version that this build reads and writes.
        known: u32,
    },
    /// The file of another node.
    #[error("{}: belongs to node {owner}: give each node a home of its own", file.display())]
    OtherNode {
        /// Which file.
        file: PathBuf,
        /// The first digits of the id of the node that it belongs to.
        owner: String,
    },
    /// What is in it is not what was written.
    #[error("{}: damaged: {what}: keep a copy, check the disk, and enrol the node anew with an empty home", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// Where, and in what way.
        what: String,
    },
    /// A commit would not be durable.
    #[error("{}: {setting} is {found}, not {wanted}: put the node's home on a file system that supports {wanted}", file.display())]
    NotDurable {
        /// Which file.
        file: PathBuf,
        /// Which setting.
        setting: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// The database engine could not read or write it. A failed write is never retried.
    #[error("{}: {source}: check the disk and its free space, then start the node again", file.display())]
    Engine {
        /// Which file.
        file: PathBuf,
        /// What the database says.
        source: libsql::Error,
    },
    /// The operating system does not let it be opened or made.
    #[error("{}: {source}: check the path and its permissions", file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was closed, or writing it has failed; the last acknowledgement says why.
    #[error("{}: the log is closed: start the node again", file.display())]
    Closed {
        /// Which file.
        file: PathBuf,
    },
}

/// Result codes of SQLite, <https://sqlite.org/rescode.html>; the low byte of an extended one.
mod code {
    pub(crate) const ERROR: i32 = 1;
    pub(crate) const BUSY: i32 = 5;
    pub(crate) const LOCKED: i32 = 6;
    pub(crate) const CORRUPT: i32 = 11;
    pub(crate) const NOTADB: i32 = 26;
}

impl DatabaseError {
    /// Sorts what the database says. All SQL here is constant, so that "no such table" and the like
    /// can only mean that the schema is not what was written.
    pub(crate) fn database(file: &Path, source: libsql::Error) -> Self {
        let code = match &source {
            libsql::Error::SqliteFailure(code, _) => code & 0xff,
            _ => return Self::Engine { file: file.to_owned(), source },
        };
        match code {
            code::BUSY | code::LOCKED => Self::InUse { file: file.to_owned() },
            code::ERROR | code::CORRUPT | code::NOTADB => Self::damaged(file, source.to_string()),
            _ => Self::Engine { file: file.to_owned(), source },
        }
    }

    pub(crate) fn damaged(file: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }

    pub(crate) fn io(file: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::Io { file: file.to_owned(), source }
    }
}
