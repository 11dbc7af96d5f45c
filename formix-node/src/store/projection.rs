//! The computations that this node proposed, as people read them: one row each, kept for good.

use formix_proto::id::ComputationId;
use formix_proto::record::{Fact, Record};
use libsql::Value;
use libsql::params::IntoParams;

use super::connection::{Connection, Fields};
use super::error::StoreError;
use super::row::ComputationRow;
use crate::question::Schema;

/// Text is selected as bytes: see [`Fields::text`].
const SELECT: &str = "SELECT checksum, CAST(comp_id AS BLOB), CAST(proposer_uid AS BLOB),
    CAST(heavy_node_1 AS BLOB), CAST(heavy_node_2 AS BLOB), CAST(heavy_node_3 AS BLOB),
    CAST(computation_prompt AS BLOB), CAST(response_schema AS BLOB), deadline, min_participants,
    CAST(status AS BLOB), CAST(failure AS BLOB), CAST(result AS BLOB), CAST(mean AS BLOB),
    participants_count, created_at, completed_at, CAST(summary AS BLOB) FROM computations";
const INSERT: &str = "INSERT OR REPLACE INTO computations VALUES
    (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
const UPDATE: &str =
    "UPDATE computations SET checksum = ?1, response_schema = ?2, status = ?3, failure = ?4,
    result = ?5, mean = ?6, participants_count = ?7, completed_at = ?8, summary = ?9
    WHERE comp_id = ?10";

/// Writes down what a record means to people, if anything. `now` is in unix milliseconds.
pub(super) fn project(
    connection: &Connection,
    record: &Record,
    now: u64,
) -> Result<(), StoreError> {
    match &record.fact {
        Fact::Proposed(proposal) => {
            insert(connection, &ComputationRow::proposed(record.id, proposal, now))
        }
        Fact::Accepted => change(connection, record.id, |row| row.status = "collecting".into()),
        Fact::Concluded(outcome) => change(connection, record.id, |row| row.conclude(outcome, now)),
        _ => Ok(()),
    }
}

/// The newest `most` rows, newest first.
pub(super) fn newest(
    connection: &Connection,
    most: usize,
) -> Result<Vec<ComputationRow>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    read(connection, "ORDER BY position DESC LIMIT ?1", [most])
}

/// The ids of all rows, newest first. Results can be long, and ids are what is searched.
pub(super) fn ids(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    let all = "SELECT CAST(comp_id AS BLOB) FROM computations ORDER BY position DESC";
    connection.query(all, (), |mut fields| {
        ids.push(fields.some(Fields::text)?);
        Ok(())
    })?;
    Ok(ids)
}

/// One row.
pub(super) fn find(
    connection: &Connection,
    id: ComputationId,
) -> Result<Option<ComputationRow>, StoreError> {
    Ok(read(connection, "WHERE comp_id = ?1", [id.to_string()])?.pop())
}

fn insert(connection: &Connection, row: &ComputationRow) -> Result<(), StoreError> {
    connection.prepare(INSERT)?.run(vec![
        Value::Integer(row.checksum()),
        row.comp_id.as_str().into(),
        row.proposer_uid.as_str().into(),
        row.heavy_node_1.as_str().into(),
        row.heavy_node_2.as_str().into(),
        row.heavy_node_3.as_str().into(),
        row.computation_prompt.as_str().into(),
        row.response_schema.as_str().into(),
        integer(row.deadline),
        row.min_participants.into(),
        row.status.as_str().into(),
        row.failure.clone().into(),
        row.result.clone().into(),
        row.mean.clone().into(),
        row.participants_count.into(),
        integer(row.created_at),
        row.completed_at.map_or(Value::Null, integer),
        row.summary_text().into(),
    ])
}

/// Writes down an analyst's words for what is wanted, beside what it is that these stand for.
pub(super) fn describe(
    connection: &Connection,
    id: ComputationId,
    schema: Schema,
) -> Result<(), StoreError> {
    match find(connection, id)? {
        Some(_) => change(connection, id, |row| row.describe(&schema)),
        // The question was not asked.
        None => Ok(()),
    }
}

fn change(
    connection: &Connection,
    id: ComputationId,
    change: impl FnOnce(&mut ComputationRow),
) -> Result<(), StoreError> {
    let mut row = find(connection, id)?
        .ok_or_else(|| connection.damaged(format!("computation {} is missing", id.short())))?;
    change(&mut row);
    connection.prepare(UPDATE)?.run(vec![
        Value::Integer(row.checksum()),
        row.response_schema.as_str().into(),
        row.status.as_str().into(),
        row.failure.clone().into(),
        row.result.clone().into(),
        row.mean.clone().into(),
        row.participants_count.into(),
        row.completed_at.map_or(Value::Null, integer),
        row.summary_text().into(),
        row.comp_id.into(),
    ])
}

fn read(
    connection: &Connection,
    which: &str,
    params: impl IntoParams,
) -> Result<Vec<ComputationRow>, StoreError> {
    let mut rows = Vec::new();
    connection.query(&format!("{SELECT} {which}"), params, |mut fields| {
        let sum = fields.integer()?;
        let row = decode(&mut fields)?;
        if row.checksum() != sum {
            return Err(connection.damaged("a computation is not as it was written"));
        }
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn decode(fields: &mut Fields<'_>) -> Result<ComputationRow, StoreError> {
    Ok(ComputationRow {
        comp_id: fields.some(Fields::text)?,
        proposer_uid: fields.some(Fields::text)?,
        heavy_node_1: fields.some(Fields::text)?,
        heavy_node_2: fields.some(Fields::text)?,
        heavy_node_3: fields.some(Fields::text)?,
        computation_prompt: fields.some(Fields::text)?,
        response_schema: fields.some(Fields::text)?,
        deadline: fields.some(Fields::number)?,
        min_participants: fields.some(Fields::number)?,
        status: fields.some(Fields::text)?,
        failure: fields.text()?,
        result: fields.text()?,
        mean: fields.text()?,
        participants_count: fields.number()?,
        created_at: fields.some(Fields::number)?,
        completed_at: fields.number()?,
        summary: fields.json()?,
    })
}

/// SQLite's integers are signed; the times that do not fit are 292 million years away.
fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
