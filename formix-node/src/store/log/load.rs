//! Reading the log, with every check that can find it damaged.

use std::collections::BTreeMap;

use formix_proto::record::Record;
use formix_proto::wire;
use zeroize::Zeroizing;

use super::{Log, Tally};
use crate::store::connection::{Connection, Fields};
use crate::store::error::StoreError;
use crate::store::schema::checksum;

impl Log {
    /// Reads and checks everything.
    pub(in crate::store) fn load(
        connection: &Connection,
    ) -> Result<(Self, Vec<Record>), StoreError> {
        let mut log = Self {
            computations: BTreeMap::new(),
            drawers: Vec::new(),
            free: Vec::new(),
            tally: Tally { next: 1, rows: 0, sum: 0 },
            insert: connection.prepare("INSERT INTO log VALUES (?1, ?2, ?3)")?,
            delete: connection.prepare("DELETE FROM log WHERE seq = ?1")?,
            save: connection.prepare("UPDATE meta SET next = ?1, rows = ?2, sum = ?3")?,
        };
        let mut records = log.read_facts(connection)?;
        for index in 0..count_drawers(connection)? {
            log.open_drawer(connection, index)?;
            records.extend(log.read_drawer(connection, index)?);
        }
        records.sort_unstable_by_key(|(seq, _)| *seq);
        log.check(connection, &records)?;
        Ok((log, records.into_iter().map(|(_, record)| record).collect()))
    }

    fn read_facts(&mut self, connection: &Connection) -> Result<Vec<(i64, Record)>, StoreError> {
        let mut records = Vec::new();
        connection.query("SELECT seq, checksum, body FROM log", (), |fields| {
            let (seq, sum, record) = read(connection, fields, false)?;
            self.computations.entry(record.id).or_default().facts.push((seq, sum));
            self.tally.add(1, sum);
            records.push((seq, record));
            Ok(())
        })?;
        Ok(records)
    }

    fn read_drawer(
        &mut self,
        connection: &Connection,
        index: usize,
    ) -> Result<Vec<(i64, Record)>, StoreError> {
        let mut records = Vec::new();
        let sql = format!("SELECT seq, checksum, body FROM shares_{index}");
        connection.query(&sql, (), |fields| {
            let (seq, sum, record) = read(connection, fields, true)?;
            let drawer =
                self.computations.entry(record.id).or_default().drawer.get_or_insert(index);
            let first = records.first().map_or(record.id, |(_, record): &(_, Record)| record.id);
            if *drawer != index || first != record.id {
                return Err(connection.damaged(format!("row {seq} is in another's drawer")));
            }
            self.drawers[index].add(sum);
            self.tally.add(1, sum);
            records.push((seq, record));
            Ok(())
        })?;
        if records.is_empty() {
            self.free.push(index);
        }
        Ok(records)
    }

    /// Nothing is missing, nothing is there twice, and the next row comes after all of them.
    fn check(
        &mut self,
        connection: &Connection,
        records: &[(i64, Record)],
    ) -> Result<(), StoreError> {
        if let Some(pair) = records.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(connection.damaged(format!("row {} is there twice", pair[0].0)));
        }
        let mut saved = None;
        connection.query("SELECT next, rows, sum FROM meta", (), |mut fields| {
            let (next, rows, sum) = (fields.integer()?, fields.integer()?, fields.integer()?);
            saved = Some(Tally { next, rows, sum });
            Ok(())
        })?;
        let last = records.last().map_or(0, |(seq, _)| *seq);
        match saved {
            Some(saved) if saved.next > last => self.tally.next = saved.next,
            _ => return Err(connection.damaged("the rows do not follow each other")),
        }
        if saved.is_some_and(|saved| saved == self.tally) {
            return Ok(());
        }
        Err(connection.damaged("rows are missing, or there are too many"))
    }
}

fn count_drawers(connection: &Connection) -> Result<usize, StoreError> {
    let mut count = None;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'shares_*'";
    connection.query(sql, (), |mut fields| {
        count = fields.number()?;
        Ok(())
    })?;
    Ok(count.unwrap_or(0))
}

/// One row, checked. An error names its place, never its content.
fn read(
    connection: &Connection,
    mut fields: Fields<'_>,
    holds_shares: bool,
) -> Result<(i64, i64, Record), StoreError> {
    let (seq, sum) = (fields.integer()?, fields.integer()?);
    let body = Zeroizing::new(fields.blob()?);
    if checksum([&seq.to_le_bytes(), body.as_slice()]) != sum {
        return Err(connection.damaged(format!("row {seq} is not as it was written")));
    }
    let record = wire::decode_record(&body)
        .map_err(|error| connection.damaged(format!("row {seq}: {error}")))?;
    if record.fact.holds_shares() != holds_shares {
        return Err(connection.damaged(format!("row {seq} is in the wrong table")));
    }
    Ok((seq, sum, record))
}
