//! The command line: what is printed where, for people and for programs, and the exit status.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::{fs, io};

use formix_proto::Decimal;
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tempfile::TempDir;

use support::command::{Ran, formix, on};
use support::{Answer, Up, within};

/// The field names of the original Formix, and those that came since.
const ROW: [&str; 21] = [
    "comp_id",
    "proposer_uid",
    "heavy_node_1",
    "heavy_node_2",
    "heavy_node_3",
    "committee",
    "computation_prompt",
    "response_schema",
    "deadline",
    "min_participants",
    "status",
    "failure",
    "reason",
    "result",
    "mean",
    "participants_count",
    "created_at",
    "completed_at",
    "summary",
    "unreachable",
    "waiting_for",
];

const ANSWERS: [Answer<'_>; 3] = [Answer::Fixed("11"), Answer::Fixed("20"), Answer::Fixed("72")];

/// Runs the command on a home that does not exist yet.
#[track_caller]
fn alone(args: &[&str]) -> Ran {
    formix(&TempDir::new().unwrap().path().join("home"), args)
}

/// A computation as a list has it.
fn without_summary(report: &Value) -> Value {
    let mut fields = report.as_object().unwrap().clone();
    fields.remove("summary").unwrap();
    fields.into()
}

#[track_caller]
fn has_fields(object: &Value, names: &[&str]) {
    let found: BTreeSet<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(found, names.iter().copied().collect());
}

#[test]
fn json_is_all_of_standard_output_and_has_the_field_names_of_the_original() {
    let network = Up::start(&ANSWERS);
    let run = |args: &[&str]| network.formix(&[args, &["--json"]].concat()).succeeded().json();
    let proposed = run(&["propose", "What is your number?", "--max", "100", "--decimals", "0"]);
    has_fields(&proposed, &ROW);
    let id = proposed["comp_id"].as_str().unwrap();
    let ended = run(&["wait", id]);
    has_fields(&ended, &ROW);
    assert_eq!(ended["result"], "103");
    assert_eq!(ended["mean"], "34.3333");
    assert_eq!(ended["participants_count"], 3);
    let schema: Value = serde_json::from_str(ended["response_schema"].as_str().unwrap()).unwrap();
    assert_eq!(
        schema,
        json!({
            "statistic": { "kind": "sum", "min": "0", "max": "100", "decimals": 0 },
            "groups": null,
            "missing": "decline",
            "outside": "decline",
            "hide_opt_outs": false,
        })
    );
    assert_eq!(run(&["show", &id[..8]]), ended);
    let seats = ["heavy_node_1", "heavy_node_2", "heavy_node_3"].map(|seat| &ended[seat]);
    assert_eq!(ended["committee"], json!(seats));
    let list = run(&["list"]);
    has_fields(&list, &["computations"]);
    assert_eq!(list["computations"], json!([without_summary(&ended)]));
    let status = run(&["status"]);
    has_fields(&status, &["nodes", "min_participants"]);
    for node in status["nodes"].as_array().unwrap() {
        has_fields(node, &["name", "role", "uid", "running", "pid", "address", "trouble"]);
    }
    has_fields(&run(&["down"]), &["status", "stopped", "failed"]);
    assert_eq!(run(&["show", id]), ended, "the history outlives the processes");
    assert_eq!(run(&["list"]), list);
    let error = network.formix(&["show", "ffff", "--json"]).exits(2).json();
    has_fields(&error, &["status", "error"]);
}

#[test]
fn the_demo_of_the_study_is_what_the_files_add_up_to() {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/sleepstudy");
    let answers: Vec<Decimal> = fs::read_dir(files)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path| last_five_days(&fs::read_to_string(path).unwrap()))
        .collect();
    let report = alone(&["demo", "--json"]).succeeded().json();
    has_fields(&report, &[&ROW[..], &["truth", "exact"]].concat());
    let sum: Decimal = report["result"].as_str().unwrap().parse().unwrap();
    assert_eq!(sum, answers.iter().sum());
    assert_eq!(report["participants_count"], answers.len());
    assert_eq!(answers.len(), 18);
}

