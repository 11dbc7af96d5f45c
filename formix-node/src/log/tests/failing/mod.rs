//! Processes that are killed in the midst of writing, or whose disk fails at the Nth write, for every
//! N: a typed error, and everything that was acknowledged is there.

mod child;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use formix_sim::random::Stream;

use super::*;
use child::{Running, batches, command};

/// D1: what is acknowledged outlives the process, at whatever instruction it was killed.
#[test]
fn a_killed_process_has_kept_what_it_acknowledged() {
    const LIVES: u32 = 20;
    let (home, length) = (Home::new(), batches(LIVES).len());
    let mut draw = Stream::new(1, "kills");
    let (mut kills, mut acknowledged) = (0, 0);
    while acknowledged < length {
        let mut running = Running::start(command(&[], &home, LIVES));
        running.listen_until(acknowledged + 1 + draw.index(16));
        let moment = Instant::now() + Duration::from_micros(draw.below(3_000));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        let running = running.kill();
        assert_eq!(running.refused, None);
        running.keeps_its_word(&home, LIVES, &format!("kill {kills}"));
        (kills, acknowledged) = (kills + 1, running.acknowledged);
    }
    assert!(kills > 20, "only {kills} kills");
}

/// The kernel kills the process as it writes past a size, or fails the write, which is then cut short.
#[test]
fn a_file_that_cannot_grow_at_any_sector_loses_nothing_that_was_acknowledged() {
    for (signal, refuses) in [("trap '' XFSZ;", true), ("", false)] {
        let limited = format!("{signal} ulimit -c 0; ulimit -f \"$0\"; exec \"$@\"");
        for sectors in 0.. {
            let home = Home::new();
            let wrapper = ["sh", "-c", &limited, &sectors.to_string()];
            let running = Running::start(command(&wrapper, &home, 1)).end();
            running.keeps_its_word(&home, 1, &format!("{sectors} sectors"));
            if running.acknowledged == batches(1).len() && running.refused.is_none() {
                assert!(sectors > 40, "{sectors} sectors cannot hold it");
                break;
            }
            assert_eq!(running.refused.is_some(), refuses, "{sectors} sectors");
        }
    }
}

/// The Nth call fails, or all from the Nth on: never tried again, and never taken for done.
#[test]
fn a_call_that_fails_at_any_time_loses_nothing_that_was_acknowledged() {
    if !Command::new("strace").args(["-qq", "true"]).output().is_ok_and(|ran| ran.status.success())
    {
        return eprintln!("skipped: it takes strace, and the right to use it, to make calls fail");
    }
    for (call, error, on) in [
        ("pwrite64", "EIO", ""),
        ("pwrite64", "ENOSPC", "+"),
        ("fsync", "EIO", ""),
        ("fsync", "EIO", "+"),
        ("ftruncate", "EIO", "+"),
    ] {
        let fails = |nth: &u32| fails(call, error, &format!("{nth}{on}"));
        let calls = (1..).take_while(fails).count();
        assert!(calls > 2, "only {calls} {call}");
        println!("{call}: each of {calls} calls has failed with {error}");
    }
}

/// Lets a call fail in a process that writes, and says whether there was one to fail.
fn fails(call: &str, error: &str, when: &str) -> bool {
    let (home, what) = (Home::new(), format!("{call} {when} fails with {error}"));
    let trace = home.0.path().join("trace");
    let calls = format!("trace={call},openat");
    let inject = format!("inject={call}:error={error}:when={when}");
    let traced = ["strace", "-fyqq", "-o", trace.to_str().unwrap(), "-e", &calls, "-e", &inject];
    let running = Running::start(command(&traced, &home, 1)).end();
    running.keeps_its_word(&home, 1, &what);
    let trace = fs::read_to_string(&trace).unwrap();
    let Some(injected) = trace.lines().find(|line| line.ends_with("(INJECTED)")) else {
        assert_eq!(running.refused, None, "{what}");
        return false;
    };
    // SQLite does not mind when it cannot sync the directory: then the log has to have done it.
    let directory = format!("<{}>)", home.0.path().display());
    let made = trace.rfind("node.db-wal\", O_RDWR|O_CREAT").map_or("", |at| &trace[at..]);
    let is_synced = |line: &str| line.contains(&directory) && line.ends_with("= 0");
    let unharmed = injected.contains(&directory) && made.lines().any(is_synced);
    assert!(running.refused.is_some() || unharmed, "{what}, and nobody minds");
    true
}

/// Nothing that may not be written is: a directory, a file, or both, at the start.
#[test]
fn what_is_read_only_is_refused_and_left_as_it_is() {
    const NOBODY: u32 = 65_534;
    let root = rustix::process::geteuid().is_root();
    for (directory, file) in [(0o500, 0o400), (0o700, 0o400), (0o500, 0o600)] {
        let home = Home::new();
        let (log, mut opened) = open(&home.file());
        log.write(&mut opened, 1, batches(1)[0].clone());
        log.shut();
        let all = || fs::read_dir(home.0.path()).unwrap().map(|entry| entry.unwrap().path());
        let before = fs::read(home.file()).unwrap();
        for (path, mode) in
            all().map(|path| (path, file)).chain([(home.0.path().into(), directory)])
        {
            if root {
                chown(&path, Some(NOBODY), None).unwrap();
            }
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut command = command(&[], &home, 1);
        if root {
            command.uid(NOBODY);
        }
        let running = Running::start(command).end();
        assert!(running.refused.is_some(), "{directory:o} {file:o}");
        assert!(fs::read(home.file()).unwrap() == before, "{directory:o} {file:o}");
        fs::set_permissions(home.0.path(), fs::Permissions::from_mode(0o700)).unwrap();
    }
}
