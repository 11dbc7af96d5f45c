//! How a worker confines itself, in three steps: at its start, when it knows its job, and before it reads the
//! statement.
//!
//! Resource limits (`setrlimit(2)`) apply on every system. On Linux a system call filter (`seccomp(2)`) adds
//! what they cannot express: deleting files, running programs, opening sockets and sending signals need no
//! new file descriptor.

use std::io;
use std::sync::mpsc;
use std::thread;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::wire::Job;
use crate::responder::SqlError;
use crate::responder::program::give_way;

/// The stack, in bytes, of the thread that waits for the end of the input.
const WATCH_STACK: usize = 64 << 10;

/// Standard input is descriptor 0, so that no other can be opened. At a limit of 0, `poll` refuses to watch even
/// that one.
const OPEN_FILES: u64 = 1;

/// At the start: no core dump, no debugger, no processor time that the node needs, and no life after the node's.
pub(super) fn early() -> io::Result<()> {
    give_way();
    limit(Resource::Core, 0)?;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // When memory runs out, Linux ends the worker before the node. Not every container allows this.
        let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    end_with_input()
}

/// For a job: its memory and processor time.
pub(super) fn to(job: &Job) -> Result<(), SqlError> {
    limit(Resource::As, job.memory)
        .and_then(|()| limit(Resource::Cpu, job.seconds))
        .map_err(|error| SqlError::Unlimited(error.to_string()))
}

