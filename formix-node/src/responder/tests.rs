//! Responders made from a configuration, as a node does.

mod escape;
mod limits;
mod query;
mod sources;

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use formix_proto::Decimal;
use formix_proto::query::{Query as Asked, Table};
use formix_proto::statistic::{Domain, Finding, Labels, Measure, Rule, Statistic};
use tempfile::TempDir;

use super::question::tests::question;
use super::*;

pub(super) fn labels(words: &[&str]) -> Labels {
    words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().try_into().unwrap()
}

/// An answer cannot be printed; what is found of it alone can.
fn found(answer: &Answer, statistic: &Statistic) -> Finding {
    let lanes = statistic.encode(answer, statistic.shape(1).unwrap()).unwrap();
    let mut parts = statistic.decode(&lanes, 1).unwrap().parts;
    parts.retain(|part| part.found.is_some());
    parts.remove(0).found.unwrap().finding
}

/// The sum of one answer.
pub(super) fn shown(answer: &Answer, question: &Question) -> Decimal {
    match found(answer, &question.statistic) {
        Finding::Sum { sum, .. } => sum,
        _ => panic!("a sum"),
    }
}

fn wait<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

fn respond(config: &str, home: &Path, question: &Question) -> Result<Reply, ResponderError> {
    let config: ResponderConfig = toml::from_str(config).unwrap();
    wait(config.build(home)?.respond(question))
}

/// The reply, with `None` for declining.
fn ask(config: &str, home: &Path, query: Option<Asked>) -> Result<Option<Decimal>, ResponderError> {
    let question = Question { query, ..question("-999", "999", 5) };
    match respond(config, home, &question)? {
        Reply::Answer(answer) => Ok(Some(shown(&answer, &question))),
        Reply::Decline => Ok(None),
    }
}

/// A query over tables that are declared like `sleep(day, reaction_ms)`.
fn asked(sql: &str, tables: &[&str]) -> Asked {
    let table = |declared: &&str| {
        let (name, columns) = declared.trim_end_matches(')').split_once('(').unwrap();
        let columns = columns.split(", ").map(str::to_owned).collect();
        Table { name: name.to_owned(), columns }
    };
    Asked { sql: sql.to_owned(), tables: tables.iter().map(table).collect() }
}

/// A question that takes so many numbers.
fn vector(length: u32, query: Asked) -> Question {
    let domain = Domain::new((-999).into(), 999.into(), 5).unwrap();
    let statistic = Measure::Vector(domain, length).into();
    Question { query: Some(query), statistic, ..question("0", "1", 0) }
}

fn fill(file: &Path, sql: &str) {
    wait(async {
        let database = libsql::Builder::new_local(file).build().await.unwrap();
        database.connect().unwrap().execute_batch(sql).await.unwrap();
    });
}

