//! After any crash the history is what the facts in the log say, no more and no less.

use formix_proto::statistic::View;

use super::*;
use crate::log::tests::conformance::{left_of, whole_lives};

/// The word that stands for a question: some want the mean, others the sum.
fn view(id: &ComputationId) -> SumView {
    if id.0[3].is_multiple_of(2) { SumView::Mean } else { SumView::Sum }
}

/// Has a word recorded for each question, so that a lost one is noticed.
fn expect(words: &Words, batches: &[Vec<Record>]) {
    for Record { id, fact } in batches.iter().flatten() {
        if let Fact::Proposed(_) = fact {
            words.expect(*id, (Sum(domain(-5, 5, 1)), view(id)).into());
        }
    }
}

/// What the proposers' facts come to, by an account of the test's own: newest first.
fn meant(batches: &[Vec<Record>]) -> Vec<(ComputationId, View, State)> {
    let mut rows: Vec<(ComputationId, View, State)> = Vec::new();
    for Record { id, fact } in batches.iter().flatten() {
        let state = match fact {
            Fact::Proposed(_) => {
                rows.insert(0, (*id, View::Sum(view(id)), State::Open(Stage::Pending)));
                continue;
            }
            Fact::Accepted => State::Open(Stage::Collecting),
            Fact::Concluded(Outcome::Completed(_)) => State::Completed { participants: 3 },
            Fact::Concluded(Outcome::Failed(failure)) => State::Failed(failure.clone()),
            _ => continue,
        };
        rows.iter_mut().find(|row| row.0 == *id).unwrap().2 = state;
    }
    rows
}

/// What is found in these files: the facts, and the history beside them.
fn found(database: &[u8], log: &[u8]) -> (Vec<Record>, Vec<(ComputationId, View, State)>) {
    let home = Home::new();
    fs::write(home.file(), database).unwrap();
    fs::write(home.0.path().join("node.db-wal"), log).unwrap();
    let (_log, history, opened) = open(&home.file());
    let rows = all(&history).unwrap().into_iter().map(|row| {
        assert_eq!(row.summary.is_some(), matches!(row.state, State::Completed { .. }));
        (row.comp_id, row.schema.view().clone(), row.state)
    });
    (opened.records, rows.collect())
}

#[test]
fn a_crash_at_any_sector_leaves_a_history_that_is_its_logs() {
    let batches = whole_lives(21, 4);
    let recorder = Recorder::default();
    expect(&recorder.words, &batches);
    let (database, written) = stopped(recorder, &batches);
    let mut kept = 0;
    for length in (0..=written.len()).step_by(512).chain([written.len()]) {
        let (records, rows) = found(&database, &written[..length]);
        let fits = |kept: &usize| {
            left_of(&batches[..*kept]) == records && meant(&batches[..*kept]) == rows
        };
        kept = (kept..=batches.len()).rev().find(fits).unwrap_or_else(|| panic!("{length} bytes"));
    }
    assert!(found(&database, &written) == (left_of(&batches), meant(&batches)));
}

#[test]
fn a_full_disk_leaves_a_history_that_is_its_logs() {
    let batches = whole_lives(22, 12);
    for pages in (10..).step_by(3) {
        let home = Home::new();
        let (log, history, mut opened) = open(&home.file());
        let limit = format!("PRAGMA max_page_count = {pages}");
        wait(log.reader().read(move |connection| connection.execute(&limit))).unwrap();
        expect(&history.words, &batches);
        let written = (1..).zip(&batches).all(|(seq, records)| {
            log.append(Batch { seq: BatchSeq(seq), records: records.clone() });
            opened.acknowledgements.blocking_recv().unwrap().is_ok()
        });
        if written {
            return assert!(pages > 20, "{pages} pages are too many");
        }
        let file = |name: &str| fs::read(home.0.path().join(name)).unwrap();
        let (records, rows) = found(&file("node.db"), &file("node.db-wal"));
        let fits =
            |kept: usize| left_of(&batches[..kept]) == records && meant(&batches[..kept]) == rows;
        assert!((0..=batches.len()).any(fits), "{pages} pages");
    }
}
