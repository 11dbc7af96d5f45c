//! The tables, and the settings without which nothing is promised.

use std::path::Path;

use formix_proto::id::NodeId;
use sha2::{Digest as _, Sha256};

use super::connection::Connection;
use super::error::StoreError;

/// Says in the header of the file that it is a node's: "Frmx".
pub(super) const APPLICATION: u32 = 0x4672_6d78;
/// The version of the tables.
pub(super) const VERSION: u32 = 2;

/// `computations` is for people: its columns are those of the original Formix, and
/// last the whole result.
const TABLES: &str = "
    CREATE TABLE meta (
        node BLOB NOT NULL, next INTEGER NOT NULL, rows INTEGER NOT NULL, sum INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE computations (
        position INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, comp_id TEXT NOT NULL UNIQUE,
        proposer_uid TEXT NOT NULL, heavy_node_1 TEXT NOT NULL, heavy_node_2 TEXT NOT NULL,
        heavy_node_3 TEXT NOT NULL, computation_prompt TEXT NOT NULL, response_schema TEXT NOT NULL,
        deadline INTEGER NOT NULL, min_participants INTEGER NOT NULL, status TEXT NOT NULL,
        failure TEXT, result TEXT, mean TEXT, participants_count INTEGER,
        created_at INTEGER NOT NULL, completed_at INTEGER, summary TEXT
    ) STRICT;
";

/// Makes an empty file a store.
pub(super) fn create(draft: &Path, node: NodeId) -> Result<(), StoreError> {
    let connection = Connection::open(draft)?;
    // A journal that a crash leaves behind would be rolled back into the next draft.
    connection.execute(&format!(
        "PRAGMA journal_mode = MEMORY;
         BEGIN IMMEDIATE;
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};
         {TABLES}"
    ))?;
    connection.prepare("INSERT INTO meta VALUES (?1, 1, 0, 0)")?.run([node.0.to_vec()])?;
    connection.execute("COMMIT")
}

/// Makes the connection the only one, and what it commits durable and, once deleted, gone.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.insist("locking_mode", "EXCLUSIVE", "exclusive")?;
    connection.insist("journal_mode", "WAL", "wal")?;
    connection.insist("synchronous", "FULL", "2")?;
    connection.insist("secure_delete", "ON", "1")?;
    connection.insist("temp_store", "MEMORY", "2")
}

/// Refuses a file whose pages or indexes are not what they should be.
pub(super) fn check_integrity(connection: &Connection) -> Result<(), StoreError> {
    match connection.pragma("integrity_check(1)")? {
        verdict if verdict == "ok" => Ok(()),
        verdict => Err(connection.damaged(verdict)),
    }
}

/// Refuses the file of another node.
pub(super) fn check_owner(connection: &Connection, node: NodeId) -> Result<(), StoreError> {
    let mut owner = None;
    connection.query("SELECT node FROM meta", (), |mut fields| {
        owner = Some(fields.blob()?);
        Ok(())
    })?;
    let owner = owner.and_then(|bytes| bytes.try_into().ok()).map(NodeId);
    match owner.ok_or_else(|| connection.damaged("it does not say whose it is"))? {
        owner if owner == node => Ok(()),
        owner => {
            Err(StoreError::OtherNode { file: connection.file().to_owned(), owner: owner.short() })
        }
    }
}

/// The first 8 bytes of SHA-256: finds accidents, not forgers.
pub(super) fn checksum(parts: [&[u8]; 2]) -> i64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | i64::from(*byte))
}