fn number(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

/// A shell script as a responder.
fn script(text: &str) -> Result<Option<Decimal>, ResponderError> {
    let home = TempDir::new().unwrap();
    run(text, "60s", home.path())
}

fn run(text: &str, limit: &str, home: &Path) -> Result<Option<Decimal>, ResponderError> {
    let quoted = toml::Value::from(text);
    let config = format!(
        "kind = 'command'\nprogram = 'sh'\nargs = ['-c', {quoted}]\ntime_limit = '{limit}'"
    );
    ask(&config, home, None)
}

#[test]
fn a_fixed_answer() {
    let home = Path::new("/");
    assert_eq!(ask("kind = 'fixed'\nvalue = '72.5'", home, None).unwrap(), number("72.5"));
    let wrong = ask("kind = 'fixed'\nvalue = 'plenty'", home, None);
    assert!(matches!(wrong, Err(ResponderError::Answer(_))));
    assert!(ask("kind = 'random'", home, None).unwrap().is_some());
}

#[test]
fn what_is_configured_by_mistake_is_refused() {
    for config in [
        "kind = 'fixed'",
        "kind = 'fixed'\nvalue = '1'\nvalu = '1'",
        "kind = 'random'\nseed = 1",
        "kind = 'command'\nprogram = 'sh'\ntime_limit = 'soon'",
        "kind = 'oracle'",
        "value = '1'",
    ] {
        assert!(toml::from_str::<ResponderConfig>(config).is_err(), "{config}");
    }
    let zero = ask("kind = 'command'\nprogram = 'sh'\ntime_limit = '0s'", Path::new("/"), None);
    assert!(matches!(zero, Err(ResponderError::NoTime)));
}

#[test]
fn a_command_reads_the_question_and_writes_a_number() {
    assert_eq!(script("echo ' 3.5 '").unwrap(), number("3.5"));
    assert_eq!(
        script(r#"grep -c '"kind":"sum","min":"-999","max":"999","decimals":5'"#).unwrap(),
        number("1")
    );
    for declining in ["true", "echo decline", "echo DECLINE; echo"] {
        assert_eq!(script(declining).unwrap(), None, "{declining}");
    }
    for wrong in ["echo lots", "echo 1 2", "echo NaN", "printf '\\377'"] {
        assert!(matches!(script(wrong), Err(ResponderError::Answer(_))), "{wrong}");
    }
}

#[test]
fn a_command_writes_cells_as_one_json_array() {
    let config = |text: &str| {
        let quoted = toml::Value::from(text);
        format!("kind = 'command'\nprogram = 'echo'\nargs = [{quoted}]")
    };
    let statistic =
        Statistic { missing: Rule::Use("9".to_owned()), ..vector(3, asked("", &[])).statistic };
    let question = Question { statistic, ..question("0", "1", 0) };
    let reply = respond(&config("[1.25, 4e1, null]"), Path::new("/"), &question).unwrap();
    let Reply::Answer(answer) = reply else { panic!("it declines") };
    let Finding::Vector { sums, .. } = found(&answer, &question.statistic) else { panic!() };
    assert_eq!(sums, ["1.25", "40", "9"].map(|text| text.parse().unwrap()));

    let choice = Statistic::from(Measure::Choice(labels(&["007", "7"])));
    let question = Question { statistic: choice.clone(), ..question };
    for (text, count) in [("[\"007\"]", [1, 0]), ("[7]", [0, 1]), ("[7.0]", [0, 1])] {
        let reply = respond(&config(text), Path::new("/"), &question).unwrap();
        let Reply::Answer(answer) = reply else { panic!("it declines") };
        let Finding::Frequencies(counted) = found(&answer, &choice) else { panic!() };
        assert_eq!(counted.iter().map(|option| option.count).collect::<Vec<_>>(), count, "{text}");
    }
    for wrong in ["[1,", "[1] [2]", "[[1]]", "[true]", "[{}]", "[NaN]"] {
        let reply = respond(&config(wrong), Path::new("/"), &question);
        assert!(matches!(reply, Err(ResponderError::NotCells)), "{wrong}");
    }
}

#[test]
fn a_command_may_write_as_much_as_the_question_takes() {
    let write = "awk 'BEGIN { printf \"[0\"; for (i = 1; i < COUNT; i++) printf \", %s\", i % 7; print \"]\" }'";
    let config = |count: &str| {
        let quoted = toml::Value::from(write.replace("COUNT", count));
        format!("kind = 'command'\nprogram = 'sh'\nargs = ['-c', {quoted}]")
    };
    let question = vector(20_000, asked("", &[]));
    let reply = respond(&config("20000"), Path::new("/"), &question).unwrap();
    assert!(matches!(reply, Reply::Answer(_)));
    let reply = respond(&config("20000000"), Path::new("/"), &question);
    assert!(matches!(reply, Err(ResponderError::TooMuch { .. })));
}

#[test]
fn a_command_that_fails_has_no_answer() {
    assert!(matches!(script("echo 72; exit 3"), Err(ResponderError::Failed { .. })));
    assert!(matches!(script("yes"), Err(ResponderError::TooMuch { .. })));
    let home = TempDir::new().unwrap();
    let missing = ask("kind = 'command'\nprogram = './missing'", home.path(), None);
    assert!(matches!(missing, Err(ResponderError::Program { .. })));
}

#[test]
fn a_relative_program_is_looked_for_beside_the_configuration() {
    let home = TempDir::new().unwrap();
    std::os::unix::fs::symlink("/bin/echo", home.path().join("answer")).unwrap();
    let config = "kind = 'command'\nprogram = './answer'\nargs = ['8']";
    assert_eq!(ask(config, home.path(), None).unwrap(), number("8"));
}

/// A script that stays, and starts what stays, and a thread that ends when all of it is gone: it reads
/// from a pipe that they hold open. The channel tells when they have begun.
fn lingering(home: &Path) -> (String, Receiver<()>, JoinHandle<Duration>) {
    let pipe = home.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let script = format!("exec 9>{}; echo 1; sleep 60 & sleep 60", pipe.display());
    let (begun, began) = channel();
    let reader = thread::spawn(move || {
        let mut pipe = fs::File::open(pipe).unwrap();
        let _ = begun.send(());
        let start = Instant::now();
        pipe.read_to_end(&mut Vec::new()).unwrap();
        start.elapsed()
    });
    (script, began, reader)
}

#[test]
fn nothing_of_a_command_is_left_when_its_time_is_over() {
    let home = TempDir::new().unwrap();
    let (script, _, reader) = lingering(home.path());
    assert!(matches!(run(&script, "3s", home.path()), Err(ResponderError::TimeOut(_))));
    assert!(reader.join().unwrap() < Duration::from_secs(30));
}

#[test]
fn nothing_of_a_command_is_left_when_nobody_waits_for_it() {
    let home = TempDir::new().unwrap();
    let (script, began, reader) = lingering(home.path());
    let hour = Duration::from_secs(3600);
    let command = Command::new("sh".into(), vec!["-c".into(), script], hour).unwrap();
    let question = question("0", "9", 0);
    wait(async {
        let began = tokio::task::spawn_blocking(move || began.recv());
        tokio::select! {
            _ = command.respond(&question) => panic!("it answered"),
            begun = began => begun.unwrap().unwrap(),
        }
    });
    assert!(reader.join().unwrap() < Duration::from_secs(30));
}

#[test]
fn errors_tell_nothing_of_the_data() {
    let error = script("echo 4711 secret; echo 4711 secret >&2; exit 1").unwrap_err();
    let error = format!("{error} {error:?}");
    assert!(!error.contains("4711") && !error.contains("secret"), "{error}");
    assert_eq!(format!("{:?}", Reply::Answer(Answer::parse("4711").unwrap())).find("4711"), None);
}
