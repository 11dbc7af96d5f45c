//! Why a store cannot be used, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Why a node's file cannot be used. Names the file and the next step; holds nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another node, or another tool, has it open.
    #[error("{}: already in use by a running node: stop that one first", file.display())]
    InUse {
        /// Which file.
        file: PathBuf,
    },
    /// Something else than a node's file; it is left as it is.
    #[error("{}: {what}: move it away, or give the node another home", file.display())]
    NotAStore {
        /// Which file.
        file: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Written by another build, whose format is another.
    #[error("{}: its format is {version}, this build knows {known} only: use the build that wrote it", file.display())]
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
    /// It does not promise to keep what is committed.
    #[error("{}: {setting} is {found}: the node needs a file system that lets it be {wanted}", file.display())]
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
    /// The database could not read or write it. A failed write is never tried again.
    #[error("{}: {source}: check the disk and its free space, then start the node again", file.display())]
    Database {
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
    /// The store was closed, or has failed and said why in its acknowledgements.
    #[error("{}: the store is closed: start the node again", file.display())]
    Closed {
        /// Which file.
        file: PathBuf,
    },
}

/// Result codes of SQLite, <https://sqlite.org/rescode.html>; the low byte of an extended one.
mod code {
    pub(super) const ERROR: i32 = 1;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const NOTADB: i32 = 26;
}

impl StoreError {
    /// Sorts what the database says. All SQL here is constant, so that "no such table" and the like
    /// can only mean that the schema is not what was written.
    pub(super) fn database(file: &Path, source: libsql::Error) -> Self {
        let code = match &source {
            libsql::Error::SqliteFailure(code, _) => code & 0xff,
            _ => return Self::Database { file: file.to_owned(), source },
        };
        match code {
            code::BUSY | code::LOCKED => Self::InUse { file: file.to_owned() },
            code::ERROR | code::CORRUPT | code::NOTADB => Self::damaged(file, source.to_string()),
            _ => Self::Database { file: file.to_owned(), source },
        }
    }

    pub(super) fn damaged(file: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file.to_owned(), what: what.into() }
    }

    pub(super) fn io(file: &Path) -> impl Fn(io::Error) -> Self + '_ {
        |source| Self::Io { file: file.to_owned(), source }
    }
}
