use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{past, sleep};
use crate::consent::log::DecisionLog;
use crate::consent::{Decision, DecisionLogError, Entry, read};

fn entry(at: u64) -> Entry {
    let past = past(Decision::Allow, at, sleep());
    Entry { past, prompt: "How\nlong?".into(), sql: None, reveals: "the sum".into() }
}

fn scratch() -> (TempDir, PathBuf) {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("consent.log");
    (scratch, file)
}

#[test]
fn decisions_outlive_the_process_in_a_file_that_only_the_owner_may_read() {
    let (_scratch, file) = scratch();
    assert_eq!(read(&file).unwrap(), []);
    let mut log = DecisionLog::open(&file).unwrap();
    log.record(entry(1)).unwrap();
    log.record(entry(2)).unwrap();
    drop(log);
    let log = DecisionLog::open(&file).unwrap();
    assert_eq!(log.past(), [entry(1).past, entry(2).past]);
    assert_eq!(log.of(entry(1).past.comp_id), Some(&entry(2).past));
    assert_eq!(read(&file).unwrap(), [entry(1), entry(2)]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("{\"time\":\"1970-01-01T00:00:00.001Z\""), "{text}");
    assert_eq!(text.lines().count(), 2, "a line each");
}

#[test]
fn a_line_cut_short_by_a_crash_is_removed() {
    let (_scratch, file) = scratch();
    DecisionLog::open(&file).unwrap().record(entry(1)).unwrap();
    let line = fs::read(&file).unwrap();
    for cut in [&line[..1], &line[..line.len() - 1]] {
        fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(cut).unwrap();
        assert_eq!(read(&file).unwrap(), [entry(1)]);
        assert_eq!(DecisionLog::open(&file).unwrap().past(), [entry(1).past]);
        assert_eq!(fs::read(&file).unwrap(), line);
    }
}

#[test]
fn a_line_that_is_not_a_decision_is_named_and_left_alone() {
    let (_scratch, file) = scratch();
    DecisionLog::open(&file).unwrap().record(entry(1)).unwrap();
    let damaged = fs::read_to_string(&file).unwrap() + "{}\n";
    fs::write(&file, &damaged).unwrap();
    let error = DecisionLog::open(&file).unwrap_err();
    assert!(matches!(error, DecisionLogError::Syntax { line: 2, .. }), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), damaged);
}

#[test]
fn after_a_failed_write_nothing_more_is_decided() {
    let (_scratch, file) = scratch();
    let mut log = DecisionLog::open(&file).unwrap();
    log.file = Some(fs::File::open("/dev/full").unwrap());
    assert!(matches!(log.record(entry(1)).unwrap_err(), DecisionLogError::File(_)));
    assert!(matches!(log.record(entry(2)).unwrap_err(), DecisionLogError::Cut(_)));
    assert_eq!(log.past(), []);
}
