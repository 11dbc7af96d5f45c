//! A damaged file is refused, or what it says is still true: never a wrong fact or result (D4).

use std::fs;

use super::*;

/// Two pages or more of each table, and an index.
fn filled() -> (Home, Vec<Record>, Vec<ComputationRow>) {
    let home = Home::new();
    let (log, _history, mut opened) = open(&home.file());
    let mut written: Vec<_> = (0..60).map(proposed).collect();
    written.extend((0..60).map(completed));
    written.extend((0..120).map(|light| contributed(200 + light % 2, light)));
    log.write(&mut opened, 1, written.clone());
    log.write(&mut opened, 2, (0..30).map(|n| record(n, Fact::Forgotten)).collect());
    log.shut();
    let (log, history, opened) = open(&home.file());
    let rows = all(&history).unwrap();
    log.shut();
    (home, opened.records, rows)
}

/// Whether a file is refused; if not, all that it says must be right.
fn is_refused(bytes: &[u8], records: &[Record], rows: &[ComputationRow], what: &str) -> bool {
    let home = Home::new();
    fs::write(home.file(), bytes).unwrap();
    let Ok((_log, history, opened)) = super::super::open(&home.file(), ME) else { return true };
    assert_eq!(opened.records, records, "{what}");
    match all(&history) {
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

/// A copy of a closed file, changed by somebody or something.
fn tampered(home: &Home, sql: &str) -> Home {
    let copy = Home::new();
    fs::copy(home.file(), copy.file()).unwrap();
    Connection::open(&copy.file()).unwrap().execute(sql).unwrap();
    copy
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
        "UPDATE row_sums SET next = 3",
        "UPDATE row_sums SET rows = rows + 1",
        "DELETE FROM row_sums",
        "DELETE FROM owner",
        "DROP TABLE log",
    ] {
        let error = super::super::open(&tampered(&home, sql).file(), ME).unwrap_err();
        assert!(matches!(error, DatabaseError::Damaged { .. }), "{sql}: {error}");
    }
}

#[test]
fn a_changed_computation_is_not_shown() {
    let (home, _, rows) = filled();
    let changed = |sql: &str| Archive::open(&tampered(&home, sql).file()).unwrap().unwrap();
    let archive = changed(
        "UPDATE history SET row = replace(row, '\"participants\":3', '\"participants\":4')
         WHERE position = 40",
    );
    assert!(matches!(archive.newest(60), Err(DatabaseError::Damaged { .. })));
    assert!(archive.newest(10).is_ok());
    let archive = changed("UPDATE totals SET body = zeroblob(length(body)) WHERE rowid = 40");
    let damaged = rows.iter().filter(|row| {
        matches!(archive.computation(row.comp_id), Err(DatabaseError::Damaged { .. }))
    });
    assert_eq!(damaged.count(), 1);
}

/// What a crash cannot do: a history that is behind its log, or ahead of it.
#[test]
fn a_history_that_is_not_its_logs_is_refused() {
    let (home, ..) = filled();
    let other = Home::new();
    let (log, _history, mut opened) = open(&other.file());
    log.write(&mut opened, 1, (0..60).map(proposed).collect());
    log.shut();
    for sql in [
        "DELETE FROM history WHERE position = 50",
        "DELETE FROM totals WHERE rowid = 50",
        "DELETE FROM history; DELETE FROM totals",
        &format!(
            "ATTACH '{}' AS other; DELETE FROM history;
             INSERT INTO history SELECT * FROM other.history",
            other.file().display()
        ),
    ] {
        let error = super::super::open(&tampered(&home, sql).file(), ME).unwrap_err();
        assert!(error.to_string().contains("the log and the history disagree"), "{sql}: {error}");
    }
    // The other way round: what the log has still to hear has ended here.
    let ahead = format!(
        "ATTACH '{}' AS other; DELETE FROM history;
         INSERT INTO history SELECT * FROM other.history;
         INSERT INTO totals SELECT * FROM other.totals",
        home.file().display()
    );
    let error = super::super::open(&tampered(&other, &ahead).file(), ME).unwrap_err();
    assert!(error.to_string().contains("the log and the history disagree"), "{error}");
}
