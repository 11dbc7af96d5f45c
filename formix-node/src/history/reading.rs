//! Turns recorded totals into results.

use std::collections::VecDeque;
use std::path::Path;

use formix_proto::id::ComputationId;
use formix_proto::limits::MAX_REGRESSION;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::statistic::Summary;

use super::row::ComputationRow;
use super::table::{Stored, StoredTotals};
use crate::database::DatabaseError;

/// The most summaries in the cache.
const MAX_CACHED: usize = 16;
/// The longest totals whose summary is cached, in bytes: those of the largest regression, which is slow to
/// decode, in elements of 16 bytes. A longer vector takes about as long to decode as to read.
pub(super) const MAX_CACHED_LENGTH: usize = 16 * MAX_REGRESSION + (1 << 10);

/// A row for a list.
pub(super) enum Listed {
    /// Complete.
    Row(Box<ComputationRow>),
    /// The result has a headline, but its totals are too long to be read with a list.
    TooLong(Box<ComputationRow>),
}

/// Reads a row for a list, which shows the headline of a result.
pub(super) fn listed(stored: &Stored, file: &Path) -> Result<Listed, DatabaseError> {
    let mut row = Box::new(stored.row(file)?);
    if !row.state.has_result() || !row.schema.has_headline() {
        return Ok(Listed::Row(row));
    }
    let Some(totals) = &stored.totals else { return Ok(Listed::TooLong(row)) };
    let summary = decode(&row, totals, file)?;
    add_result(&mut row, summary);
    row.summary = None;
    Ok(Listed::Row(row))
}

/// Reads a row with its result. Decoding can take seconds.
pub(super) fn whole(stored: &Stored, file: &Path) -> Result<ComputationRow, DatabaseError> {
    let mut row = stored.row(file)?;
    if let Some(totals) = &stored.totals {
        let summary = decode(&row, totals, file)?;
        add_result(&mut row, summary);
    }
    Ok(row)
}

/// Decodes totals; `None` if they do not fit the question, which the machine never records.
fn decode(
    row: &ComputationRow,
    totals: &StoredTotals,
    file: &Path,
) -> Result<Option<Summary>, DatabaseError> {
    match totals.record(row.comp_id, file)?.fact {
        Fact::Concluded(Outcome::Completed(reveal)) => {
            let statistic = &row.proposal.spec.statistic;
            Ok(statistic.decode(&reveal.totals, reveal.participants))
        }
        _ => Ok(None),
    }
}

/// Adds the result to a row.
pub(super) fn add_result(row: &mut ComputationRow, summary: Option<Summary>) {
    let table = summary.as_ref().and_then(|summary| row.schema.overall(summary));
    row.mean = table.as_ref().and_then(|table| table.plain("mean"));
    row.result = table.and_then(|table| table.headline);
    row.summary = summary;
}

/// The summaries that were decoded last.
#[derive(Default)]
pub(super) struct Cache(VecDeque<(ComputationId, Summary)>);

impl Cache {
    pub(super) fn find(&self, id: &ComputationId) -> Option<Summary> {
        self.0.iter().find(|(of, _)| of == id).map(|(_, summary)| summary.clone())
    }

    /// Adds the summary of a row whose totals have this length in bytes, unless they are too long.
    pub(super) fn add(&mut self, row: &ComputationRow, length: usize) {
        let Some(summary) = row.summary.as_ref().filter(|_| length <= MAX_CACHED_LENGTH) else {
            return;
        };
        self.0.push_front((row.comp_id, summary.clone()));
        self.0.truncate(MAX_CACHED);
    }
}
