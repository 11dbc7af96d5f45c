use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use formix_proto::time::Time;
use tempfile::TempDir;

use super::{DAY, past, sleep};
use crate::consent::log::{DecisionLog, Keep};
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
#[ignore = "run by the next one, in a process of its own"]
fn decides_once() {
    let Ok(file) = std::env::var("FORMIX_TEST_FILE") else { return };
    DecisionLog::open(file.as_ref()).unwrap().record(entry(1)).unwrap();
}

/// In a running node the directory is brought to the disk for other files, too: here there are none.
#[test]
fn a_decision_is_on_the_disk_and_its_file_has_its_name_there() {
    if !Command::new("strace").args(["-qq", "true"]).output().is_ok_and(|ran| ran.status.success())
    {
        return eprintln!("skipped: it takes strace, and the right to use it, to see system calls");
    }
    let (scratch, file) = scratch();
    let trace = scratch.path().join("trace");
    let test = "consent::tests::log::decides_once";
    let ran = Command::new("strace")
        .args(["-fyqq", "-s", "0", "-e", "trace=openat,write,fsync,fdatasync", "-o"])
        .arg(&trace)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored"])
        .env("FORMIX_TEST_FILE", &file)
        .output();
    assert!(ran.unwrap().status.success());
    let calls = fs::read_to_string(&trace).unwrap();
    let (log, directory) = (file.display(), scratch.path().display());
    let mut order = [
        format!("\"{log}\", O_RDWR|O_CREAT"),
        format!("fsync(<{directory}>)"),
        format!("write(<{log}>"),
        format!("sync(<{log}>)"),
    ]
    .into_iter()
    .peekable();
    for call in calls.lines() {
        // Without the number of the file, which is any.
        let call = call.replace(|c: char| c.is_ascii_digit(), "");
        order.next_if(|next| call.contains(&next.replace(|c: char| c.is_ascii_digit(), "")));
    }
    assert_eq!(order.next(), None, "{calls}");
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

/// To move it away ends all cooldowns. What is decided from then on must not be lost with it.
#[test]
fn a_log_that_its_owner_moves_away_or_edits_is_read_again() {
    let (_scratch, file) = scratch();
    let mut log = DecisionLog::open(&file).unwrap();
    log.record(entry(1)).unwrap();
    fs::rename(&file, file.with_extension("moved")).unwrap();
    log.record(entry(2)).unwrap();
    assert_eq!((read(&file).unwrap(), log.past()), (vec![entry(2)], &[entry(2).past][..]));
    fs::copy(file.with_extension("moved"), file.with_extension("edited")).unwrap();
    fs::rename(file.with_extension("edited"), &file).unwrap();
    log.record(entry(3)).unwrap();
    assert_eq!(read(&file).unwrap(), [entry(1), entry(3)]);
    fs::remove_file(&file).unwrap();
    fs::write(&file, "not a decision\n").unwrap();
    log.record(entry(4)).unwrap_err();
    assert_eq!(fs::read_to_string(&file).unwrap(), "not a decision\n");
}

/// Whatever of the failed line has come to the file is gone with it.
#[test]
fn after_a_failed_write_the_log_is_written_anew_before_anything_is_decided() {
    let (_scratch, file) = scratch();
    let mut log = DecisionLog::open(&file).unwrap();
    log.record(entry(1)).unwrap();
    for part in ["{\"time\":", "{\"time\":\n"] {
        let whole = fs::read(&file).unwrap();
        // For reading: it takes nothing.
        log.file = Some(fs::File::open(&file).unwrap());
        fs::OpenOptions::new()
            .append(true)
            .open(&file)
            .unwrap()
            .write_all(part.as_bytes())
            .unwrap();
        let in_the_way = file.with_extension("log.new");
        fs::create_dir(&in_the_way).unwrap();
        for _ in 0..2 {
            let error = log.record(entry(2)).unwrap_err();
            assert!(matches!(error, DecisionLogError::Unwritten { .. }), "{error}");
            assert_eq!(log.past().len(), whole.split(|byte| *byte == b'\n').count() - 1);
        }
        fs::remove_dir(&in_the_way).unwrap();
        log.record(entry(3)).unwrap();
        assert!(fs::read(&file).unwrap().starts_with(&whole), "and no part of the failed line");
    }
    assert_eq!(read(&file).unwrap(), [entry(1), entry(3), entry(3)]);
    assert_eq!(log.past(), [entry(1).past, entry(3).past, entry(3).past]);
}

#[test]
fn a_decision_matters_until_its_question_cannot_come_again_and_no_cooldown_counts_it() {
    let day = |days: u64| Time(days * DAY);
    let keeps = |verdict, now, cooldown: Option<u64>| {
        let cooldown = cooldown.map(|days| Duration::from_millis(days * DAY));
        let mut subject = sleep();
        subject.deadline = day(130);
        Keep { now, cooldown }.keeps(&past(verdict, day(100).0, subject))
    };
    for (verdict, now, cooldown, expected) in [
        (Decision::Deny, 136, Some(365), true),
        (Decision::Deny, 137, Some(365), false),
        (Decision::Expired, 137, Some(0), false),
        (Decision::Allow, 137, Some(0), true),
        (Decision::Allow, 189, Some(0), true),
        (Decision::Allow, 190, Some(0), false),
        (Decision::Allow, 464, Some(365), true),
        (Decision::Allow, 465, Some(365), false),
        (Decision::Deny, 9999, None, true),
    ] {
        let found = keeps(verdict, day(now), cooldown);
        assert_eq!(found, expected, "{verdict} on day {now}, {cooldown:?}");
    }
}

/// A decision whose line has 64 KiB, about a question that ended on day 1.
fn long(day: u64) -> Entry {
    let mut entry = Entry { prompt: "?".repeat(64 << 10), ..entry(day * DAY) };
    entry.past.subject.deadline = Time(DAY);
    entry.past.verdict = Decision::Allow;
    entry
}

#[test]
fn a_long_log_is_rewritten_without_what_no_longer_matters() {
    let (_scratch, file) = scratch();
    let mut log = DecisionLog::open(&file).unwrap();
    let keep = || Keep { now: Time(200 * DAY), cooldown: Some(Duration::ZERO) };
    let record = |log: &mut DecisionLog, day| {
        log.tidy(keep);
        log.record(long(day)).unwrap();
    };
    // Up to 1 MiB nothing is removed, whatever it is.
    for _ in 0..16 {
        record(&mut log, 2);
    }
    assert_eq!(log.past().len(), 16);
    record(&mut log, 150);
    assert_eq!(read(&file).unwrap(), [long(150)]);
    assert_eq!(log.past(), [long(150).past]);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // What still matters is kept, and from then on the log may double.
    for _ in 0..31 {
        record(&mut log, 150);
    }
    for _ in 0..34 {
        record(&mut log, 2);
    }
    assert_eq!(log.past().len(), 65);
    record(&mut log, 2);
    assert_eq!(log.past().len(), 33, "32 that matter, and one that came after");
    assert_eq!(log.past().len(), read(&file).unwrap().len());
    drop(log);
    let mut log = DecisionLog::open(&file).unwrap();
    log.tidy(keep);
    assert_eq!(log.past(), vec![long(150).past; 32]);
}

#[test]
fn a_log_that_cannot_be_tidied_grows_on() {
    let (_scratch, file) = scratch();
    let mut log = DecisionLog::open(&file).unwrap();
    for _ in 0..17 {
        log.record(long(2)).unwrap();
    }
    fs::create_dir(file.with_extension("log.new")).unwrap();
    log.tidy(|| Keep { now: Time(200 * DAY), cooldown: Some(Duration::ZERO) });
    log.record(long(3)).unwrap();
    assert_eq!(read(&file).unwrap().len(), 18);
}
