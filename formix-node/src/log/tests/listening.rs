//! What is kept beside the log is durable exactly when the fact is that it is about.

use std::fs;

use super::conformance::{left_of, whole_lives};
use super::*;

/// How many facts were heard, as a listener has written down.
fn heard(connection: &Connection) -> usize {
    let mut count = None;
    let read = connection.query("SELECT facts FROM heard", (), |mut fields| {
        count = Some(fields.number()?);
        Ok(())
    });
    read.unwrap();
    count.unwrap()
}

#[test]
fn a_crash_leaves_a_fact_and_what_a_listener_made_of_it_or_neither() {
    let batches = whole_lives(11, 3);
    let (database, log) = stopped(Counter, &batches);
    let mut kept = 0;
    for length in (0..=log.len()).step_by(512).chain([log.len()]) {
        let copy = Home::new();
        fs::write(copy.file(), &database).unwrap();
        fs::write(copy.0.path().join("node.db-wal"), &log[..length]).unwrap();
        let (writer, records) = Writer::open(&copy.file(), ME, Counter).unwrap();
        let facts = |kept: usize| batches[..kept].iter().map(Vec::len).sum::<usize>();
        let count = heard(&writer.database.connection);
        let found = (kept..=batches.len())
            .rev()
            .find(|kept| facts(*kept) == count && left_of(&batches[..*kept]) == records);
        kept = found.unwrap_or_else(|| panic!("{length} bytes: {count} facts were heard"));
    }
    assert_eq!(kept, batches.len());
}

/// A reader sees every batch that was queued before it asked.
#[test]
fn what_is_queued_is_there_when_it_is_read() {
    let home = Home::new();
    let (log, _opened) = open(&home.file());
    for seq in 1..=50 {
        log.append(Batch { seq: BatchSeq(seq), records: vec![record(1, Fact::Opened)] });
    }
    let count = wait(log.reader().read(|connection| Ok(heard(connection)))).unwrap();
    assert_eq!(count, 50);
}
