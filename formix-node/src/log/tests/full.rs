//! Logs whose end is damaged, and disks that are full: whole batches, from the first on, or an error.

use std::fs;

use super::conformance::{Batches, left_of, survivors, whole_lives};
use super::*;

/// What a node finds in these files.
fn found(database: &[u8], log: &[u8]) -> Result<Vec<Record>, DatabaseError> {
    let home = Home::new();
    fs::write(home.file(), database).unwrap();
    fs::write(home.0.path().join("node.db-wal"), log).unwrap();
    try_open(&home.file()).map(|(_, opened)| opened.records)
}

/// D4 for the write-ahead log: SQLite drops a frame that is not as it was written, and all after it.
#[test]
fn a_flipped_byte_of_the_log_loses_whole_batches_at_its_end() {
    let batches = whole_lives(4, 1);
    let (database, log) = stopped(Counter, &batches);
    let (mut shortest, mut longest) = (usize::MAX, 0);
    for at in (0..log.len()).step_by(512).map(|sector| sector + sector / 512 % 512) {
        let mut flipped = log.clone();
        let Some(byte) = flipped.get_mut(at) else { continue };
        *byte ^= 1 << (at % 8);
        let Ok(records) = found(&database, &flipped) else { continue };
        let kept = survivors(&records, &batches, 0, batches.len());
        let kept = kept.unwrap_or_else(|| panic!("byte {at}: not a beginning of whole batches"));
        (shortest, longest) = (shortest.min(kept), longest.max(kept));
    }
    assert!(shortest == 0 && longest + 2 >= batches.len(), "{shortest} to {longest}");
    assert!(found(&database, &log).unwrap() == left_of(&batches));
}

/// D4, with batches that erase, too.
#[test]
fn a_log_cut_at_any_sector_loses_whole_batches_at_its_end() {
    let batches = whole_lives(5, 2);
    let (database, log) = stopped(Counter, &batches);
    let mut last = 0;
    for length in (0..=log.len()).step_by(512).chain([log.len()]) {
        let records = found(&database, &log[..length]).unwrap();
        let kept = survivors(&records, &batches, last, batches.len());
        last = kept.unwrap_or_else(|| panic!("{length} bytes: not a beginning of whole batches"));
    }
    assert_eq!(last, batches.len());
}

#[test]
fn a_cut_log_loses_whole_batches_at_its_end() {
    const BATCHES: u32 = 12;
    let home = Home::new();
    open(&home.file()).0.shut();
    let database = fs::read(home.file()).unwrap();
    let (log, mut opened) = open(&home.file());
    let batch = |n| vec![proposed(n), contributed(n % 3, n), record(n, Fact::Opened)];
    for n in 0..BATCHES {
        log.write(&mut opened, u64::from(n) + 1, batch(n));
    }
    let written = fs::read(home.0.path().join("node.db-wal")).unwrap();
    let all: Vec<_> = (0..BATCHES).flat_map(batch).collect();
    let mut last = 0;
    for length in (0..=written.len()).step_by(512).chain([written.len()]) {
        let copy = Home::new();
        fs::write(copy.file(), &database).unwrap();
        fs::write(copy.0.path().join("node.db-wal"), &written[..length]).unwrap();
        let records = open(&copy.file()).1.records;
        assert!(records.len() >= last && records.len().is_multiple_of(3), "{length} bytes");
        assert_eq!(records, all[..records.len()], "{length} bytes");
        last = records.len();
    }
    assert_eq!(last, all.len());
}

/// The hard case: the database is newer than what is left of the log, whose old pages cover some of it.
#[test]
fn a_log_that_was_moved_to_the_database_and_then_damaged_is_never_read_wrong() {
    const COMPUTATIONS: u32 = 12;
    let home = Home::new();
    let mut batches: Batches = vec![(0..COMPUTATIONS).map(|n| contributed(n, 0)).collect()];
    let write = |writer: &mut Writer<Counter>, records: &Vec<Record>| {
        writer.write(&[Batch { seq: BatchSeq(1), records: records.clone() }]).unwrap();
    };
    write(&mut open_writer(&home.file()), &batches[0]);
    let mut writer = open_writer(&home.file());
    let (log, length) =
        (home.0.path().join("node.db-wal"), || fs::metadata(home.file()).unwrap().len());
    // SQLite moves the pages when they are a thousand, and leaves the log as it is until it writes again.
    let before = length();
    for n in 0.. {
        batches.push((1..=40).map(|m| contributed(n / 20 % COMPUTATIONS, n * 40 + m)).collect());
        write(&mut writer, batches.last().unwrap());
        if length() > before {
            break;
        }
    }
    let (database, log) = (fs::read(home.file()).unwrap(), fs::read(log).unwrap());
    assert!(found(&database, &log).unwrap() == left_of(&batches));
    let mut refused = 0;
    for at in (40..log.len()).step_by(log.len() / 30) {
        let mut flipped = log.clone();
        flipped[at] ^= 0x10;
        for damaged in [&flipped[..], &log[..at]] {
            match found(&database, damaged) {
                Ok(records) => {
                    let kept = survivors(&records, &batches, 0, batches.len());
                    assert!(kept.is_some(), "byte {at}: not a beginning of whole batches");
                }
                Err(DatabaseError::Damaged { .. }) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(refused > 20, "only {refused} were noticed");
}

/// A disk that is full at the Nth page, for every N: a typed error, and everything acknowledged is there.
#[test]
fn a_disk_that_is_full_at_any_page_loses_nothing_that_was_acknowledged() {
    let batches = whole_lives(6, 12);
    for pages in 1.. {
        let home = Home::new();
        let mut writer = open_writer(&home.file());
        writer.database.connection.execute(&format!("PRAGMA max_page_count = {pages}")).unwrap();
        let mut acknowledged = 0;
        let failed = batches.iter().find_map(|records| {
            let batch = Batch { seq: BatchSeq(1), records: records.clone() };
            let written = writer.write(&[batch]);
            acknowledged += usize::from(written.is_ok());
            written.err()
        });
        drop(writer);
        let records = open(&home.file()).1.records;
        let pushed = batches.len().min(acknowledged + 1);
        assert!(survivors(&records, &batches, acknowledged, pushed).is_some(), "{pages} pages");
        match failed {
            Some(DatabaseError::Engine { .. }) => {}
            Some(error) => panic!("{pages} pages: {error}"),
            None if pages > 8 => return,
            None => panic!("{pages} pages are too many"),
        }
    }
}
