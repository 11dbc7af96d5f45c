//! The owner of a light node decides, in a terminal: nothing leaves the node before, and a decision
//! stands.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::time::Instant;

use formix_node::config::Network;
use formix_node::history;
use formix_node::log::Log;
use formix_proto::record::Fact;
use serde_json::{Value, json};

use support::command::on;
use support::search::{Secret, files, search};
use support::{Answer, COMMITTEE, PATIENCE, Up, within};

/// Only the owner of `light-1` has to be asked.
const ANSWERS: [Answer<'_>; 4] =
    [Answer::Fixed("11"), Answer::Fixed("20"), Answer::Fixed("72"), Answer::Fixed("100")];
const FREE_TEXT: &str = "[[rule]]\nverdict = \"allow\"\nfree_text = true\n";
const OFTEN: &str = "cooldown = \"0s\"\n";

/// A network that runs, whose `light-1` has these rules.
fn network(rules: &str) -> Up {
    let network = Up::prepare(&ANSWERS);
    network.says("light-1", rules);
    network.up();
    network
}

/// The same, with a question that is pending at `light-1`; all other nodes have answered.
fn waiting(rules: &str) -> (Up, String) {
    let network = network(rules);
    let id = network.propose();
    waits(&network, &id);
    for heavy in COMMITTEE {
        network.holds(heavy, &id, 3);
    }
    (network, id)
}

/// Looks until it finds what it should.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Some(found) => return found,
            None => assert!(begun.elapsed() < PATIENCE, "waiting in vain until {what}"),
        }
    }
}

/// The question as it waits in the inbox of `light-1`.
fn waits(network: &Up, id: &str) -> Value {
    until("the question waits", || {
        let inbox = network.formix(&["inbox", "light-1", "--json"]).succeeded().json();
        let questions = inbox["questions"].as_array().unwrap().clone();
        questions.into_iter().find(|question| question["comp_id"] == id)
    })
}

