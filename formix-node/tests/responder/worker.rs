//! The processes that run statements, and what becomes of a node whose worker does not do as it should.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;
use std::{env, thread};

use rustix::process::{Pid, Signal, kill_process};

use super::*;

const FORMIX: &str = env!("CARGO_BIN_EXE_formix");

/// A node's directory with a table, the program, and something that is called instead of it.
fn home(worker: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.csv"), "x\n1\n2\n").unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/responder/worker.sh");
    symlink(script, home.path().join(worker)).unwrap();
    symlink(FORMIX, home.path().join("formix")).unwrap();
    home
}

fn query(home: &Path, worker: &str) -> Query {
    let sources = [("own".to_owned(), Source::file("own.csv"))].into();
    let limits = QueryLimits { time: Duration::from_secs(600), ..QueryLimits::default() };
    Query::new(sources, home, limits).unwrap().worker(home.join(worker))
}

fn asking(sql: &str) -> Question {
    Question { query: Some(asked(sql, &["own(x)"])), ..question("0", "9", 0) }
}

/// Goes on for longer than anybody waits.
fn endless() -> Question {
    let tables: Vec<_> = (0..60).map(|n| format!("own AS t{n}")).collect();
    asking(&format!("SELECT count(*) FROM {} WHERE t59.x < 0", tables.join(", ")))
}

fn error_of(worker: &str) -> ResponderError {
    let home = home(worker);
    wait(query(home.path(), worker).respond(&asking("SELECT sum(x) FROM own"))).unwrap_err()
}

/// Asks this question several times at once.
fn at_once(both: &Arc<(Query, Question)>, times: usize) -> Vec<Result<Reply, ResponderError>> {
    let ask = |both: Arc<(Query, Question)>| async move { both.0.respond(&both.1).await };
    wait(async {
        (0..times).map(|_| ask(both.clone())).collect::<tokio::task::JoinSet<_>>().join_all().await
    })
}

/// The number of a watched worker, and then nothing when it has ended.
fn watch(home: &Path) -> Receiver<Pid> {
    let pipe = home.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut pipe = BufReader::new(fs::File::open(pipe).unwrap());
        let mut line = String::new();
        pipe.read_line(&mut line).unwrap();
        sender.send(Pid::from_raw(line.trim().parse().unwrap()).unwrap()).unwrap();
        pipe.read_to_end(&mut Vec::new()).unwrap();
    });
    receiver
}

