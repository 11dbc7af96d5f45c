//! What a node leaves on the disk: who may open it, and that it is there before anybody hears of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use formix_node::control::Request;
use formix_proto::limits::SMALL_FRAME;
use support::trace::{Call, SKIPPED, calls, can_trace, traced};
use support::{Answer, PATIENCE, Up};

/// Everything in a home, by its name or `*`, and what others may do with it: nothing, unless it says that its
/// directory keeps them away.
const ENTRIES: [(&str, Guard); 16] = [
    ("", Guard::Own(0o700)),
    ("/lock", Guard::Directory),
    ("/up-lock", Guard::Own(0o600)),
    ("/network.toml", Guard::Directory),
    ("/formix.log", Guard::Directory),
    ("/nodes", Guard::Own(0o700)),
    ("/nodes/*", Guard::Own(0o700)),
    ("/nodes/*/node.toml", Guard::Directory),
    ("/nodes/*/consent.toml", Guard::Directory),
    ("/nodes/*/node.log", Guard::Directory),
    ("/nodes/*/consent.log", Guard::Own(0o600)),
    ("/nodes/*/key.pem", Guard::Own(0o600)),
    ("/nodes/*/node.db", Guard::Own(0o600)),
    ("/nodes/*/node.db-wal", Guard::Own(0o600)),
    ("/nodes/*/node.db-lock", Guard::Own(0o600)),
    ("/nodes/*/control.sock", Guard::Own(0o600)),
];

/// What keeps others from a file.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Guard {
    /// Its own mode.
    Own(u32),
    /// That of the directory that it is in.
    Directory,
}

/// Every file, directory and socket in a directory, and itself.
fn tree(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.flat_map(|entry| tree(&entry)));
    }
    found
}

/// The name of a path of a home in [`ENTRIES`].
fn name(home: &Path, path: &Path) -> String {
    let parts: Vec<_> = path.strip_prefix(home).unwrap().iter().collect();
    let part = |(depth, part): (usize, &std::ffi::OsStr)| match (depth, parts[0].to_str()) {
        (1, Some("nodes")) => "/*".to_owned(),
        _ => format!("/{}", part.to_str().unwrap()),
    };
    parts.iter().copied().enumerate().map(part).collect()
}

/// Whatever the process is allowed to make for everybody (umask(2)).
#[test]
fn nothing_in_a_home_is_open_to_others() {
    let network = Up::prepare(&[]);
    let home = network.home().path();
    fs::remove_dir(home).unwrap();
    let for_everybody = ["sh", "-c", "umask 0; exec \"$0\" \"$@\""];
    network.up_through(&for_everybody, &["--light", "3"]).succeeded();
    network.formix(&["wait", &network.propose()]).succeeded();
    let mut seen = Vec::new();
    for path in tree(home) {
        let (name, found) = (name(home, &path), fs::symlink_metadata(&path).unwrap());
        let mode = found.permissions().mode() & 0o7777;
        let guard = ENTRIES.iter().find(|(entry, _)| *entry == name);
        let (_, guard) = guard.unwrap_or_else(|| panic!("{name} ({mode:o}) is not in the table"));
        if let Guard::Own(own) = guard {
            assert_eq!(mode, *own, "{name}: {mode:o}");
        }
        assert_eq!(found.file_type().is_socket(), name.ends_with(".sock"));
        seen.push(name);
    }
    let missing = ENTRIES.iter().find(|(entry, _)| !seen.iter().any(|name| name == entry));
    assert_eq!(missing, None, "the table is of what there is");
}

/// A key or a configuration that was lost with the power, or half of it, would be a network that does not start.
#[test]
fn what_up_has_written_is_whole_on_the_disk_and_has_its_name_there() {
    if !can_trace() {
        return eprintln!("{SKIPPED}");
    }
    let network = Up::prepare(&[]);
    let trace = network.home().path().with_extension("trace");
    let wrapper = traced("trace=openat,write,fsync,fdatasync,?rename,?renameat,?renameat2", &trace);
    network.up_through(&wrapper, &["--light", "1"]).succeeded();
    let calls = calls(&trace);
    let mut named = Vec::new();
    for rename in calls.iter().filter(|call| call.is(&RENAMES)) {
        let [from, to] = rename.paths()[..] else { panic!("{rename:?}") };
        let written = calls.iter().rfind(|call| call.is(&["write"]) && call.file() == from);
        let written = written.unwrap_or_else(|| panic!("nothing is written to {from}"));
        let whole = synced(&calls, Path::new(from), written.ended, rename.begun);
        let directory = Path::new(to).parent().unwrap();
        assert!(whole, "{to} gets its name before it is written");
        assert!(synced(&calls, directory, rename.ended, usize::MAX), "{to} may lose its name");
        named.push(name(network.home().path(), Path::new(to)));
    }
    for (expected, count) in
        [("/network.toml", 1), ("/nodes/*/node.toml", 5), ("/nodes/*/key.pem", 5)]
    {
        assert_eq!(named.iter().filter(|name| *name == expected).count(), count, "{expected}");
    }
}

