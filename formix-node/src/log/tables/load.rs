//! Reading the log, with every check that can find it damaged.

use std::collections::BTreeMap;

use formix_proto::record::Record;
use formix_proto::wire;
use zeroize::Zeroizing;

use super::{RowSums, Tables};
use crate::database::{Connection, DatabaseError, Fields, checksum};

impl Tables {
    /// Reads and checks everything.
    pub(in crate::log) fn load(
        connection: &Connection,
    ) -> Result<(Self, Vec<Record>), DatabaseError> {
        let mut tables = Self {
            computations: BTreeMap::new(),
            shares: Vec::new(),
            free: Vec::new(),
            sums: RowSums { next: 1, rows: 0, sum: 0 },
            insert: connection.prepare("INSERT INTO log VALUES (?1, ?2, ?3)")?,
            delete: connection.prepare("DELETE FROM log WHERE seq = ?1")?,
            save: connection.prepare("UPDATE row_sums SET next = ?1, rows = ?2, sum = ?3")?,
        };
        let mut records = tables.read_facts(connection)?;
        for index in 0..count_share_tables(connection)? {
            tables.open_share_table(connection, index)?;
            records.extend(tables.read_share_table(connection, index)?);
        }
        records.sort_unstable_by_key(|(seq, _)| *seq);
        tables.check(connection, &records)?;
        Ok((tables, records.into_iter().map(|(_, record)| record).collect()))
    }

    fn read_facts(&mut self, connection: &Connection) -> Result<Vec<(i64, Record)>, DatabaseError> {
        let mut records = Vec::new();
        connection.query("SELECT seq, checksum, body FROM log", (), |fields| {
            let (seq, sum, record) = read(connection, fields, false)?;
            self.computations.entry(record.id).or_default().facts.push((seq, sum));
            self.sums.add(1, sum);
            records.push((seq, record));
            Ok(())
        })?;
        Ok(records)
    }

    fn read_share_table(
        &mut self,
        connection: &Connection,
        index: usize,
    ) -> Result<Vec<(i64, Record)>, DatabaseError> {
        let mut records = Vec::new();
        let sql = format!("SELECT seq, checksum, body FROM shares_{index}");
        connection.query(&sql, (), |fields| {
            let (seq, sum, record) = read(connection, fields, true)?;
            let table = self.computations.entry(record.id).or_default().shares.get_or_insert(index);
            let first = records.first().map_or(record.id, |(_, record): &(_, Record)| record.id);
            if *table != index || first != record.id {
                return Err(
                    connection.damaged(format!("row {seq} is among another computation's shares"))
                );
            }
            self.shares[index].add(sum);
            self.sums.add(1, sum);
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
    ) -> Result<(), DatabaseError> {
        if let Some(pair) = records.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(connection.damaged(format!("row {} is there twice", pair[0].0)));
        }
        let mut saved = None;
        connection.query("SELECT next, rows, sum FROM row_sums", (), |mut fields| {
            let (next, rows, sum) = (fields.integer()?, fields.integer()?, fields.integer()?);
            saved = Some(RowSums { next, rows, sum });
            Ok(())
        })?;
        let last = records.last().map_or(0, |(seq, _)| *seq);
        match saved {
            Some(saved) if saved.next > last => self.sums.next = saved.next,
            _ => return Err(connection.damaged("the rows do not follow each other")),
        }
        if saved.is_some_and(|saved| saved == self.sums) {
            return Ok(());
        }
        Err(connection.damaged("rows are missing, or there are too many"))
    }
}

fn count_share_tables(connection: &Connection) -> Result<usize, DatabaseError> {
    let mut count = 0;
    let sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'shares_*'";
    connection.query(sql, (), |mut fields| {
        count = fields.number()?;
        Ok(())
    })?;
    Ok(count)
}

/// One row, checked. An error names its place, never its content.
fn read(
    connection: &Connection,
    mut fields: Fields<'_>,
    holds_shares: bool,
) -> Result<(i64, i64, Record), DatabaseError> {
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
