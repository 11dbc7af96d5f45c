//! Questions and ids as people type them: what is taken, what is refused, and that a refusal costs nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use serde_json::{Value, json};

use support::{Answer, Up};

const ANSWERS: [Answer<'_>; 5] = [
    Answer::Fixed("11"),
    Answer::Fixed("20"),
    Answer::Fixed("72"),
    Answer::Fixed("-7.5"),
    Answer::Fixed("0.25"),
];

#[test]
fn terms_that_are_refused_leave_nothing_behind() {
    let network = Up::start(&ANSWERS);
    let long = "?".repeat(5000);
    let long_sql = "?".repeat(17_000);
    for (prompt, terms, why) in [
        ("", &[][..], "the question is empty"),
        (" \t", &[], "the question is empty"),
        (long.as_str(), &[], "longer than 4096 bytes"),
        ("mp100.tml", &[], "`mp100.tml` looks like a file"),
        ("./question", &[], "ends in .toml or .json"),
        ("src", &[], "`src` looks like a file"),
        ("not-there.TOML", &[], "not-there.TOML: "),
        ("q", &["--sql", &long_sql, "--table", "t=x"], "longer than 16384 bytes"),
        ("q", &["--sql", "SELECT y FROM t", "--table", "t=x"], "no such column: y"),
        ("q", &["--sql", "SELECT x FROM t", "--table", "t=x", "--table", "t=y"], "declared twice"),
        ("q", &["--sql", "SELECT x FROM t"], "--table"),
        ("q", &["--sql", "SELECT x FROM t", "--table", "t"], "NAME=COLUMN"),
        ("q", &["--deadline", "0s"], "the deadline has passed"),
        ("q", &["--deadline", "31d"], "the deadline is more than 2592000 s away"),
        ("q", &["--deadline", "500years"], "the deadline is more than"),
        ("q", &["--committee", "heavy-1,heavy-1,heavy-2"], "more than one seat"),
        ("q", &["--committee", "heavy-1,heavy-2,light-1"], "light-1"),
        ("q", &["--committee", "heavy-1,heavy-2,heavy-9"], "no node is called `heavy-9`"),
        ("q", &["--committee", "heavy-1,heavy-2"], "--committee"),
        ("q", &["--min-participants", "0"], "requires at least 3"),
        ("q", &["--min-participants", "1"], "requires at least 3"),
        ("q", &["--min-participants", "2"], "requires at least 3"),
        ("q", &["--min-participants=-1"], "--min-participants"),
        ("q", &["--max-participants", "1048577"], "at most 1048576"),
        ("q", &["--max", "9223372036854775807"], "below 2^63"),
        ("q", &["--min", "5", "--max", "5"], "min must be less than"),
        ("q", &["--decimals", "10"], "at most 9 decimals"),
        ("q", &["--max", "0.001"], "whole number of steps"),
        ("q", &["--max", "inf"], "not a decimal number"),
        ("q", &["--max", "1e400"], "not a decimal number"),
        (
            "q",
            &["--min-participants", "4", "--max-participants", "3"],
            "more than max_participants",
        ),
    ] {
        let ran = network.formix(&[&["propose", prompt], terms].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{terms:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(why), "{terms:?}: {}", ran.stderr);
    }
    let list = network.formix(&["list", "--json"]).succeeded().json();
    assert_eq!(list, json!({ "computations": [] }));
}

#[test]
fn more_participants_than_there_are_fail_at_once() {
    let network = Up::start(&ANSWERS);
    let asked = ["propose", "q", "--min-participants", "6", "--deadline", "1h", "--json"];
    let failed = network.formix(&asked).exits(1);
    let failed = failed.says("only 5 light nodes are enrolled, min_participants is 6");
    assert!(!failed.stderr.contains("often because"), "no owner was asked: {}", failed.stderr);
    let list = network.formix(&["list", "--json"]).succeeded().json();
    assert_eq!(list["computations"][0]["status"], "failed");
}

#[test]
fn negative_and_decimal_answers_add_up_and_those_out_of_the_domain_decline() {
    let network = Up::start(&ANSWERS);
    for (terms, sum, participants) in [
        (&["--min", "-10", "--max", "100"][..], "95.75", 5),
        (&["--max", "100"], "103.25", 4),
        (&["--min", "-10", "--max", "50", "--decimals", "1"], "23.7", 4),
    ] {
        let asked = ["propose", "What is your number?", "--wait", "--json"];
        let report = network.formix(&[&asked, terms].concat()).succeeded().json();
        assert_eq!(report["result"], sum, "{terms:?}");
        assert_eq!(report["participants_count"], participants, "{terms:?}");
    }
}

#[test]
fn a_sum_over_one_person_takes_a_test_network_that_says_so() {
    let network = Up::prepare(&[]);
    let up = network.try_up(&["--light", "1", "--min-participants", "1"]).succeeded();
    up.says("its policy allows results over fewer than three participants");
    for (least, code) in [("0", 2), ("1", 0), ("2", 1)] {
        let asked = ["propose", "q", "--wait", "--min-participants", least];
        network.formix(&asked).exits(code);
    }
    let zero = Up::prepare(&[]);
    let up = zero.try_up(&["--light", "1", "--min-participants", "0"]).succeeded();
    up.says("its policy allows results over fewer than three participants");
    zero.formix(&["propose", "q", "--min-participants", "0"]).exits(2);
}

#[test]
fn an_id_is_found_by_its_beginning_or_refused_in_the_same_way_whether_the_network_runs_or_not() {
    let network = Up::start(&ANSWERS);
    // Sixteen first digits, seventeen ids.
    for _ in 0..17 {
        network.formix(&["propose", "q", "--min", "-10"]).succeeded();
    }
    let list = network.formix(&["list", "--json"]).succeeded().json();
    let ids: Vec<String> = list["computations"].as_array().unwrap().iter().map(id_of).collect();
    let digit = |id: &String| id[..1].to_owned();
    let begins = |beginning: &String| ids.iter().filter(|id| id.starts_with(beginning)).count();
    let ambiguous = ids.iter().map(digit).find(|beginning| begins(beginning) > 1).unwrap();
    let check = || {
        for id in ["../../x", "/etc/passwd", "\\0", "%00", "..", "*", "zz", "ÿ", "' OR 1=1 --"] {
            network.formix(&["show", id]).exits(2).says("no computation");
        }
        network.formix(&["show", &"f".repeat(65)]).exits(2).says("no computation");
        network.formix(&["show", &ambiguous]).exits(2).says("more than one");
        network.formix(&["show", ""]).exits(2).says("beginning of its id");
        for id in [&ids[0][..], &ids[0][..40], &ids[0].to_uppercase()] {
            let shown = network.formix(&["show", id, "--json"]).succeeded().json();
            assert_eq!(id_of(&shown), ids[0]);
        }
    };
    for id in &ids {
        network.completes(id, "95.75", 5);
    }
    check();
    network.kill_everything();
    check();
}

fn id_of(row: &Value) -> String {
    row["comp_id"].as_str().unwrap().to_owned()
}