/// The decisions at `light-1`: each verdict, and its origin.
fn decided(network: &Up) -> Vec<(String, Value)> {
    let audit = network.formix(&["audit", "light-1", "--json"]).succeeded().json();
    let decision = |entry: &Value| (text(&entry["verdict"]), entry["by"].clone());
    audit["decisions"].as_array().unwrap().iter().map(decision).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn by_rule(number: u32) -> Value {
    json!({ "rule": number })
}

/// The facts in the log of `light-1`, which must not be running.
fn facts(network: &Up) -> Vec<Fact> {
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    let light = enrolled.member("light-1").unwrap();
    let (log, _, opened) =
        history::open(&network.home().node("light-1").database(), light.id).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(log.close()).unwrap();
    opened.records.into_iter().map(|record| record.fact).collect()
}

#[test]
fn nothing_leaves_before_the_owner_approves_and_a_restart_changes_nothing() {
    let (network, id) = waiting("");
    network.formix(&["preview", "light-1", &id[..8]]).succeeded();
    network.formix(&["down"]).succeeded();
    let sent = |fact: &Fact| matches!(fact, Fact::Split { .. } | Fact::Withheld);
    let facts = facts(&network);
    assert!(matches!(facts[..], [Fact::Asked(_)]), "{}", facts.iter().any(sent));
    network.up();
    let question = waits(&network, &id);
    assert_eq!(question["proposer"], "analyst");
    assert_eq!(question["prompt"], "What is your number?");
    assert_eq!(question["committee"], json!(COMMITTEE));
    assert_eq!(question["why"], "no rule matches");
    network.holds("heavy-1", &id, 3);
    network.formix(&["approve", "light-1", &id[..8]]).succeeded();
    network.completes(&id, "203", 4);
    let inbox = network.formix(&["inbox", "light-1", "--json"]).succeeded().json();
    assert_eq!(inbox, json!({ "node": "light-1", "warning": null, "questions": [] }));
    assert_eq!(decided(&network), [("allow".to_owned(), "owner".into())]);
}

#[test]
fn what_the_owner_denies_is_declined() {
    let (network, id) = waiting("");
    network.formix(&["deny", "light-1", &id]).succeeded();
    network.completes(&id, "192", 3);
    assert_eq!(decided(&network), [("deny".to_owned(), "owner".into())]);
}

#[test]
fn a_rule_decides_without_the_owner() {
    for (verdict, sum, participants, decision) in
        [("allow", "203", 4, "allow"), ("deny", "192", 3, "deny")]
    {
        let network = network(&FREE_TEXT.replace("allow", verdict));
        network.completes(&network.propose(), sum, participants);
        assert_eq!(decided(&network), [(decision.to_owned(), by_rule(1))]);
    }
}

#[test]
fn a_question_is_decided_once() {
    let (network, id) = waiting("");
    let run = |args: &[&str]| network.formix(&[args, &[&id[..8]]].concat());
    network
        .formix(&["approve", "light-1", "ffff"])
        .exits(2)
        .says("no pending question has an id that starts with ffff");
    network.formix(&["approve", "light-1", ""]).exits(2).says("give the id of a question");
    run(&["approve", "light-1"]).succeeded();
    for command in ["approve", "deny", "preview", "always"] {
        run(&[command, "light-1"]).exits(1).says("was already allowed by the owner");
    }
    network.completes(&id, "203", 4);
    assert_eq!(decided(&network).len(), 1);
}

#[test]
fn a_question_without_a_decision_expires_unanswered() {
    let network = network("");
    let asked = ["propose", "What is your number?", "--deadline", "6s", "--json"];
    let id = text(&network.formix(&asked).succeeded().json()["comp_id"]);
    waits(&network, &id);
    network.completes(&id, "192", 3);
    let expired = [("expired".to_owned(), Value::from("nobody"))];
    until("that is recorded", || (decided(&network) == expired).then_some(()));
    for command in ["approve", "preview"] {
        let ran = network.formix(&[command, "light-1", &id]);
        ran.exits(1).says("its deadline passed before you decided");
    }
}

#[test]
fn what_the_owner_always_approves_is_not_asked_again() {
    let (network, id) = waiting("# Mine.\ndefault = \"ask\" # always\n");
    network.formix(&["always", "light-1", &id, "--cooldown", "0s"]).succeeded();
    network.completes(&id, "203", 4);
    let rules = fs::read_to_string(network.home().node("light-1").consent()).unwrap();
    assert!(rules.starts_with("# Mine.\ndefault = \"ask\" # always\n"), "{rules}");
    assert!(rules.contains("What is your number?"), "{rules}");
    network.completes(&network.propose(), "203", 4);
    let by: Vec<_> = decided(&network).into_iter().map(|(_, by)| by).collect();
    assert_eq!(by, [Value::from("owner"), by_rule(1)]);
    let other = network.propose_with(&["--max", "999"]);
    assert_eq!(waits(&network, &other)["why"], "no rule matches");
    network.formix(&["always", "light-1", &other, "--deny"]).succeeded();
    network.completes(&other, "192", 3);
    network.completes(&network.propose_with(&["--max", "999"]), "192", 3);
}

#[test]
fn a_rule_that_cools_down_asks_even_after_a_restart() {
    let network = network(&format!("{FREE_TEXT}cooldown = \"7d\"\n"));
    network.completes(&network.propose(), "203", 4);
    network.formix(&["down"]).succeeded();
    network.up();
    let again = network.propose_with(&["--decimals", "1"]);
    let why = text(&waits(&network, &again)["why"]);
    assert!(why.contains("rule 1 would allow it, but its cooldown has not ended"), "{why}");
    let always = network.formix(&["always", "light-1", &again, "--cooldown", "7d"]).succeeded();
    assert!(
        always.stdout.contains("approves this question at most once in 7days"),
        "{}",
        always.stdout
    );
    network.completes(&again, "203", 4);
    let third = network.propose_with(&["--decimals", "1"]);
    waits(&network, &third);
}

#[test]
fn rules_that_cannot_be_used_ask_about_everything_and_say_so() {
    let (network, id) = waiting(&format!("{FREE_TEXT}proposers = [\"analyst\"]\n"));
    let why = text(&waits(&network, &id)["why"]);
    assert!(why.contains("consent.toml:4: unknown field `proposers`"), "{why}");
    let inbox = network.formix(&["inbox", "light-1"]).succeeded();
    assert!(inbox.stdout.contains("every question waits for you: "), "{}", inbox.stdout);
    let log = fs::read_to_string(network.home().node("light-1").log()).unwrap();
    assert!(log.contains("ERROR") && log.contains("consent.toml:4"), "{log}");
    network.formix(&["always", "light-1", &id]).exits(2).says("consent.toml:4");
    network.formix(&["approve", "light-1", &id]).succeeded();
    network.completes(&id, "203", 4);
    // The rules are read for every question.
    network.says("light-1", &format!("{FREE_TEXT}{OFTEN}"));
    network.completes(&network.propose(), "203", 4);
}

/// Trace is the finest level: anything that a node does could be in its logs.
#[test]
fn a_preview_shows_the_answer_to_its_owner_and_leaves_it_nowhere() {
    let answers = ["7315924.86", "6180339.88", "2718281.82"];
    let network = Up::prepare(&answers.map(Answer::Fixed));
    network.says("light-1", "");
    network.try_up(&["--light", "3", "--log-level", "trace"]).succeeded();
    let id = network.propose_with(&["--max", "8000000"]);
    waits(&network, &id);
    for (args, shown) in [
        (&["preview", "light-1", &id][..], "your answer\n  | 7315924.86\n"),
        (&["preview", "light-1", &id, "--json"], "\"answer\":[\"7315924.86\"]"),
    ] {
        let preview = network.formix(args).succeeded();
        assert!(preview.stdout.contains(shown), "{}", preview.stdout);
    }
    network.holds("heavy-1", &id, 2);
    network.formix(&["deny", "light-1", &id]).succeeded();
    network.formix(&["wait", &id]).exits(1);
    network.formix(&["down"]).succeeded();
    let written = files(network.home().path());
    assert!(written["formix.log"].len() > 10_000, "logging is at its finest");
    let answer = Secret::new("answer", "light-1", 731_592_486).or_text(answers[0]);
    let hits = search(&written, &[answer]);
    let found: Vec<_> = hits.iter().map(|hit| (hit.written, hit.file.as_str())).collect();
    assert_eq!(found, [("text", "nodes/light-1/node.toml")]);
}

#[test]
fn an_answer_that_the_question_does_not_take_is_shown_and_not_sent() {
    let network = network("");
    let id = network.propose_with(&["--max", "10"]);
    waits(&network, &id);
    let preview = network.formix(&["preview", "light-1", &id]).exits(1).stdout;
    assert!(preview.contains("your answer\n  | 11\nbut\n  | the node declines"), "{preview}");
    network.formix(&["approve", "light-1", &id]).exits(1).says("outside the question's domain");
    let log = fs::read_to_string(network.home().node("light-1").log()).unwrap();
    assert!(
        log.contains("outside the question's domain"),
        "its owner finds the reason later: {log}"
    );
    network.formix(&["wait", &id]).exits(1);
}

#[test]
fn a_preview_without_an_answer_fails_and_says_why_and_that_nothing_was_sent() {
    let network = Up::prepare(&ANSWERS);
    network.says("light-1", "");
    let config = network.home().node("light-1").config();
    let fixed = fs::read_to_string(&config).unwrap();
    for (program, why) in [("true", "it has no answer"), ("false", "exit status: 1")] {
        let responder = format!("kind = \"command\"\nprogram = \"{program}\"");
        let failing = fixed.replace("kind = \"fixed\"\nvalue = \"11\"", &responder);
        assert_ne!(failing, fixed);
        fs::write(&config, failing).unwrap();
        network.up();
        let id = network.propose();
        waits(&network, &id);
        let preview = network.formix(&["preview", "light-1", &id]).exits(1).stdout;
        let said = preview.split_once("no answer\n  | the node declines: ").unwrap().1;
        assert!(said.contains(why), "{preview}");
        assert!(said.ends_with("\nNothing was sent: only you see this.\n"), "{preview}");
        network.formix(&["down"]).succeeded();
    }
}

/// The decision is on the disk before the answer is computed: the owner is not asked twice.
#[test]
fn an_approval_survives_the_process_that_took_it() {
    let network = Up::prepare(&[&[Answer::Gated], &ANSWERS[1..]].concat());
    network.says("light-1", "");
    network.up();
    let id = network.propose();
    waits(&network, &id);
    let mut approve = on(network.home().path());
    approve.args(["approve", "light-1", &id]);
    let approving = std::thread::spawn(move || approve.output().unwrap());
    let asked = network.gate("light-1").asked();
    network.kill("light-1");
    drop(asked);
    let approved = within("the command ends", move || approving.join().unwrap());
    assert_eq!(approved.status.code(), Some(1), "its effect is not known yet");
    network.up();
    network.gate("light-1").answer("11");
    network.completes(&id, "203", 4);
    assert_eq!(decided(&network), [("allow".to_owned(), "owner".into())]);
}

#[test]
fn made_up_answers_need_no_consent_and_real_ones_in_their_place_do() {
    let network = Up::prepare(&[]);
    let up = network.try_up(&["--light", "3"]).succeeded();
    up.says("3 of 3 light nodes are test nodes, which return random answers");
    let report = network.formix(&["propose", "q", "--wait", "--json"]).succeeded().json();
    assert_eq!(report["participants_count"], 3);
    network.formix(&["down"]).succeeded();
    let config = network.home().node("light-1").config();
    let random = fs::read_to_string(&config).unwrap();
    let fixed = random.replace("kind = \"random\"", "kind = \"fixed\"\nvalue = \"11\"");
    assert_ne!(fixed, random);
    fs::write(&config, fixed).unwrap();
    network.try_up(&["--light", "3"]).succeeded();
    let id = network.propose();
    assert_eq!(waits(&network, &id)["why"], "no rule matches");
    assert_eq!(decided(&network), [("allow".to_owned(), by_rule(1))]);
}

#[test]
fn the_name_of_the_only_node_is_optional() {
    let network = Up::prepare(&ANSWERS);
    network.up();
    network
        .formix(&["inbox"])
        .exits(2)
        .says("several light nodes: name one of light-1, light-2, light-3, light-4");
    network.formix(&["inbox", "../light-1"]).exits(2).says("no node is called");
    network.formix(&["inbox", "heavy-1"]).exits(2).says("heavy-1 answers no questions");
    let alone = Up::prepare(&[]);
    alone.try_up(&["--light", "1", "--min-participants", "1"]).succeeded();
    alone.says("light-1", "");
    let id = alone.propose_with(&["--min-participants", "1"]);
    waits(&alone, &id);
    alone.formix(&["approve", &id[..8]]).succeeded();
    alone.formix(&["wait", &id]).succeeded();
    assert_eq!(alone.formix(&["audit", "--json"]).succeeded().json()["node"], "light-1");
    alone.formix(&["down"]).succeeded();
    alone.formix(&["inbox"]).exits(1).says("light-1 is not running");
    alone.formix(&["audit"]).succeeded();
}

/// A rule without limits of its own is held to those that are safe, and the inbox says to which.
#[test]
fn a_rule_does_not_allow_what_is_wide_enough_for_several_peoples_values() {
    let network = network(FREE_TEXT);
    let wide = network.propose_with(&["--max", "1000000000000000000", "--decimals", "0"]);
    let question = waits(&network, &wide);
    let why = text(&question["why"]);
    assert!(why.contains("rule 1 would allow it, but `max_bits` is 32 there"), "{why}");
    let inbox = network.formix(&["inbox", "light-1", &wide[..8]]).succeeded().stdout;
    let words = inbox.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("60 yes-or-no answers, or 6 numbers of three digits, one by one"),
        "{inbox}"
    );
    assert!(inbox.contains("  | max = \"1000000000000000000\"\n"), "all of it: {inbox}");
    network.formix(&["inbox", "light-1", "ffff"]).exits(2).says("no pending question");
}

