//! The tables of the history: one row for each computation, and the totals in a table of their own, so
//! that a list can be read without them. A row or totals with a wrong checksum are not shown.

use std::path::Path;

use formix_proto::id::ComputationId;
use formix_proto::record::Record;
use formix_proto::wire;
use libsql::Value;
use libsql::params::IntoParams;

use super::row::ComputationRow;
use crate::database::{Connection, DatabaseError, checksum};

/// `row` is a [`ComputationRow`] in JSON, `body` the record of its outcome as the log has it.
pub(super) const TABLES: &str = "
    CREATE TABLE history (
        position INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, id BLOB NOT NULL UNIQUE,
        row TEXT NOT NULL
    ) STRICT;
    CREATE TABLE totals (
        id BLOB NOT NULL UNIQUE, checksum INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
";

/// How much of the totals is read along with rows.
#[derive(Clone, Copy)]
pub(super) enum Detail {
    /// None.
    Skip,
    /// Whether there are any; they come without a byte of them.
    Probe,
    /// Those of up to 4 KiB, as a single number's are.
    Short,
    /// All.
    Whole,
}

impl Detail {
    /// The expression that selects them.
    fn sql(self) -> &'static str {
        match self {
            Self::Skip => "NULL",
            Self::Probe => "CASE WHEN totals.id IS NOT NULL THEN x'' END",
            Self::Short => "CASE WHEN length(totals.body) <= 4096 THEN totals.body END",
            Self::Whole => "totals.body",
        }
    }
}

/// A row as stored, not yet checked or parsed: the thread that writes the log reads no more than this.
pub(super) struct Stored {
    pub(super) position: i64,
    checksum: i64,
    pub(super) id: ComputationId,
    row: Vec<u8>,
    /// Its totals, if they were read.
    pub(super) totals: Option<StoredTotals>,
}

/// The totals of a row as stored, not yet checked.
pub(super) struct StoredTotals {
    checksum: i64,
    body: Vec<u8>,
}

impl Stored {
    /// The row, once its checksum is verified.
    pub(super) fn row(&self, file: &Path) -> Result<ComputationRow, DatabaseError> {
        let row = serde_json::from_slice(&self.row).ok();
        row.filter(|_| checksum([&self.id.0, &self.row]) == self.checksum).ok_or_else(|| {
            DatabaseError::damaged(file, format!("row {} of the history", self.position))
        })
    }
}

impl StoredTotals {
    /// The record of the outcome, once its checksum is verified.
    pub(super) fn record(&self, id: ComputationId, file: &Path) -> Result<Record, DatabaseError> {
        let record = wire::decode_record(&self.body).ok();
        record.filter(|_| checksum([&id.0, &self.body]) == self.checksum).ok_or_else(|| {
            DatabaseError::damaged(file, format!("the totals of computation {}", id.short()))
        })
    }

    /// Their length, in bytes.
    pub(super) fn length(&self) -> usize {
        self.body.len()
    }
}

/// Adds a row.
pub(super) fn insert(connection: &Connection, row: &ComputationRow) -> Result<(), DatabaseError> {
    let (sum, text) = written(connection, row)?;
    let insert = connection.prepare("INSERT OR REPLACE INTO history VALUES (NULL, ?1, ?2, ?3)")?;
    insert.run((sum, row.comp_id.0.to_vec(), text))
}

/// Changes a row, which must be there.
pub(super) fn change(
    connection: &Connection,
    id: ComputationId,
    change: impl FnOnce(&mut ComputationRow),
) -> Result<(), DatabaseError> {
    let missing = || connection.damaged(format!("computation {} is missing", id.short()));
    let mut row = find_row(connection, id)?.ok_or_else(missing)?;
    change(&mut row);
    let (sum, text) = written(connection, &row)?;
    let update = connection.prepare("UPDATE history SET checksum = ?1, row = ?2 WHERE id = ?3")?;
    update.run((sum, text, id.0.to_vec()))
}

/// Puts the totals of an outcome beside its row.
pub(super) fn insert_totals(connection: &Connection, record: &Record) -> Result<(), DatabaseError> {
    let body = wire::encode_record(record);
    let sum = checksum([&record.id.0, body.as_ref()]);
    let insert = connection.prepare("INSERT OR REPLACE INTO totals VALUES (?1, ?2, ?3)")?;
    insert.run((record.id.0.to_vec(), sum, body.as_ref().to_vec()))
}

/// The newest `most` rows before a position, newest first.
pub(super) fn page(
    connection: &Connection,
    before: i64,
    most: usize,
    detail: Detail,
) -> Result<Vec<Stored>, DatabaseError> {
    let newest = "WHERE position < ?1 ORDER BY position DESC LIMIT ?2";
    read(connection, detail, newest, [before, i64::try_from(most).unwrap_or(i64::MAX)])
}

/// One row with its totals.
pub(super) fn find(
    connection: &Connection,
    id: ComputationId,
) -> Result<Option<Stored>, DatabaseError> {
    Ok(read(connection, Detail::Whole, "WHERE history.id = ?1", [id.0.to_vec()])?.pop())
}

/// One row, checked, without its totals.
pub(super) fn find_row(
    connection: &Connection,
    id: ComputationId,
) -> Result<Option<ComputationRow>, DatabaseError> {
    let found = read(connection, Detail::Skip, "WHERE history.id = ?1", [id.0.to_vec()])?.pop();
    found.map(|stored| stored.row(connection.file())).transpose()
}

/// The positions and ids of the newest `most` rows before a position, newest first.
pub(super) fn ids(
    connection: &Connection,
    before: i64,
    most: usize,
) -> Result<Vec<(i64, ComputationId)>, DatabaseError> {
    let mut ids = Vec::new();
    let newest =
        "SELECT position, id FROM history WHERE position < ?1 ORDER BY position DESC LIMIT ?2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    connection.query(newest, [before, most], |mut fields| {
        ids.push((fields.integer()?, ComputationId(fields.array()?)));
        Ok(())
    })?;
    Ok(ids)
}

/// Text is selected as bytes, because libsql panics over bad UTF-8.
fn read(
    connection: &Connection,
    detail: Detail,
    which: &str,
    params: impl IntoParams,
) -> Result<Vec<Stored>, DatabaseError> {
    let sql = format!(
        "SELECT position, history.checksum, history.id, CAST(row AS BLOB), totals.checksum, {}
         FROM history LEFT JOIN totals ON totals.id = history.id {which}",
        detail.sql()
    );
    let mut rows = Vec::new();
    connection.query(&sql, params, |mut fields| {
        let (position, checksum) = (fields.integer()?, fields.integer()?);
        let (id, row) = (ComputationId(fields.array()?), fields.blob()?);
        let totals = match (fields.value()?, fields.value()?) {
            (Value::Integer(checksum), Value::Blob(body)) => Some(StoredTotals { checksum, body }),
            _ => None,
        };
        rows.push(Stored { position, checksum, id, row, totals });
        Ok(())
    })?;
    Ok(rows)
}

/// A row as it is recorded, and its checksum.
fn written(connection: &Connection, row: &ComputationRow) -> Result<(i64, String), DatabaseError> {
    let text = serde_json::to_string(row);
    let text = text.map_err(|error| connection.damaged(error.to_string()))?;
    Ok((checksum([&row.comp_id.0, text.as_bytes()]), text))
}