/// A person's mean reaction time on days 5 to 9.
fn last_five_days(file: &str) -> Decimal {
    let lines = file.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let late = lines.filter(|line| line[1].parse::<u32>().unwrap() >= 5);
    let times: Vec<Decimal> = late.map(|line| line[2].parse().unwrap()).collect();
    assert_eq!(times.len(), 5);
    times.iter().sum::<Decimal>() / Decimal::from(5)
}

#[test]
fn the_demo_adds_up_answers_of_ones_own() {
    for (answers, sum, participants) in
        [("11,20,72", "103", 3), ("-11,-20.5,72.25", "40.75", 3), ("0.1,0.2,0.3,-0.6", "0", 4)]
    {
        let report = alone(&["demo", "--answers", answers, "--json"]).succeeded().json();
        assert_eq!(report["result"], sum, "{answers}");
        assert_eq!(report["truth"], sum, "{answers}");
        assert_eq!(report["exact"], true, "{answers}");
        assert_eq!(report["participants_count"], participants, "{answers}");
    }
}

/// What a network does not protect because it is for tests, it says when it starts, and no other says it.
#[test]
fn a_test_network_says_what_it_does_not_protect_and_no_other_does() {
    for choice in 0..8 {
        let [few, at_once, random] = [1, 2, 4].map(|bit| choice & bit != 0);
        let network = Up::prepare(&[]);
        let args = [
            ["--min-participants", if few { "2" } else { "3" }],
            ["--answer-after", if at_once { "0s" } else { "1s" }],
            ["--light", if random { "2" } else { "0" }],
        ];
        let said = network.formix(&[&["up"], args.as_flattened()].concat()).succeeded();
        network.try_up(&["--light", "0"]).succeeded();
        for (words, is_so) in [
            ("results over fewer than three participants", few),
            ("answer at once, and when that is may tell what", at_once),
            ("2 of 2 light nodes are test nodes, which return random answers", random),
            ("nodes with real data always ask you first", random),
        ] {
            assert_eq!(said.stdout.contains(words), is_so, "{args:?}: {}", said.stdout);
        }
    }
}

#[test]
fn a_senseless_command_line_is_refused_before_anything_starts() {
    for (args, why) in [
        (&[][..], "Usage: formix"),
        (&["dance"], "unrecognized subcommand"),
        (&["demo", "--answers", "NaN,1,2"], "not a decimal number"),
        (&["demo", "--answers", "1e40,1,2"], "not a decimal number"),
        (&["demo", "--answers", "1,2,3", "--light", "3"], "cannot be used with"),
        (&["demo", "--answers", "1e19,2,3"], "below 2^63"),
        (&["demo", "--answers", "1,2,3", "--deadline", "0s"], "the deadline has passed"),
        (&["demo", "--answers", "1,2,3", "--deadline", "soon"], "write it as 90s"),
        (&["demo", "--answers", "1,2,3", "--log-level", "loud"], "`loud`"),
        (&["up", "--log-level", "loud"], "`loud`"),
        (&["demo", "--heavy", "2"], "three heavy nodes"),
        (&["show", "0123"], "0123"),
        (&["status"], "formix up"),
    ] {
        let ran = alone(args).exits(2);
        assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_wrong_command_line_is_json_for_programs() {
    for (args, why) in [
        (&["dance", "--json"][..], "unrecognized subcommand 'dance'"),
        (&["--json", "list", "--max", "many"], "invalid value 'many' for '--max <N>'"),
        (&["approve", "--json"], "required arguments were not provided"),
    ] {
        let ran = alone(args).exits(2).says("For more information, try '--help'");
        has_fields(&ran.json(), &["status", "error"]);
        let error = ran.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(why) && !error.contains("Usage"), "{args:?}: {error}");
    }
    let help = alone(&["list", "--json", "--help"]).succeeded();
    assert!(help.stdout.contains("Usage"), "help stays text: {}", help.stdout);
}

/// Many shells set a soft limit of 1,024 open files, and leave it to the program to raise it.
#[test]
fn a_large_network_in_one_process_raises_the_limit_on_open_files_or_says_what_is_missing() {
    let limited = |limit: &str| {
        let scratch = TempDir::new().unwrap();
        let formix = on(&scratch.path().join("home"));
        let mut shell = Command::new("sh");
        let script = format!("ulimit {limit} && exec \"$0\" demo --light 240 --json");
        shell.args(["-c", &script]).arg(formix.get_program()).env("TMPDIR", scratch.path());
        let ran = Ran::from(within("the demo ends", move || shell.output().unwrap()));
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "it leaves nothing behind");
        ran
    };
    assert_eq!(limited("-Sn 1024").succeeded().json()["participants_count"], 240);
    let refused = limited("-n 1024").exits(1).says("the hard limit is 1024");
    assert!(refused.stderr.contains("`ulimit -Hn "), "{}", refused.stderr);
}

