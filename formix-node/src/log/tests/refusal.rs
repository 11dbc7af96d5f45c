//! Files that are not this node's to use, and are left as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::*;
use crate::database::{self, Connection, Database};

fn refused(file: &Path) -> DatabaseError {
    try_open(file).unwrap_err()
}

/// Opening fails, names the file, and changes nothing.
fn refused_untouched(home: &Home) -> DatabaseError {
    let content = |file: &str| fs::read(home.0.path().join(file)).ok();
    let before = ["node.db", "node.db-wal", "node.db-shm", "node.db-journal"].map(content);
    let error = refused(&home.file());
    assert!(error.to_string().contains("node.db"), "{error}");
    assert!(Database::open_existing(&home.file()).is_err());
    assert_eq!(["node.db", "node.db-wal", "node.db-shm", "node.db-journal"].map(content), before);
    error
}

/// What another program left behind, with a write-ahead log that it has yet to empty.
fn foreign(home: &Home) {
    let made = Home::new();
    fs::write(made.file(), []).unwrap();
    let other = Connection::open(&made.file()).unwrap();
    other
        .execute(
            "PRAGMA journal_mode = WAL; CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)",
        )
        .unwrap();
    other.execute("PRAGMA wal_checkpoint; INSERT INTO theirs VALUES (2)").unwrap();
    for name in ["node.db", "node.db-wal"] {
        fs::copy(made.0.path().join(name), home.0.path().join(name)).unwrap();
    }
}

#[test]
fn what_is_not_a_nodes_file_is_refused() {
    for content in [&b""[..], b"?", b"not a database", &[0; 4096], &[0xff; 9000]] {
        let home = Home::new();
        fs::write(home.file(), content).unwrap();
        assert!(matches!(refused_untouched(&home), DatabaseError::NotANodes { .. }));
    }
    let home = Home::new();
    foreign(&home);
    assert!(matches!(refused_untouched(&home), DatabaseError::NotANodes { .. }));
}

#[test]
fn an_older_or_newer_format_is_refused() {
    for (byte, version) in [(2, 2), (4, 4)] {
        let home = Home::new();
        open(&home.file()).0.shut();
        let mut bytes = fs::read(home.file()).unwrap();
        bytes[63] = byte;
        fs::write(home.file(), bytes).unwrap();
        match refused_untouched(&home) {
            DatabaseError::OtherVersion { version: of, known: 3, .. } => assert_eq!(of, version),
            error => panic!("{error}"),
        }
    }
}

#[test]
fn the_file_of_another_node_is_refused() {
    let home = Home::new();
    open(&home.file()).0.shut();
    let error = SqliteLog::open(&home.file(), NodeId([8; 32]), Counter).unwrap_err();
    assert!(matches!(error, DatabaseError::OtherNode { .. }));
    assert!(error.to_string().contains(&ME.short()));
    open(&home.file()).0.shut();
}

#[test]
fn a_log_without_its_database_is_not_applied_to_a_new_one() {
    let home = Home::new();
    fs::write(home.0.path().join("node.db-wal"), b"rows").unwrap();
    assert!(matches!(refused(&home.file()), DatabaseError::Damaged { .. }));
    assert!(!home.file().exists());
}

#[test]
fn a_crash_in_the_middle_of_making_it_leaves_nothing_in_the_way() {
    let home = Home::new();
    for name in ["node.db-new", "node.db-new-journal"] {
        fs::write(home.0.path().join(name), b"half").unwrap();
    }
    open(&home.file()).0.shut();
    assert!(!home.0.path().join("node.db-new").exists());
}

#[test]
fn one_node_at_a_time() {
    let home = Home::new();
    let (log, _opened) = open(&home.file());
    assert!(matches!(refused(&home.file()), DatabaseError::InUse { .. }));
    let existing = Database::open_existing(&home.file());
    assert!(matches!(existing, Err(DatabaseError::InUse { .. })));
    assert!(child_is_refused(&home.file()));
    log.shut();
    assert!(!child_is_refused(&home.file()));
    open(&home.file()).0.shut();
}

#[test]
fn no_other_program_reads_the_file_of_a_running_node() {
    let home = Home::new();
    let (_log, _opened) = open(&home.file());
    let other = Connection::open(&home.file()).unwrap();
    let read = other.query("SELECT * FROM log", (), |_| Ok(()));
    assert!(matches!(read, Err(DatabaseError::InUse { .. })));
    assert!(!home.0.path().join("node.db-shm").exists());
}

/// Runs [`a_child_opens_it`] in a process of its own.
fn child_is_refused(file: &Path) -> bool {
    let test = "log::tests::refusal::a_child_opens_it";
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--ignored"]).env("FORMIX_TEST_FILE", file);
    let output = child.output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout);
    assert!(output.contains("1 passed") || output.contains("InUse"), "{output}");
    !output.contains("1 passed")
}

#[test]
#[ignore = "run by one_node_at_a_time, in another process"]
fn a_child_opens_it() {
    if let Some(file) = std::env::var_os("FORMIX_TEST_FILE") {
        open(file.as_ref());
    }
}

#[test]
fn settings_that_do_not_take_are_refused() {
    let home = Home::new();
    let writer = open_writer(&home.file());
    for (setting, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("secure_delete", "1")]
    {
        assert_eq!(writer.database.connection.pragma(setting).unwrap(), value);
    }
    // A database in memory has no write-ahead log.
    let memory = Connection::open(Path::new(":memory:")).unwrap();
    let refused = database::configure(&memory).unwrap_err();
    assert!(
        matches!(&refused, DatabaseError::NotDurable { setting: "journal_mode", found, .. } if found == "memory"),
        "{refused}"
    );
}

#[test]
fn only_the_owner_reads_it() {
    let home = Home::new();
    let file = home.0.path().join("nodes").join("one").join("node.db");
    let (log, mut opened) = open(&file);
    log.write(&mut opened, 1, vec![record(1, Fact::Opened)]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for entry in fs::read_dir(file.parent().unwrap()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}
