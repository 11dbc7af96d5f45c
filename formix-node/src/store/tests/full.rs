//! Logs whose end is damaged, and disks that are full: whole batches, from the first on, or an error.

use std::fs;

use super::conformance::{History, left_of, survivors, whole_lives};
use super::*;

/// A node that stopped without closing: its file as it was when it started, and its log.
fn stopped(history: &History) -> (Vec<u8>, Vec<u8>) {
    let home = Home::new();
    open(&home.file()).0.shut();
    let database = fs::read(home.file()).unwrap();
    let (mut writer, _) = Writer::open(&home.file(), ME).unwrap();
    for (seq, records) in (1..).zip(history) {
        writer.write(&[Batch { seq: BatchSeq(seq), records: records.clone() }]).unwrap();
    }
    (database, fs::read(home.0.path().join("node.db-wal")).unwrap())
}

/// What a node finds in these files.
fn found(database: &[u8], log: &[u8]) -> Result<Vec<Record>, StoreError> {
    let home = Home::new();
    fs::write(home.file(), database).unwrap();
    fs::write(home.0.path().join("node.db-wal"), log).unwrap();
    Store::open(&home.file(), ME).map(|(_, opened)| opened.records)
}

/// D4 for the write-ahead log: SQLite drops a frame that is not as it was written, and all after it.
#[test]
fn a_flipped_byte_of_the_log_loses_whole_batches_at_its_end() {
    let history = whole_lives(4, 1);
    let (database, log) = stopped(&history);
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for at in (0..log.len()).step_by(512).map(|sector| sector + sector / 512 % 512) {
        let mut flipped = log.clone();
        let Some(byte) = flipped.get_mut(at) else { continue };
        *byte ^= 1 << (at % 8);
        let Ok(records) = found(&database, &flipped) else { continue };
        let kept = survivors(&records, &history, 0, history.len());
        let kept = kept.unwrap_or_else(|| panic!("byte {at}: not a beginning of whole batches"));
        (shortest, longest) = (shortest.min(kept), longest.max(kept));
    }
    assert!(shortest == 0 && longest + 2 >= history.len(), "{shortest} to {longest}");
    assert!(found(&database, &log).unwrap() == left_of(&history));
}

/// D4, with histories that erase, too.
#[test]
fn a_log_cut_at_any_sector_loses_whole_batches_at_its_end() {
    let history = whole_lives(5, 2);
    let (database, log) = stopped(&history);
    let mut last = 0;
    for length in (0..=log.len()).step_by(512).chain([log.len()]) {
        let records = found(&database, &log[..length]).unwrap();
        let kept = survivors(&records, &history, last, history.len());
        last = kept.unwrap_or_else(|| panic!("{length} bytes: not a beginning of whole batches"));
    }
    assert_eq!(last, history.len());
}

/// The hard case: the database is newer than what is left of the log, whose old pages cover some of it.
#[test]
fn a_log_that_was_moved_to_the_database_and_then_damaged_is_never_read_wrong() {
    const COMPUTATIONS: u32 = 12;
    let home = Home::new();
    let mut history: History = vec![(0..COMPUTATIONS).map(|n| contributed(n, 0)).collect()];
    let write = |writer: &mut Writer, records: &Vec<Record>| {
        writer.write(&[Batch { seq: BatchSeq(1), records: records.clone() }]).unwrap();
    };
    write(&mut Writer::open(&home.file(), ME).unwrap().0, &history[0]);
    let (mut writer, _) = Writer::open(&home.file(), ME).unwrap();
    let (log, length) =
        (home.0.path().join("node.db-wal"), || fs::metadata(home.file()).unwrap().len());
    // SQLite moves the pages when they are a thousand, and leaves the log as it is until it writes again.
    let before = length();
    for n in 0.. {
        history.push((1..=40).map(|m| contributed(n / 20 % COMPUTATIONS, n * 40 + m)).collect());
        write(&mut writer, history.last().unwrap());
        if length() > before {
            break;
        }
    }
    let (database, log) = (fs::read(home.file()).unwrap(), fs::read(log).unwrap());
    assert!(found(&database, &log).unwrap() == left_of(&history));
    let mut refused = 0;
    for at in (40..log.len()).step_by(log.len() / 30) {
        let mut flipped = log.clone();
        flipped[at] ^= 0x10;
        for damaged in [&flipped[..], &log[..at]] {
            match found(&database, damaged) {
                Ok(records) => {
                    let kept = survivors(&records, &history, 0, history.len());
                    assert!(kept.is_some(), "byte {at}: not a beginning of whole batches");
                }
                Err(StoreError::Damaged { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(refused > 20, "only {refused} were noticed");
}

/// A disk that has room for so many pages: told as such, and what was acknowledged is there.
#[test]
fn a_disk_that_is_full_at_any_page_loses_nothing_that_was_acknowledged() {
    let history = whole_lives(6, 12);
    for pages in 1.. {
        let home = Home::new();
        let (mut writer, _) = Writer::open(&home.file(), ME).unwrap();
        writer.connection.execute(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        let mut acknowledged = 0;
        let failed = history.iter().find_map(|records| {
            let batch = Batch { seq: BatchSeq(1), records: records.clone() };
            let written = writer.write(&[batch]);
            acknowledged += usize::from(written.is_ok());
            written.err()
        });
        drop(writer);
        let records = open(&home.file()).1.records;
        let pushed = history.len().min(acknowledged + 1);
        assert!(survivors(&records, &history, acknowledged, pushed).is_some(), "{pages} pages");
        match failed {
            Some(StoreError::Database { .. }) => {}
            Some(error) => panic!("{pages} pages: {error}"),
            None if pages > 8 => return,
            None => panic!("{pages} pages are too many"),
        }
    }
}