#[test]
fn an_interrupted_demo_or_study_leaves_nothing_behind() {
    // While its nodes start, and while they answer.
    for (args, lines) in [(&["demo", "--light", "100"][..], 1), (&["study", "sleep"], 2)] {
        let scratch = TempDir::new().unwrap();
        let mut command = on(scratch.path());
        let command = command.args(args).env("TMPDIR", scratch.path());
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = BufReader::new(running.stdout.take().unwrap());
        let mut line = String::new();
        for _ in 0..lines {
            said.read_line(&mut line).unwrap();
        }
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "{line}");
        rustix::process::kill_process(Pid::from_child(&running), Signal::INT).unwrap();
        let rest = within("the command ends", move || {
            said.read_to_string(&mut line).unwrap();
            line
        });
        assert!(rest.ends_with("Interrupted: stopping the network.\n"), "{args:?}: {rest}");
        assert_eq!(running.wait().unwrap().code(), Some(130), "{args:?}");
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0, "{args:?}");
    }
}

#[test]
fn a_computation_that_fails_is_exit_status_1() {
    let network = Up::start(&[Answer::Fixed("11"), Answer::Fixed("20"), Answer::Gated]);
    let asked = ["propose", "What is your number?", "--deadline", "1s", "--wait", "--json"];
    let report = network.formix(&asked).exits(1).json();
    assert_eq!(report["status"], "failed");
    assert_eq!(report["failure"], "2 answers reached every heavy node, 3 are needed");
    let reason = json!({ "kind": "too-few", "participants": 2, "needed": 3 });
    assert_eq!(report["reason"], reason);
    assert_eq!(report["result"], Value::Null);
    let id = report["comp_id"].as_str().unwrap();
    for command in ["show", "wait"] {
        assert_eq!(network.formix(&[command, id, "--json"]).exits(1).json(), report);
    }
    let open = network.propose();
    let waited = network.formix(&["wait", &open, "--timeout", "1ms", "--json"]).exits(1).json();
    assert_eq!(waited["status"], "collecting");
    alone(&["demo", "--answers", "11,20"]).exits(1).says("only 2 light nodes are enrolled");
}

