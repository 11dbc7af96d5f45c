//! The computations that this node proposed, as people read them: one row each, kept for good.

use formix_proto::Decimal;
use formix_proto::id::ComputationId;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Record};
use formix_proto::spec::Proposal;
use formix_proto::statistic::{Domain, Statistic, Summary};
use libsql::Value;
use libsql::params::IntoParams;
use serde::{Deserialize, Serialize};

use super::connection::{Connection, Fields};
use super::error::StoreError;
use super::schema::checksum;

/// A computation that this node proposed. The names of the fields are those of the original Formix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputationRow {
    /// Its id, in hexadecimal.
    pub comp_id: String,
    /// The id of the node that asked, in hexadecimal.
    pub proposer_uid: String,
    /// The heavy node in seat 0, the primary.
    pub heavy_node_1: String,
    /// The heavy node in seat 1.
    pub heavy_node_2: String,
    /// The heavy node in seat 2.
    pub heavy_node_3: String,
    /// The question. Untrusted text: escape it before it is printed.
    pub computation_prompt: String,
    /// What answers it takes: a JSON object with `statistic`, `min`, `max` and `decimals`.
    pub response_schema: String,
    /// When answers stop being accepted, in unix milliseconds.
    pub deadline: u64,
    /// The least number of answers that may be revealed.
    pub min_participants: u32,
    /// `pending`, `collecting`, `completed` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The sum of the answers, in decimal notation.
    pub result: Option<String>,
    /// Their mean, in decimal notation.
    pub mean: Option<String>,
    /// How many answers there are in the sum.
    pub participants_count: Option<u32>,
    /// When it was proposed, in unix milliseconds.
    pub created_at: u64,
    /// When its outcome was recorded, in unix milliseconds.
    pub completed_at: Option<u64>,
}

/// `response_schema`, which is also what a result is decoded with.
#[derive(Serialize, Deserialize)]
#[serde(tag = "statistic", rename_all = "lowercase")]
enum Schema {
    Number { min: String, max: String, decimals: u8 },
}

/// Text is selected as bytes: see [`Fields::text`].
const SELECT: &str = "SELECT checksum, CAST(comp_id AS BLOB), CAST(proposer_uid AS BLOB),
    CAST(heavy_node_1 AS BLOB), CAST(heavy_node_2 AS BLOB), CAST(heavy_node_3 AS BLOB),
    CAST(computation_prompt AS BLOB), CAST(response_schema AS BLOB), deadline, min_participants,
    CAST(status AS BLOB), CAST(failure AS BLOB), CAST(result AS BLOB), CAST(mean AS BLOB),
    participants_count, created_at, completed_at FROM computations";
const INSERT: &str = "INSERT OR REPLACE INTO computations VALUES
    (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
const UPDATE: &str =
    "UPDATE computations SET checksum = ?1, status = ?2, failure = ?3, result = ?4,
    mean = ?5, participants_count = ?6, completed_at = ?7 WHERE comp_id = ?8";

/// Writes down what a record means to people, if anything. `now` is in unix milliseconds.
pub(super) fn project(
    connection: &Connection,
    record: &Record,
    now: u64,
) -> Result<(), StoreError> {
    match &record.fact {
        Fact::Proposed(proposal) => insert(connection, &proposed(record.id, proposal, now)),
        Fact::Accepted => change(connection, record.id, |row| row.status = "collecting".into()),
        Fact::Concluded(outcome) => {
            change(connection, record.id, |row| conclude(row, outcome, now))
        }
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

/// One row.
pub(super) fn find(
    connection: &Connection,
    id: ComputationId,
) -> Result<Option<ComputationRow>, StoreError> {
    Ok(read(connection, "WHERE comp_id = ?1", [id.to_string()])?.pop())
}

fn proposed(id: ComputationId, proposal: &Proposal, now: u64) -> ComputationRow {
    let spec = &proposal.spec;
    let [first, second, third] = spec.committee.0.map(|node| node.to_string());
    ComputationRow {
        comp_id: id.to_string(),
        proposer_uid: proposal.proposer.to_string(),
        heavy_node_1: first,
        heavy_node_2: second,
        heavy_node_3: third,
        computation_prompt: spec.prompt.clone(),
        response_schema: Schema::text(&spec.statistic),
        deadline: spec.deadline.0,
        min_participants: spec.min_participants,
        status: "pending".into(),
        failure: None,
        result: None,
        mean: None,
        participants_count: None,
        created_at: now,
        completed_at: None,
    }
}

fn conclude(row: &mut ComputationRow, outcome: &Outcome, now: u64) {
    row.completed_at = Some(now);
    match outcome {
        Outcome::Failed(failure) => {
            row.status = "failed".into();
            row.failure = Some(failure.to_string());
        }
        Outcome::Completed(reveal) => {
            let summary = Schema::summary(&row.response_schema, reveal);
            row.status = "completed".into();
            row.participants_count = Some(reveal.participants);
            row.result = summary.as_ref().map(|summary| summary.sum.to_string());
            row.mean = summary.and_then(|summary| summary.mean).map(|mean| mean.to_string());
        }
    }
}

impl Schema {
    fn text(statistic: &Statistic) -> String {
        let Statistic::Number(domain) = statistic;
        let (min, max) = (domain.min().to_string(), domain.max().to_string());
        let schema = Self::Number { min, max, decimals: domain.decimals() };
        serde_json::to_string(&schema).unwrap_or_default()
    }

    /// `None` only for totals that are not the question's, which the machine does not let through.
    fn summary(text: &str, reveal: &Reveal) -> Option<Summary> {
        let Self::Number { min, max, decimals } = serde_json::from_str(text).ok()?;
        let bound = |text: &str| Decimal::from_str_exact(text).ok();
        let domain = Domain::new(bound(&min)?, bound(&max)?, decimals).ok()?;
        Statistic::Number(domain).decode(&reveal.totals, reveal.participants)
    }
}

fn insert(connection: &Connection, row: &ComputationRow) -> Result<(), StoreError> {
    connection.prepare(INSERT)?.run(vec![
        Value::Integer(digest(row)),
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
    ])
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
        Value::Integer(digest(&row)),
        row.status.into(),
        row.failure.into(),
        row.result.into(),
        row.mean.into(),
        row.participants_count.into(),
        row.completed_at.map_or(Value::Null, integer),
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
        if digest(&row) != sum {
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
    })
}

/// SQLite's integers are signed; the times that do not fit are 292 million years away.
fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn digest(row: &ComputationRow) -> i64 {
    let bytes = serde_json::to_vec(row).unwrap_or_default();
    checksum([b"computation", &bytes])
}
