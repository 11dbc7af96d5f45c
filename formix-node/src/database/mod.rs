//! A node's file: one SQLite database, held by one process, and refused if it was damaged.
//!
//! Each part of a node that stores something brings its own tables; they are created with the file, all
//! or none.

mod connection;
mod error;
mod file;

use std::fs;
use std::path::Path;

use formix_proto::id::NodeId;
use sha2::{Digest as _, Sha256};

pub(crate) use connection::{Connection, Fields, Prepared, block_on};
pub use error::DatabaseError;
pub(crate) use file::lock_file;

use crate::lock::Lock;

/// Marks a file as a node's, in its header: "Frmx".
const APPLICATION: u32 = 0x4672_6d78;
/// The version of all tables together.
const VERSION: u32 = 3;

/// Whose file it is.
const OWNER: &str = "CREATE TABLE owner (node BLOB NOT NULL) STRICT;";

/// An open file. Its fields are dropped in order: the lock goes last.
pub(crate) struct Database {
    pub(crate) connection: Connection,
    _lock: Lock,
}

impl Database {
    /// Opens a node's file, or creates it with these tables, and checks its structure.
    pub(crate) fn open_or_make(
        path: &Path,
        node: NodeId,
        tables: &[&str],
    ) -> Result<Self, DatabaseError> {
        file::make_directory(path)?;
        let lock = file::lock(path)?;
        file::create_if_missing(path, |draft| create(draft, node, tables))?;
        let connection = open(path)?;
        check_owner(&connection, node)?;
        Ok(Self { connection, _lock: lock })
    }

    /// Opens the file of a node that does not run, and checks its structure; `None` if there is no file.
    pub(crate) fn open_existing(path: &Path) -> Result<Option<Self>, DatabaseError> {
        if !fs::exists(path).map_err(DatabaseError::io(path))? {
            return Ok(None);
        }
        let lock = file::lock(path)?;
        Ok(Some(Self { connection: open(path)?, _lock: lock }))
    }

    /// Moves all pages from the write-ahead log to the database, and truncates it.
    pub(crate) fn checkpoint(&self) -> Result<(), DatabaseError> {
        let busy = self.connection.pragma("wal_checkpoint(TRUNCATE)")?;
        if busy == "0" {
            return Ok(());
        }
        Err(DatabaseError::InUse { file: self.connection.file().to_owned() })
    }

    /// Makes the file's directory entries durable. SQLite does so, too, after it has created a write-ahead
    /// log, but ignores a failure.
    pub(crate) fn sync_directory(&self) -> Result<(), DatabaseError> {
        file::sync_directory(self.connection.file())
    }
}

/// Makes an empty file a node's.
fn create(draft: &Path, node: NodeId, tables: &[&str]) -> Result<(), DatabaseError> {
    let connection = Connection::open(draft)?;
    // A journal that a crash leaves behind would be rolled back into the next draft.
    connection.execute(&format!(
        "PRAGMA journal_mode = MEMORY;
         BEGIN IMMEDIATE;
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};
         {OWNER} {}",
        tables.concat()
    ))?;
    connection.prepare("INSERT INTO owner VALUES (?1)")?.run([node.0.to_vec()])?;
    connection.execute("COMMIT")
}

/// Opens a file under its lock, once it is known to be a node's.
fn open(path: &Path) -> Result<Connection, DatabaseError> {
    file::check_header(path)?;
    let connection = Connection::open(path)?;
    configure(&connection)?;
    check_integrity(&connection)?;
    Ok(connection)
}

/// Makes the connection exclusive, its commits durable, and deleted content unrecoverable.
pub(crate) fn configure(connection: &Connection) -> Result<(), DatabaseError> {
    connection.insist("locking_mode", "EXCLUSIVE", "exclusive")?;
    connection.insist("journal_mode", "WAL", "wal")?;
    connection.insist("synchronous", "FULL", "2")?;
    connection.insist("secure_delete", "ON", "1")?;
    connection.insist("temp_store", "MEMORY", "2")
}

/// Refuses a file with broken pages or indexes.
fn check_integrity(connection: &Connection) -> Result<(), DatabaseError> {
    match connection.pragma("integrity_check(1)")? {
        verdict if verdict == "ok" => Ok(()),
        verdict => Err(connection.damaged(verdict)),
    }
}

/// Refuses the file of another node.
fn check_owner(connection: &Connection, node: NodeId) -> Result<(), DatabaseError> {
    let mut owner = None;
    connection.query("SELECT node FROM owner", (), |mut fields| {
        owner = Some(NodeId(fields.array()?));
        Ok(())
    })?;
    match owner.ok_or_else(|| connection.damaged("it does not say whose it is"))? {
        owner if owner == node => Ok(()),
        owner => Err(DatabaseError::OtherNode {
            file: connection.file().to_owned(),
            owner: owner.short(),
        }),
    }
}

/// The first 8 bytes of SHA-256: finds accidents, not forgers.
pub(crate) fn checksum(parts: [&[u8]; 2]) -> i64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte))
}