/// Which of them the C library uses is its own affair.
const RENAMES: [&str; 3] = ["rename", "renameat", "renameat2"];

/// Whether a file, or a directory, was brought to the disk between two points of a trace.
fn synced(calls: &[Call], path: &Path, after: usize, before: usize) -> bool {
    calls.iter().any(|call| {
        call.is(&["fsync", "fdatasync"])
            && Path::new(call.file()) == path
            && after < call.begun
            && call.ended < before
    })
}

/// An answer of so many elements is longer than everything else that its node sends.
const WIDE: &str = "\
version = 1
prompt = \"How many minutes?\"
deadline = \"1h\"
[statistic]
kind = \"histogram\"
min = 0
max = 100
width = 0.001
";
/// The bytes of one share of it.
const SHARE: i64 = 4 * 100_000;

/// D1, R7, and the promise of `consent.log`: in the order of system calls.
#[test]
fn before_an_answer_leaves_the_decision_and_the_splitting_are_on_the_disk() {
    if !can_trace() {
        return eprintln!("{SKIPPED}");
    }
    let network = Up::start(&[Answer::Fixed("11"), Answer::Fixed("20"), Answer::Fixed("72")]);
    let place = network.home().node("light-1");
    network.kill("light-1");
    for file in [place.database(), place.database().with_extension("db-wal"), place.consent_log()] {
        // It has not decided anything yet.
        let _ = fs::remove_file(file);
    }
    let trace = network.home().path().with_extension("trace");
    let mut wrapper = traced(
        "trace=openat,write,pwrite64,fsync,fdatasync,?rename,?renameat,?renameat2,sendmsg,sendto",
        &trace,
    );
    wrapper.insert(1, "-f");
    network.revive_through(&wrapper, "light-1");
    network.insist("light-1", &Request::Status);
    let question = network.home().path().with_extension("toml");
    fs::write(&question, WIDE).unwrap();
    let asked = network.formix(&["propose", question.to_str().unwrap(), "--wait", "--json"]);
    assert_eq!(asked.succeeded().json()["participants_count"], 3);
    network.formix(&["down"]).succeeded();

    let calls = calls(&trace);
    let mut sent = 0;
    let sends = calls.iter().filter(|call| call.is(&["sendmsg", "sendto"]));
    let leaves = sends.into_iter().find(|call| {
        sent += call.result;
        sent > SHARE / 2
    });
    let leaves = leaves.expect("an answer is sent").begun;
    let before = |call: &&Call| call.begun < leaves;
    for (file, calls_that_write, least) in [
        (place.consent_log(), "write", 1),
        (place.database().with_extension("db-wal"), "pwrite64", 3 * SHARE),
    ] {
        let is_of = |call: &&Call| call.is(&[calls_that_write]) && Path::new(call.file()) == file;
        let writes: Vec<_> = calls.iter().filter(before).filter(is_of).collect();
        let bytes: i64 = writes.iter().map(|call| call.result).sum();
        assert!(bytes >= least, "{}: {bytes} bytes before the answer", file.display());
        let written = writes.last().unwrap().ended;
        assert!(synced(&calls, &file, written, leaves), "{} is not on the disk", file.display());
    }
    for file in [place.consent_log(), place.database(), place.database().with_extension("db-wal")] {
        let makes = |call: &&Call| {
            (call.is(&["openat"]) && call.arguments.contains("O_CREAT") || call.is(&RENAMES))
                && call.paths().last().map(Path::new) == Some(&file)
        };
        let made =
            calls.iter().find(makes).unwrap_or_else(|| panic!("{} is not made", file.display()));
        let is_there = synced(&calls, place.path(), made.ended, leaves);
        assert!(is_there, "{} may lose its name", file.display());
    }
}

/// The longest question that there can be, each byte of it escaped, and not a byte more is kept of a request.
#[test]
fn a_request_without_an_end_is_refused_at_its_longest() {
    const LONGEST: usize = 6 * SMALL_FRAME;
    let network = Up::start(&[]);
    let mut owner = UnixStream::connect(network.home().node("analyst").socket()).unwrap();
    owner.set_read_timeout(Some(PATIENCE)).unwrap();
    owner.write_all(&vec![b'['; LONGEST]).unwrap();
    let mut answer = String::new();
    BufReader::new(owner).read_line(&mut answer).unwrap();
    assert!(answer.contains("not a request"), "{answer}");
}
