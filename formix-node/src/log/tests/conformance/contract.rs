//! The contract of [`Log`], through its own functions.

use super::super::*;
use super::{left_of, whole_lives};
use crate::log::memory::Memory;

/// Where a log is, and is opened from again.
pub(super) trait Place {
    type Log: Log;
    /// One with nothing in it.
    fn new() -> Self;
    fn open(&self) -> (Self::Log, Opened);
}

impl Place for Home {
    type Log = SqliteLog;

    fn new() -> Self {
        Self::new()
    }

    fn open(&self) -> (SqliteLog, Opened) {
        open(&self.file())
    }
}

impl Place for Memory {
    type Log = MemoryLog;

    fn new() -> Self {
        Self::default()
    }

    fn open(&self) -> (MemoryLog, Opened) {
        MemoryLog::open(self)
    }
}

fn batch(seq: u64, records: Vec<Record>) -> Batch {
    Batch { seq: BatchSeq(seq), records }
}

/// Listens until nothing comes any more.
fn last_acknowledged(opened: Opened) -> Option<BatchSeq> {
    wait(async move {
        let (mut acknowledgements, mut last) = (opened.acknowledgements, None);
        while let Some(next) = acknowledgements.recv().await {
            last = Some(next.unwrap());
        }
        last
    })
}

fn the_log_comes_back_in_order<P: Place>() {
    let place = P::new();
    let written: Vec<_> = (0..50)
        .flat_map(|n| [record(n, Fact::Opened), contributed(n % 3, n), record(n, Fact::Frozen)])
        .collect();
    for part in 0..3 {
        let (log, opened) = place.open();
        assert_eq!(opened.records, written[..part * 50]);
        for (seq, records) in (1..).zip(written[part * 50..][..50].chunks(7)) {
            log.append(batch(seq, records.to_vec()));
        }
        wait(log.close()).unwrap();
        assert_eq!(last_acknowledged(opened), Some(BatchSeq(8)));
    }
    assert_eq!(place.open().1.records, written);
}

fn what_a_fact_erases_does_not_come_back<P: Place>() {
    let place = P::new();
    let batches = whole_lives(3, 5);
    let (log, _opened) = place.open();
    for (seq, records) in (1..).zip(&batches) {
        log.append(batch(seq, records.clone()));
    }
    wait(log.close()).unwrap();
    assert!(place.open().1.records == left_of(&batches));
}

fn acknowledgements_come_in_order_and_a_batch_without_records_gets_one<P: Place>() {
    let place = P::new();
    let (log, mut opened) = place.open();
    for seq in 1..=2000 {
        let records = (seq % 5 != 0).then(|| record(1, Fact::Opened));
        log.append(batch(seq, records.into_iter().collect()));
    }
    let mut last = BatchSeq(0);
    while last < BatchSeq(2000) {
        let next = opened.acknowledgements.blocking_recv().unwrap().unwrap();
        assert!(next > last);
        last = next;
    }
    wait(log.close()).unwrap();
    assert_eq!(place.open().1.records.len(), 1600);
}

fn what_is_queued_is_written_before_a_log_that_is_dropped_closes<P: Place>() {
    let place = P::new();
    let (log, opened) = place.open();
    for seq in 1..=100 {
        log.append(batch(seq, vec![record(1, Fact::Opened)]));
    }
    drop(log);
    assert_eq!(last_acknowledged(opened), Some(BatchSeq(100)));
}

macro_rules! contract {
    ($($test:ident)*) => {
        mod sqlite_log {
            $(#[test] fn $test() { super::$test::<super::Home>(); })*
        }
        mod memory_log {
            $(#[test] fn $test() { super::$test::<super::Memory>(); })*
        }
    };
}

contract! {
    the_log_comes_back_in_order
    what_a_fact_erases_does_not_come_back
    acknowledgements_come_in_order_and_a_batch_without_records_gets_one
    what_is_queued_is_written_before_a_log_that_is_dropped_closes
}
