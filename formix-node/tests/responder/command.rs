//! Programs that answer.

use std::io::Read;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::*;

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

/// However long it looks at the data, the node sends when it is time.
#[test]
fn a_command_and_what_it_starts_give_way_to_the_node() {
    assert_eq!(script("nice").unwrap(), number("19"));
    assert_eq!(rustix::process::nice(0).unwrap(), 0, "the node has the priority that it had");
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
    let Finding::Vector(VectorFound { sums, .. }) = found(&answer, &question.statistic) else {
        panic!()
    };
    assert_eq!(sums, ["1.25", "40", "9"].map(|text| text.parse().unwrap()));

    let choice = Statistic::from(Choice(labels(&["007", "7"])));
    let question = Question { statistic: choice.clone(), ..question };
    for (text, count) in [("[\"007\"]", [1, 0]), ("[7]", [0, 1]), ("[7.0]", [0, 1])] {
        let reply = respond(&config(text), Path::new("/"), &question).unwrap();
        let Reply::Answer(answer) = reply else { panic!("it declines") };
        let Finding::Choice(counted) = found(&answer, &choice) else { panic!() };
        assert_eq!(
            counted.0.iter().map(|option| option.count).collect::<Vec<_>>(),
            count,
            "{text}"
        );
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
