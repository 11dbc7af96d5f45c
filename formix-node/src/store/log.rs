//! The log: what happened, in order, with nothing of a share once it is erased.
//!
//! Facts go to the table `log`, which only grows at its end. Facts that hold shares go to *drawers*,
//! tables `shares_0`, `shares_1` and so on: a drawer holds the shares of one computation, is emptied
//! whole, and then waits for another. Deleting row by row from a common table would be slower, and
//! would leave shares behind: SQLite zeroes what it deletes, but not the old copies of rows that it
//! moves to fill up neighbouring pages. In a drawer no row is ever moved.
//!
//! `seq` orders the rows of all these tables. Each row carries a checksum over its place and body, and
//! `meta` the number and the sum of all checksums, so that a row that is changed, moved, missing or
//! one too many is found when the file is opened. An older copy of the whole file is not found.

mod load;

use std::collections::BTreeMap;

use formix_proto::id::ComputationId;
use formix_proto::record::{Erases, Record};
use formix_proto::wire;

use super::connection::{Connection, Prepared};
use super::error::StoreError;
use super::schema::checksum;

/// Where everything is, and the statements to change it.
pub(super) struct Log {
    computations: BTreeMap<ComputationId, Rows>,
    drawers: Vec<Drawer>,
    free: Vec<usize>,
    tally: Tally,
    insert: Prepared,
    delete: Prepared,
    save: Prepared,
}

/// The rows of one computation.
#[derive(Default)]
struct Rows {
    facts: Vec<(i64, i64)>,
    drawer: Option<usize>,
}

struct Drawer {
    insert: Prepared,
    empty: Prepared,
    rows: i64,
    sum: i64,
}

/// What `meta` says of the rows that are there.
#[derive(Clone, Copy, PartialEq)]
struct Tally {
    next: i64,
    rows: i64,
    sum: i64,
}

impl Log {
    /// Adds a record and erases what it makes obsolete; says whether shares were erased.
    /// Call it in a transaction, with [`Log::save`] at its end.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        record: &Record,
    ) -> Result<bool, StoreError> {
        let erased = self.erase(record)?;
        if record.fact.erases() == Erases::Everything {
            // Nothing is left to be forgotten, and a log that kept this would grow for ever.
            return Ok(erased);
        }
        let body = wire::encode_record(record);
        let seq = self.tally.next;
        let sum = checksum([&seq.to_le_bytes(), body.as_ref()]);
        let row = (seq, sum, body.as_ref().to_vec());
        if record.fact.holds_shares() {
            let index = self.drawer_of(connection, record.id)?;
            let drawer = &mut self.drawers[index];
            drawer.insert.run(row)?;
            drawer.add(sum);
        } else {
            self.insert.run(row)?;
            self.computations.entry(record.id).or_default().facts.push((seq, sum));
        }
        self.tally.next += 1;
        self.tally.add(1, sum);
        Ok(erased)
    }

    /// Writes the tally down, once a transaction.
    pub(super) fn save(&self) -> Result<(), StoreError> {
        self.save.run([self.tally.next, self.tally.rows, self.tally.sum])
    }

    fn erase(&mut self, record: &Record) -> Result<bool, StoreError> {
        match record.fact.erases() {
            Erases::Nothing => Ok(false),
            Erases::Shares => self.erase_shares(record.id),
            Erases::Everything => {
                let erased = self.erase_shares(record.id)?;
                for (seq, sum) in self.computations.remove(&record.id).unwrap_or_default().facts {
                    self.delete.run([seq])?;
                    self.tally.add(-1, sum.wrapping_neg());
                }
                Ok(erased)
            }
        }
    }

    fn erase_shares(&mut self, id: ComputationId) -> Result<bool, StoreError> {
        let Some(index) = self.computations.get_mut(&id).and_then(|rows| rows.drawer.take()) else {
            return Ok(false);
        };
        let drawer = &mut self.drawers[index];
        drawer.empty.run(())?;
        self.tally.add(-drawer.rows, drawer.sum.wrapping_neg());
        (drawer.rows, drawer.sum) = (0, 0);
        self.free.push(index);
        Ok(true)
    }

    /// The drawer of a computation; an empty one, or a new one, if it has none yet.
    fn drawer_of(
        &mut self,
        connection: &Connection,
        id: ComputationId,
    ) -> Result<usize, StoreError> {
        if let Some(index) = self.computations.entry(id).or_default().drawer {
            return Ok(index);
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.new_drawer(connection)?,
        };
        self.computations.entry(id).or_default().drawer = Some(index);
        Ok(index)
    }

    fn new_drawer(&mut self, connection: &Connection) -> Result<usize, StoreError> {
        let index = self.drawers.len();
        connection.execute(&format!(
            "CREATE TABLE shares_{index} (
                seq INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL
            ) STRICT"
        ))?;
        self.open_drawer(connection, index)?;
        Ok(index)
    }

    fn open_drawer(&mut self, connection: &Connection, index: usize) -> Result<(), StoreError> {
        self.drawers.push(Drawer {
            insert: connection
                .prepare(&format!("INSERT INTO shares_{index} VALUES (?1, ?2, ?3)"))?,
            empty: connection.prepare(&format!("DELETE FROM shares_{index}"))?,
            rows: 0,
            sum: 0,
        });
        Ok(())
    }
}

impl Drawer {
    fn add(&mut self, sum: i64) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(sum);
    }
}

impl Tally {
    fn add(&mut self, rows: i64, sum: i64) {
        self.rows += rows;
        self.sum = self.sum.wrapping_add(sum);
    }
}