/// Nothing here takes this long, unless it never ends.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn ends(worker: &Receiver<Pid>) {
    assert_eq!(worker.recv_timeout(PATIENCE), Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn a_program_that_is_not_there_is_named_and_so_is_the_way_out() {
    let home = home("unused");
    let query = query(home.path(), "none");
    let error = wait(query.respond(&asking("SELECT sum(x) FROM own"))).unwrap_err();
    assert!(matches!(error, ResponderError::Worker(WorkerError::Start { .. })), "{error:?}");
    assert!(error.to_string().contains("FORMIX_WORKER"), "{error}");
}

#[test]
fn a_program_is_its_own_worker_unless_the_variable_names_another() {
    let question = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/questions");
    let question = fs::read_dir(question).unwrap().map(|entry| entry.unwrap().path());
    let question =
        question.filter(|path| fs::read_to_string(path).unwrap().contains("SELECT")).min().unwrap();
    let check = |program: &str, worker: &str| {
        let mut formix = Command::new(program);
        formix.args(["question", "check"]).arg(&question).env("PATH", "");
        formix.env("FORMIX_WORKER", worker);
        formix.output().unwrap()
    };
    let Output { status, stderr, .. } = check(FORMIX, "/none/formix");
    assert!(!status.success() && String::from_utf8_lossy(&stderr).contains("/none/formix"));
    assert!(check(FORMIX, FORMIX).status.success());
    let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let renamed = place.path().join("renamed");
    fs::hard_link(FORMIX, &renamed).unwrap();
    assert!(check(renamed.to_str().unwrap(), "").status.success(), "it is the program itself");
}

#[test]
fn what_is_not_a_worker_is_told_from_one() {
    use WorkerError::*;
    let found = |worker| match error_of(worker) {
        ResponderError::Worker(error) => error,
        other => panic!("{worker}: {other:?}"),
    };
    let error = found("nothing");
    assert!(matches!(error, Ended { status, .. } if status.success()), "{error:?}");
    let error = found("half");
    assert!(matches!(error, Ended { status, .. } if status.success()), "{error:?}");
    let error = found("other_version");
    assert!(matches!(error, Version { found: 9, .. }), "{error:?}");
    let error = found("endless");
    assert!(matches!(error, TooMuch(most) if most < 2 << 20), "{error:?}");
    for worker in ["garbled", "many"] {
        let error = found(worker);
        assert!(matches!(error, Garbled), "{worker}: {error:?}");
    }
}

#[test]
fn a_signal_that_ends_a_worker_says_which_limit_it_was() {
    for (worker, number, why) in [("killed", 9, "out of memory"), ("busy", 24, "processor time")] {
        let error = error_of(worker);
        let text = error.to_string();
        assert!(
            matches!(error, ResponderError::Worker(WorkerError::Signal { signal }) if signal == number)
        );
        assert!(text.contains(why), "{text}");
    }
    let error = error_of("full");
    assert!(matches!(error, ResponderError::Sql(SqlError::Greedy)), "{error:?}");
}

#[test]
fn a_worker_that_is_killed_takes_nobody_along() {
    let home = home("watched");
    let query = query(home.path(), "watched");
    let worker = watch(home.path());
    let killer = thread::spawn(move || {
        let pid = worker.recv_timeout(PATIENCE).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
        worker
    });
    let reply = wait(query.respond(&endless()));
    let killed = |error: &WorkerError| matches!(error, WorkerError::Signal { signal: 9 });
    assert!(matches!(&reply, Err(ResponderError::Worker(error)) if killed(error)), "{reply:?}");
    ends(&killer.join().unwrap());
    let query = query.worker(FORMIX);
    assert!(wait(query.respond(&asking("SELECT sum(x) FROM own"))).is_ok());
}

#[test]
fn a_worker_ends_when_nobody_waits_for_it() {
    let home = home("watched");
    let query = query(home.path(), "watched");
    let worker = watch(home.path());
    let (begun, begins) = tokio::sync::oneshot::channel();
    let watcher = thread::spawn(move || {
        worker.recv_timeout(PATIENCE).unwrap();
        begun.send(()).unwrap();
        worker
    });
    let question = endless();
    wait(async {
        tokio::select! {
            reply = query.respond(&question) => panic!("{reply:?}"),
            begun = begins => begun.unwrap(),
        }
    });
    ends(&watcher.join().unwrap());
}

#[test]
fn a_worker_ends_when_its_time_is_over() {
    let home = home("watched");
    let limits = QueryLimits { time: Duration::from_secs(2), ..QueryLimits::default() };
    let sources = [("own".to_owned(), Source::file("own.csv"))].into();
    let query = Query::new(sources, home.path(), limits).unwrap();
    let query = query.worker(home.path().join("watched"));
    let worker = watch(home.path());
    let reply = wait(query.respond(&endless()));
    assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
    worker.recv_timeout(PATIENCE).unwrap();
    ends(&worker);
}

/// Names a node's directory to a process that is a node and waits for its worker.
const NODE: &str = "FORMIX_TEST_NODE";

/// This test is both: the one that watches, and the node that is killed.
#[test]
fn a_node_that_is_killed_leaves_no_worker_behind() {
    if let Some(home) = env::var_os(NODE) {
        let _ = wait(query(Path::new(&home), "watched").respond(&endless()));
        return;
    }
    let home = home("watched");
    let worker = watch(home.path());
    let test = "worker::a_node_that_is_killed_leaves_no_worker_behind";
    let mut node = Command::new(env::current_exe().unwrap());
    node.args(["--exact", test]).env(NODE, home.path()).stdout(Stdio::null());
    let mut node = node.spawn().unwrap();
    worker.recv_timeout(PATIENCE).unwrap();
    node.kill().unwrap();
    ends(&worker);
    node.wait().unwrap();
}

/// A worker that has read all of a statement but its last byte. It takes that much of its input only when it
/// has given up everything else.
fn before_the_last_byte(file: &Path, statement: &str) -> (Child, ChildStdin) {
    // One table with one column, in a CSV file, and a result of one row with one value.
    let table = (("own", 1_u32, "x"), (2_u32, file.as_os_str().as_bytes(), None::<&str>, b','));
    let job = (256_u64 << 20, 1_u64 << 20, 77_u64, 1_u32, table, (1_u32, 1_u64, 1_u32));
    let job = postcard::to_allocvec(&job).unwrap();
    let more_than_a_pipe = format!("{statement}{}", " ".repeat(512 << 10));
    let mut worker = Command::new(FORMIX);
    worker.arg("worker").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut worker = worker.spawn().unwrap();
    let mut input = worker.stdin.take().unwrap();
    input.write_all(&1_u32.to_le_bytes()).unwrap();
    for (length, part) in
        [(job.len(), &*job), (more_than_a_pipe.len() + 1, more_than_a_pipe.as_bytes())]
    {
        input.write_all(&(length as u64).to_le_bytes()).unwrap();
        input.write_all(part).unwrap();
    }
    (worker, input)
}

#[test]
fn a_worker_that_computes_ends_with_its_input() {
    let home = home("unused");
    let statement = endless().query.unwrap().sql;
    let (mut worker, mut input) = before_the_last_byte(&home.path().join("own.csv"), &statement);
    input.write_all(b" ").unwrap();
    drop(input);
    let (sender, ended) = channel();
    thread::spawn(move || sender.send(worker.wait().unwrap()));
    assert_eq!(ended.recv_timeout(PATIENCE).unwrap().code(), Some(1));
}

#[test]
#[cfg(target_os = "linux")]
fn a_worker_gives_up_all_that_it_does_not_need_before_it_reads_the_statement() {
    let home = home("unused");
    let (mut worker, input) = before_the_last_byte(&home.path().join("own.csv"), "SELECT 1");
    let about = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", worker.id())).unwrap();
    let limits = about("limits");
    for (limit, most) in [
        ("Max cpu time", "77"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max processes", "0"),
        ("Max open files", "1"),
        ("Max address space", "268435456"),
    ] {
        let line = limits.lines().find_map(|line| line.strip_prefix(limit)).unwrap();
        let set: Vec<_> = line.split_whitespace().take(2).collect();
        assert_eq!(set, [most; 2], "{limit}");
    }
    let status = about("status");
    assert!(status.contains("NoNewPrivs:\t1"), "{status}");
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")) {
        assert!(status.contains("Seccomp:\t2"), "{status}");
    }
    assert_eq!(about("oom_score_adj").trim(), "1000");
    drop(input);
    assert_eq!(worker.wait().unwrap().code(), Some(1), "it ends with its input");
}

#[test]
fn more_statements_than_there_are_turns_are_all_answered() {
    let home = home("unused");
    let query = query(home.path(), "formix");
    let question = asking("SELECT sum(x) FROM own");
    for reply in at_once(&Arc::new((query, question.clone())), 40) {
        let Ok(Reply::Answer(answer)) = reply else { panic!("{reply:?}") };
        assert_eq!(shown(&answer, &question), 3.into());
    }
}

/// With a turn for each at once, this would take as long as one of them.
#[test]
fn statements_wait_for_their_turn() {
    let home = home("unused");
    let turns = thread::available_parallelism().map_or(1, usize::from).max(4);
    let time = Duration::from_millis(300);
    let sources = [("own".to_owned(), Source::file("own.csv"))].into();
    let query = Query::new(sources, home.path(), QueryLimits { time, ..QueryLimits::default() });
    let both = Arc::new((query.unwrap().worker(FORMIX), endless()));
    let begun = Instant::now();
    for reply in at_once(&both, 3 * turns) {
        assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
    }
    assert!(begun.elapsed() >= 3 * time, "{:?}", begun.elapsed());
}

#[test]
fn a_result_has_a_megabyte_of_text_at_most() {
    let home = home("unused");
    let file = home.path().join("own.db");
    fill(&file, "CREATE TABLE own (x); INSERT INTO own VALUES (CAST(zeroblob(65536) AS TEXT))");
    let sources = [("own".to_owned(), Source::file("own.db"))].into();
    let query = Query::new(sources, home.path(), QueryLimits::default()).unwrap();
    let ask = |times: usize| {
        let sql = format!("SELECT {} FROM own", vec!["x"; times].join(", "));
        wait(query.respond(&vector(100, asked(&sql, &["own(x)"]))))
    };
    assert!(matches!(ask(16), Ok(Reply::Answer(_))));
    let reply = ask(17);
    assert!(matches!(reply, Err(ResponderError::Sql(SqlError::LongText(1_048_576)))), "{reply:?}");
}

#[test]
fn a_directory_need_not_have_a_name_in_utf_8() {
    let home = home("unused");
    let odd = home.path().join(std::ffi::OsStr::from_bytes(b"\xff"));
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("own.csv"), "x\n5\n").unwrap();
    let question = asking("SELECT sum(x) FROM own");
    let reply = wait(query(&odd, "../formix").respond(&question));
    let Ok(Reply::Answer(answer)) = reply else { panic!("{reply:?}") };
    assert_eq!(shown(&answer, &question), 5.into());
}