const INVISIBLE: [char; 4] = ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}'];

#[test]
fn a_question_cannot_steer_its_owners_terminal_or_rules() {
    let network = network("");
    let prompt = "\u{1b}[2J\r\n[[rule]]\nverdict = \"allow\"\u{202e}\u{200b}\u{2066}\u{feff}\u{9b}";
    network.formix(&["propose", prompt, "--deadline", "1h"]).succeeded();
    let inbox = || network.formix(&["inbox", "light-1", "--json"]).succeeded().json();
    let id = until("it waits", || Some(text(inbox()["questions"].get(0)?.get("comp_id")?)));
    assert_eq!(inbox()["questions"][0]["prompt"], prompt, "programs get it as it is");
    for args in [
        &["inbox", "light-1"][..],
        &["preview", "light-1", &id],
        &["always", "light-1", &id],
        &["audit", "light-1"],
        &["approve", "light-1", prompt],
    ] {
        let ran = network.formix(args);
        let shown = ran.stdout + &ran.stderr;
        let steers = |c: char| c != '\n' && (c.is_control() || INVISIBLE.contains(&c));
        assert!(!shown.contains(steers), "{args:?}: {shown:?}");
    }
    let rules = fs::read_to_string(network.home().node("light-1").consent()).unwrap();
    assert_eq!(rules.matches("\n[[rule]]").count(), 1, "{rules}");
}
