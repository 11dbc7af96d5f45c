//! A damaged file is refused, or what it says is still true: never a wrong record (D4).

use std::fs;

use super::*;

/// Two pages or more of each table, and an index.
fn filled() -> (Home, Vec<Record>, Vec<ComputationRow>) {
    let home = Home::new();
    let (store, mut opened) = open(&home.file());
    let mut written: Vec<_> = (0..60).map(proposed).collect();
    written.extend((0..60).map(completed));
    written.extend((0..120).map(|light| contributed(200 + light % 2, light)));
    store.write(&mut opened, 1, written.clone());
    store.write(&mut opened, 2, (0..30).map(|n| record(n, Fact::Forgotten)).collect());
    store.shut();
    let (store, opened) = open(&home.file());
    let rows = wait(store.computations(usize::MAX)).unwrap();
    store.shut();
    (home, opened.records, rows)
}

/// Whether a file is refused; if not, all that it says must be right.
fn is_refused(bytes: &[u8], records: &[Record], rows: &[ComputationRow], what: &str) -> bool {
    let home = Home::new();
    fs::write(home.file(), bytes).unwrap();
    let Ok((store, opened)) = Store::open(&home.file(), ME) else { return true };
    assert_eq!(opened.records, records, "{what}");
    match wait(store.computations(usize::MAX)) {
        Ok(found) => {
            assert_eq!(found, rows, "{what}");
            false
        }
        Err(_) => true,
    }
}

#[test]
fn a_flipped_byte_never_changes_what_is_read() {
    let (home, records, rows) = filled();
    let sound = fs::read(home.file()).unwrap();
    assert!(!is_refused(&sound, &records, &rows, "sound"));
    let mut refused = 0;
    for page in (0..sound.len()).step_by(4096) {
        for offset in (0..12).chain([18, 40, 56, 60, 68, 92]).chain((100..4096).step_by(229)) {
            for flip in [0x01, 0x80, 0xff] {
                let mut bytes = sound.clone();
                bytes[page + offset] ^= flip;
                let what = format!("byte {offset} of the page at {page} ^ {flip:#x}");
                refused += usize::from(is_refused(&bytes, &records, &rows, &what));
            }
        }
    }
    assert!(refused > 100, "only {refused} were noticed");
}

#[test]
fn a_cut_database_is_refused() {
    let (home, records, rows) = filled();
    let sound = fs::read(home.file()).unwrap();
    for length in (0..sound.len()).step_by(1024) {
        assert!(is_refused(&sound[..length], &records, &rows, "cut"), "{length} bytes");
    }
}

#[test]
fn a_cut_log_loses_whole_batches_at_its_end() {
    const BATCHES: u32 = 12;
    let home = Home::new();
    open(&home.file()).0.shut();
    let database = fs::read(home.file()).unwrap();
    let (store, mut opened) = open(&home.file());
    let batch = |n| vec![proposed(n), contributed(n % 3, n), record(n, Fact::Opened)];
    for n in 0..BATCHES {
        store.write(&mut opened, u64::from(n) + 1, batch(n));
    }
    let log = fs::read(home.0.path().join("node.db-wal")).unwrap();
    let all: Vec<_> = (0..BATCHES).flat_map(batch).collect();
    let mut last = 0;
    for length in (0..=log.len()).step_by(512).chain([log.len()]) {
        let copy = Home::new();
        fs::write(copy.file(), &database).unwrap();
        fs::write(copy.0.path().join("node.db-wal"), &log[..length]).unwrap();
        let records = open(&copy.file()).1.records;
        assert!(records.len() >= last && records.len().is_multiple_of(3), "{length} bytes");
        assert_eq!(records, all[..records.len()], "{length} bytes");
        last = records.len();
    }
    assert_eq!(last, all.len());
}

/// What somebody, or something, does to a closed file.
fn tamper(home: &Home, sql: &str) -> StoreError {
    let copy = Home::new();
    fs::copy(home.file(), copy.file()).unwrap();
    connection::Connection::open(&copy.file()).unwrap().execute(sql).unwrap();
    Store::open(&copy.file(), ME).unwrap_err()
}

#[test]
fn rows_that_are_missing_moved_or_doubled_are_noticed() {
    let (home, ..) = filled();
    for sql in [
        "DELETE FROM log WHERE seq = 100",
        "DELETE FROM shares_0 WHERE seq = (SELECT max(seq) FROM shares_0)",
        "DELETE FROM shares_1",
        "DROP TABLE shares_1",
        "UPDATE log SET seq = 100000 WHERE seq = 100",
        "INSERT INTO log SELECT seq + 100000, checksum, body FROM log LIMIT 1",
        "INSERT INTO log SELECT seq, checksum, body FROM shares_0 LIMIT 1",
        "INSERT INTO shares_1 SELECT seq, checksum, body FROM shares_0 LIMIT 1",
        "UPDATE log SET body = zeroblob(40) WHERE seq = 100",
        "UPDATE meta SET next = 3",
        "UPDATE meta SET rows = rows + 1",
        "DELETE FROM meta",
        "DROP TABLE log",
    ] {
        let error = tamper(&home, sql);
        assert!(matches!(error, StoreError::Damaged { .. }), "{sql}: {error}");
    }
}

#[test]
fn a_changed_computation_is_not_shown() {
    let (home, ..) = filled();
    let change = "UPDATE computations SET result = '1000000' WHERE position = 40";
    connection::Connection::open(&home.file()).unwrap().execute(change).unwrap();
    assert!(matches!(read_computations(&home.file(), 60), Err(StoreError::Damaged { .. })));
    assert_eq!(read_computations(&home.file(), 10).unwrap().len(), 10);
}
