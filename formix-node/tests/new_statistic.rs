//! A statistic that the product does not have, and that is one file of `formix-proto`
//! (`statistic/sign.rs`): it is asked from a file, allowed by rules, shown to owners, answered, and shown
//! to the analyst in every form, by real nodes that have no other word of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use support::{Answer, PATIENCE, Up};

const ANSWERS: [Answer<'_>; 5] = [
    Answer::Fixed("-4"),
    Answer::Fixed("0"),
    Answer::Fixed("7"),
    Answer::Fixed("2.5"),
    Answer::Fixed("9"),
];

const QUESTION: &str = r#"
version = 1
prompt = "Better or worse?"
deadline = "1h"

[statistic]
kind = "sign"
pivot = 0
min = -10
max = 10
decimals = 1
"#;

/// What owners and analysts are told that it reveals.
const REVEALS: &str =
    "how many answers are below, at and above 0, of a number from -10 to 10 in steps of 0.1";

/// Writes a question's file.
fn file(network: &Up, text: &str) -> String {
    let path = network.home().path().join("sign.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The question as it waits for the owner of `light-1`.
fn waits(network: &Up) -> Value {
    let begun = Instant::now();
    loop {
        let inbox = network.formix(&["inbox", "light-1", "--json"]).succeeded().json();
        match inbox["questions"].as_array().unwrap().first() {
            Some(question) => return question.clone(),
            None => assert!(begun.elapsed() < PATIENCE, "the question does not reach its owner"),
        }
    }
}

#[test]
fn a_statistic_of_one_file_is_asked_allowed_answered_and_shown() {
    let network = Up::prepare(&ANSWERS);
    network.says("light-1", "");
    let allows = "[[rule]]\nverdict = \"allow\"\nfree_text = true\nstatistic = [\"sign\"]\n";
    network.says("light-2", allows);
    network.up();

    let path = file(&network, QUESTION);
    let checked = network.formix(&["question", "check", &path, "--json"]).succeeded().json();
    assert_eq!((&checked["statistic"], &checked["computes"]), (&"sign".into(), &REVEALS.into()));
    assert_eq!(checked["elements"], 3);

    let asked = network.formix(&["propose", &path, "--json"]).succeeded().json();
    let id = asked["comp_id"].as_str().unwrap().to_owned();
    assert_eq!(waits(&network)["reveals"], REVEALS);
    network.formix(&["approve", "light-1", &id]).succeeded();
    let report = network.formix(&["wait", &id, "--json"]).succeeded().json();

    assert_eq!(report["participants_count"], 5, "a rule names it: {report}");
    assert_eq!(report["result"], "mostly above");
    let found = json!({ "answers": 5, "sign": { "below": 1, "at": 1, "above": 3 } });
    assert_eq!(report["summary"]["groups"], json!([{ "label": null, "found": found }]));
    let schema: Value = serde_json::from_str(report["response_schema"].as_str().unwrap()).unwrap();
    let written = json!({ "kind": "sign", "pivot": "0", "min": "-10", "max": "10", "decimals": 1 });
    assert_eq!(schema["statistic"], written);
    is_shown(&network, &id);
}

/// As text, CSV and SVG.
fn is_shown(network: &Up, id: &str) {
    let text = network.formix(&["show", id]).succeeded().stdout;
    let (third, whole) = ("#".repeat(20), "#".repeat(60));
    let lines = format!(
        "pivot         0\nanswers around 0\n  below  1  {third}\n  at     1  {third}\n  above  3  {whole}\n\
         participants  5\nexact to      answers are rounded to the nearest 0.1; counts of rounded"
    );
    assert!(text.contains(&lines), "{text}");

    let csv = network.formix(&["show", id, "--csv"]).succeeded().stdout;
    let rows = "\
group,answers,quantity,item,from,to,value,error
,5,pivot,,,,0,
,5,count,below,,,1,
,5,count,at,,,1,
,5,count,above,,,3,
";
    assert_eq!(csv, rows);

    let drawing = network.home().path().join("sign.svg");
    network.formix(&["show", id, "--svg", drawing.to_str().unwrap()]).succeeded();
    let svg = fs::read_to_string(drawing).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("above") && svg.contains("Better or worse?"));
}

#[test]
fn its_mistakes_are_told_with_their_lines() {
    let network = Up::prepare(&ANSWERS);
    for (right, wrong, why) in [
        ("pivot = 0", "pivot = 11", "sign.toml:8: statistic.pivot: "),
        ("pivot = 0", "pivots = 0", "sign.toml:8: statistic.pivots: kind `sign` does not take"),
        ("pivot = 0\n", "", "sign.toml:6: statistic.pivot: missing: kind `sign` needs it"),
        ("\"sign\"", "\"sine\"", "sign.toml:7: statistic.kind: there is no kind `sine`"),
    ] {
        let path = file(&network, &QUESTION.replace(right, wrong));
        network.formix(&["question", "check", &path]).exits(2).says(why);
    }
    network.says("light-1", "[[rule]]\nverdict = \"deny\"\nstatistic = [\"sine\"]\n");
    network.up();
    let inbox = network.formix(&["inbox", "light-1", "--json"]).succeeded().json();
    let warning = inbox["warning"].as_str().unwrap();
    assert!(warning.contains("there is no statistic `sine`"), "{warning}");
    assert!(warning.contains("regression, sign"), "they are listed: {warning}");
}