#[test]
fn help_explains_every_command() {
    for command in [
        &[][..],
        &["demo"],
        &["study"],
        &["up"],
        &["down"],
        &["status"],
        &["propose"],
        &["question", "check"],
        &["list"],
        &["show"],
        &["wait"],
        &["inbox"],
        &["preview"],
        &["approve"],
        &["deny"],
        &["always"],
        &["audit"],
        &["heavy", "run"],
        &["light", "run"],
        &["proposer", "run"],
    ] {
        let help = alone(&[command, &["--help"]].concat()).succeeded().stdout;
        let (explanation, usage) = help.split_once("\n\nUsage: formix").unwrap();
        assert!(explanation.len() > 5, "{command:?}: {help}");
        assert!(usage.contains("--json"), "{command:?}: {help}");
    }
    assert!(alone(&["--version"]).succeeded().stdout.starts_with("formix 0."));
    for command in [
        "demo", "study", "up", "propose", "list", "show", "wait", "inbox", "preview", "approve",
        "deny", "always", "audit",
    ] {
        let help = alone(&[command, "--help"]).stdout;
        assert!(help.contains(&format!("formix {command} ")), "no example: {help}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_reason_to_fail() {
    let network = Up::start(&ANSWERS);
    network.formix(&["propose", "What is your number?", "--wait"]).succeeded();
    for args in
        [&["list"][..], &["list", "--json"], &["status"], &["up", "--light", "3"], &["--help"]]
    {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let mut command = on(network.home().path());
        command.args(args).stdout(writer);
        let ran = Ran::from(within("it ends", move || command.output().unwrap()));
        let stderr = ran.exits(0).stderr;
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    }
}

#[test]
fn output_that_is_lost_is_an_error_even_if_all_else_worked() {
    let network = Up::start(&ANSWERS);
    let asked = ["propose", "What is your number?", "--wait", "--json"];
    let report = network.formix(&asked).succeeded().json();
    let id = report["comp_id"].as_str().unwrap();
    for args in [&["list"][..], &["list", "--json"], &["show", id], &["show", id, "--csv"]] {
        let mut command = on(network.home().path());
        command.args(args).stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let ran = Ran::from(within("it ends", move || command.output().unwrap()));
        ran.exits(1).says("standard output is not complete");
    }
}

#[test]
fn after_an_interrupted_wait_the_command_says_how_to_wait_again() {
    let network = Up::start(&[Answer::Fixed("11"), Answer::Fixed("20"), Answer::Gated]);
    let id = network.propose();
    network.holds("heavy-1", &id, 2);
    let again = format!("`formix wait {id}` waits for it");
    let given_up = network.formix(&["wait", &id[..8], "--timeout", "1ms"]).exits(1).says(&again);
    let waits = given_up.stdout.lines().find(|line| line.starts_with("waiting for")).unwrap();
    assert!(waits.contains("answers, until 2"), "{waits}");
    let mut command = on(network.home().path());
    let command = command.args(["wait", &id]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = command.spawn().unwrap();
    let mut said = BufReader::new(waiting.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("Waiting for answers until 2"), "{line}");
    rustix::process::kill_process(Pid::from_child(&waiting), Signal::INT).unwrap();
    said.read_to_string(&mut line).unwrap();
    assert!(line.contains(&again), "{line}");
    assert_eq!(waiting.wait().unwrap().code(), Some(130));
}

const INVISIBLE: [char; 4] = ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}'];

#[test]
fn a_prompt_cannot_steer_the_terminal() {
    let network = Up::start(&ANSWERS);
    let prompt = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\n\u{202e}evil\u{200b}\u{2066} \u{feff}\u{9b}31m";
    network.formix(&["propose", prompt, "--wait"]).succeeded();
    let row = &network.formix(&["list", "--json"]).succeeded().json()["computations"][0];
    assert_eq!(row["computation_prompt"], prompt, "programs get it as it is");
    let id = row["comp_id"].as_str().unwrap();
    for args in
        [&["list"][..], &["show", id], &["wait", id], &["list", "--json"], &["show", prompt]]
    {
        let ran = network.formix(args);
        let for_people = match args.contains(&"--json") {
            true => ran.stderr,
            false => ran.stdout + &ran.stderr,
        };
        let steers = |c: char| c != '\n' && (c.is_control() || INVISIBLE.contains(&c));
        assert!(!for_people.contains(steers), "{args:?}: {for_people:?}");
    }
}
