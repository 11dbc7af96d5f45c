//! The tables of the log: what happened, in order, with nothing of a share once it is erased.
//!
//! Facts go to the table `log`, which only grows at its end. Facts that hold shares go to *share
//! tables*, `shares_0`, `shares_1` and so on: each holds the shares of one computation, is emptied
//! whole, and then waits for another. Deleting row by row from a common table would be slower, and
//! would leave shares behind: SQLite zeroes what it deletes, but not the old copies of rows that it
//! moves to fill up neighbouring pages. In a share table no row is ever moved.
//!
//! `seq` orders the rows of all these tables. Each row carries a checksum over its place and body, and
//! `row_sums` the number and the sum of all checksums, so that a row that is changed, moved, missing or
//! one too many is found when the file is opened. An older copy of the whole file is not found.

mod load;

use std::collections::BTreeMap;

use formix_proto::id::ComputationId;
use formix_proto::record::{Erases, Record};
use formix_proto::wire;

use crate::database::{Connection, DatabaseError, Prepared, checksum};

/// What an empty log is made of.
pub(super) const TABLES: &str = "
    CREATE TABLE row_sums (next INTEGER NOT NULL, rows INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
    INSERT INTO row_sums VALUES (1, 0, 0);
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT;
";

/// Where everything is, and the statements to change it.
pub(super) struct Tables {
    computations: BTreeMap<ComputationId, Rows>,
    shares: Vec<ShareTable>,
    free: Vec<usize>,
    sums: RowSums,
    insert: Prepared,
    delete: Prepared,
    save: Prepared,
}

/// The rows of one computation.
#[derive(Default)]
struct Rows {
    /// Their places and checksums.
    facts: Vec<(i64, i64)>,
    shares: Option<usize>,
}

struct ShareTable {
    insert: Prepared,
    empty: Prepared,
    rows: i64,
    sum: i64,
}

/// What `row_sums` says of the rows that are there.
#[derive(Clone, Copy, PartialEq)]
struct RowSums {
    next: i64,
    rows: i64,
    sum: i64,
}

impl Tables {
    /// Adds a record and erases what it makes obsolete; says whether shares were erased.
    /// Call it in a transaction, with [`Tables::save`] at its end.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        record: &Record,
    ) -> Result<bool, DatabaseError> {
        let erased = self.erase(record)?;
        if record.fact.erases() == Erases::Everything {
            // Nothing is left to be forgotten, and a log that kept this would grow for ever.
            return Ok(erased);
        }
        let body = wire::encode_record(record);
        let seq = self.sums.next;
        let sum = checksum([&seq.to_le_bytes(), body.as_ref()]);
        let row = (seq, sum, body.as_ref().to_vec());
        if record.fact.holds_shares() {
            let index = self.share_table_of(connection, record.id)?;
            let table = &mut self.shares[index];
            table.insert.run(row)?;
            table.add(sum);
        } else {
            self.insert.run(row)?;
            self.computations.entry(record.id).or_default().facts.push((seq, sum));
        }
        self.sums.next += 1;
        self.sums.add(1, sum);
        Ok(erased)
    }

    /// Writes the sums down, once a transaction.
    pub(super) fn save(&self) -> Result<(), DatabaseError> {
        self.save.run([self.sums.next, self.sums.rows, self.sums.sum])
    }

    fn erase(&mut self, record: &Record) -> Result<bool, DatabaseError> {
        match record.fact.erases() {
            Erases::Nothing => Ok(false),
            Erases::Shares => self.erase_shares(record.id),
            Erases::Everything => {
                let erased = self.erase_shares(record.id)?;
                for (seq, sum) in self.computations.remove(&record.id).unwrap_or_default().facts {
                    self.delete.run([seq])?;
                    self.sums.add(-1, sum.wrapping_neg());
                }
                Ok(erased)
            }
        }
    }

    fn erase_shares(&mut self, id: ComputationId) -> Result<bool, DatabaseError> {
        let Some(index) = self.computations.get_mut(&id).and_then(|rows| rows.shares.take()) else {
            return Ok(false);
        };
        let table = &mut self.shares[index];
        table.empty.run(())?;
        self.sums.add(-table.rows, table.sum.wrapping_neg());
        (table.rows, table.sum) = (0, 0);
        self.free.push(index);
        Ok(true)
    }

    /// The share table of a computation; an empty one, or a new one, if it has none yet.
    fn share_table_of(
        &mut self,
        connection: &Connection,
        id: ComputationId,
    ) -> Result<usize, DatabaseError> {
        if let Some(index) = self.computations.entry(id).or_default().shares {
            return Ok(index);
        }
        let index = match self.free.pop() {
            Some(index) => index,
            None => self.new_share_table(connection)?,
        };
        self.computations.entry(id).or_default().shares = Some(index);
        Ok(index)
    }

    fn new_share_table(&mut self, connection: &Connection) -> Result<usize, DatabaseError> {
        let index = self.shares.len();
        connection.execute(&format!(
            "CREATE TABLE shares_{index} (
                seq INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, body BLOB NOT NULL
            ) STRICT"
        ))?;
        self.open_share_table(connection, index)?;
        Ok(index)
    }

    fn open_share_table(
        &mut self,
        connection: &Connection,
        index: usize,
    ) -> Result<(), DatabaseError> {
        self.shares.push(ShareTable {
            insert: connection
                .prepare(&format!("INSERT INTO shares_{index} VALUES (?1, ?2, ?3)"))?,
            empty: connection.prepare(&format!("DELETE FROM shares_{index}"))?,
            rows: 0,
            sum: 0,
        });
        Ok(())
    }
}

impl ShareTable {
    fn add(&mut self, sum: i64) {
        self.rows += 1;
        self.sum = self.sum.wrapping_add(sum);
    }
}

impl RowSums {
    fn add(&mut self, rows: i64, sum: i64) {
        self.rows += rows;
        self.sum = self.sum.wrapping_add(sum);
    }
}
