//! Writes the history, in the transactions of the log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use formix_proto::id::ComputationId;
use formix_proto::outcome::Stage;
use formix_proto::record::{Fact, Record};

use super::PAGE;
use super::row::{ComputationRow, State};
use super::table::{self, Detail};
use crate::database::{Connection, DatabaseError};
use crate::log::Listener;
use formix_proto::statistic::Schema;

/// The analyst's words for proposals that are about to be recorded.
#[derive(Clone, Default)]
pub(crate) struct Words(Arc<Mutex<BTreeMap<ComputationId, Schema>>>);

impl Words {
    /// Has these words recorded in the transaction of the proposal. To be called before the machine is
    /// asked to propose.
    pub(crate) fn expect(&self, id: ComputationId, words: Schema) {
        self.lock().insert(id, words);
    }

    /// Removes the words for a proposal.
    pub(crate) fn take(&self, id: &ComputationId) -> Option<Schema> {
        self.lock().remove(id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ComputationId, Schema>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns the proposer's facts into rows.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    pub(super) words: Words,
}

impl Listener for Recorder {
    fn tables(&self) -> &'static str {
        table::TABLES
    }

    fn check(&self, connection: &Connection, records: &[Record]) -> Result<(), DatabaseError> {
        let mut states = BTreeMap::new();
        for Record { id, fact } in records {
            if let Some(state) = state_after(fact) {
                states.insert(*id, state);
            }
        }
        let disagree = |id: &ComputationId| {
            let what = "the log and the history disagree about computation";
            connection.damaged(format!("{what} {}", id.short()))
        };
        // What the log has not forgotten is among the newest rows.
        let mut before = i64::MAX;
        while let Some((any, _)) = states.first_key_value() {
            let page = table::page(connection, before, PAGE, Detail::Probe)?;
            before = page.last().ok_or_else(|| disagree(any))?.position;
            for stored in page {
                let Some(state) = states.remove(&stored.id) else { continue };
                let has_totals = stored.totals.is_some();
                if stored.row(connection.file())?.state != state || has_totals != state.has_result()
                {
                    return Err(disagree(&stored.id));
                }
            }
        }
        Ok(())
    }

    fn hear(
        &mut self,
        connection: &Connection,
        record: &Record,
        now: u64,
    ) -> Result<(), DatabaseError> {
        let Some(state) = state_after(&record.fact) else { return Ok(()) };
        if let Fact::Proposed(proposal) = &record.fact {
            let words = self.words.take(&record.id);
            let row = ComputationRow::proposed(record.id, proposal, words, now);
            return table::insert(connection, &row);
        }
        if state.has_result() {
            table::insert_totals(connection, record)?;
        }
        table::change(connection, record.id, |row| {
            row.completed_at = state.has_ended().then_some(now);
            row.state = state;
        })
    }
}

/// The state of a computation after a proposer's fact. [`Fact::Forgotten`] changes nothing: the history
/// outlives the log's facts.
fn state_after(fact: &Fact) -> Option<State> {
    match fact {
        Fact::Proposed(_) => Some(State::Open(Stage::Pending)),
        Fact::Accepted => Some(State::Open(Stage::Collecting)),
        Fact::Concluded(outcome) => Some(State::from(outcome)),
        _ => None,
    }
}