/// When all data is in memory: no files, no processes, and only the system calls that computing needs.
pub(super) fn at_last() -> Result<(), SqlError> {
    limit(Resource::Fsize, 0)
        .and_then(|()| limit(Resource::Nofile, OPEN_FILES))
        .and_then(|()| limit(Resource::Nproc, 0))
        .and_then(|()| filter::apply())
        .map_err(|error| SqlError::Unlimited(error.to_string()))
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// Ends the process when its standard input has no writer any more, whatever the process is doing: the node
/// has ended, or has given up. A signal on the parent's death (`PR_SET_PDEATHSIG`) would also come when only
/// the node's thread ends that started the process.
fn end_with_input() -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let (ready, watching) = mpsc::sync_channel(1);
    let watch = move || {
        // A thread has to start completely before the filter applies to it.
        let _ = ready.send(());
        let input = io::stdin();
        let mut hung_up = [PollFd::new(&input, PollFlags::empty())];
        while poll(&mut hung_up, None) == Err(rustix::io::Errno::INTR) {}
        std::process::exit(1);
    };
    thread::Builder::new().stack_size(WATCH_STACK).spawn(watch)?;
    watching.recv().map_err(io::Error::other)
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
mod filter {
    /// Only resource limits apply here.
    pub(super) fn apply() -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod filter {
    use std::collections::BTreeMap;
    use std::io;

    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, apply_filter_all_threads,
    };

    /// What the standard library, an allocator and SQLite call to compute in memory, wait, and use a pipe.
    const CALLS: &[i64] = &[
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_gettimeofday,
        libc::SYS_madvise,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_poll,
        libc::SYS_ppoll,
        libc::SYS_read,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
        libc::SYS_write,
        libc::SYS_writev,
    ];

    /// Every other system call fails from here on, in all threads. It does not end the process: some libraries
    /// try a call and go on without it.
    pub(super) fn apply() -> io::Result<()> {
        let mut calls: BTreeMap<_, _> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
        calls.insert(libc::SYS_tgkill, vec![to_itself().map_err(io::Error::other)?]);
        let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        let host = std::env::consts::ARCH.try_into().map_err(io::Error::other)?;
        let filter = SeccompFilter::new(calls, refuse, SeccompAction::Allow, host);
        let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(io::Error::other)?;
        apply_filter_all_threads(&program).map_err(io::Error::other)
    }

    /// A process that runs out of memory aborts, which is a signal to itself.
    fn to_itself() -> Result<SeccompRule, seccompiler::BackendError> {
        let own = u64::from(std::process::id());
        let is_own = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
        SeccompRule::new(vec![is_own])
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::net::TcpListener;
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;
    use std::process::{Command, Output};
    use std::{env, fs};

    use rustix::process::Signal;

    use super::*;
    use crate::database::block_on;
    use crate::responder::sandbox;
    use crate::responder::worker::Want;

    /// Names a directory to a process that may be confined.
    const INSIDE: &str = "FORMIX_TEST_INSIDE";

    /// Does this in a process of its own, which is this test again.
    fn inside(test: &str, work: impl FnOnce(&Path)) -> Option<Output> {
        if let Some(place) = env::var_os(INSIDE) {
            work(Path::new(&place));
            return None;
        }
        let place = tempfile::TempDir::new().unwrap();
        fs::write(place.path().join("file"), "left").unwrap();
        let test = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", &test]).env(INSIDE, place.path());
        Some(again.output().unwrap())
    }

    fn confine() {
        let (memory, seconds) = (256 << 20, 100);
        early().unwrap();
        to(&Job { memory, tables_memory: 0, seconds, tables: vec![], want: Want::Columns })
            .unwrap();
        at_last().unwrap();
    }

    #[test]
    fn nothing_is_left_but_to_compute() {
        let ran = inside("nothing_is_left_but_to_compute", |place| {
            let file = place.join("file");
            let connection = block_on(sandbox::open(1 << 20)).unwrap();
            confine();
            assert!(File::open(&file).is_err(), "nothing is opened");
            assert!(File::create(place.join("new")).is_err(), "nothing is created");
            assert!(fs::remove_file(&file).is_err(), "nothing is removed");
            assert!(fs::rename(&file, place.join("new")).is_err(), "nothing is renamed");
            assert!(fs::read_dir(place).is_err(), "nothing is listed");
            assert!(TcpListener::bind("127.0.0.1:0").is_err(), "no socket is opened");
            assert!(Command::new("true").spawn().is_err(), "no process starts");
            assert!(thread::Builder::new().spawn(|| ()).is_err(), "no thread starts");
            let init = rustix::process::Pid::INIT;
            assert!(
                rustix::process::kill_process(init, Signal::CONT).is_err(),
                "no signal is sent"
            );
            assert!(limit(Resource::Nofile, 9).is_err(), "no limit is raised");
            assert!(Vec::<u8>::new().try_reserve(256 << 20).is_err(), "memory has its end");
            let attach = format!("ATTACH '{}' AS other", file.display());
            let attached = block_on(connection.execute_batch(&attach)).map(drop);
            assert!(attached.is_err(), "no database is attached");
        });
        let passed = |ran: &Output| String::from_utf8_lossy(&ran.stdout).contains("1 passed");
        assert!(ran.as_ref().is_none_or(passed), "{ran:?}");
    }

    /// In the words of proc(5), and in bytes, seconds or pieces.
    #[cfg(target_os = "linux")]
    const LIMITS: [(&str, u64); 6] = [
        ("Max core file size", 0),
        ("Max file size", 0),
        ("Max open files", OPEN_FILES),
        ("Max processes", 0),
        ("Max address space", 256 << 20),
        ("Max cpu time", 100),
    ];

    #[cfg(target_os = "linux")]
    #[test]
    fn every_limit_holds_and_none_can_be_raised() {
        use std::io::{BufRead, BufReader};
        use std::process::Stdio;
        if env::var_os(INSIDE).is_some() {
            confine();
            println!("\nconfined");
            // Ends when nobody writes any more.
            io::stdin().read_line(&mut String::new()).unwrap();
            return;
        }
        let (_, test) = module_path!().split_once("::").unwrap();
        let test = format!("{test}::every_limit_holds_and_none_can_be_raised");
        let mut again = Command::new(env::current_exe().unwrap());
        again.args(["--exact", &test, "--nocapture"]).env(INSIDE, "");
        let mut confined = again.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(confined.stdout.take().unwrap()).lines();
        assert!(said.map(Result::unwrap).any(|line| line == "confined"));
        let limits = fs::read_to_string(format!("/proc/{}/limits", confined.id())).unwrap();
        drop(confined.stdin.take());
        confined.wait().unwrap();
        for (name, most) in LIMITS {
            let own = limits.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            let found: Vec<_> = own.split_whitespace().take(2).collect();
            assert_eq!(found, [most.to_string(), most.to_string()], "{name}");
        }
    }

    #[test]
    fn a_file_that_is_open_does_not_grow() {
        let ran = inside("a_file_that_is_open_does_not_grow", |place| {
            let mut file = File::options().append(true).open(place.join("file")).unwrap();
            confine();
            file.write_all(b"x").unwrap();
        });
        let ended = |ran: &Output| ran.status.signal() == Some(Signal::XFSZ.as_raw());
        assert!(ran.as_ref().is_none_or(ended), "{ran:?}");
    }
}
