//! Questions as they are written: every kind, in both languages, and every way to get one wrong.

mod faults;

use std::fs;

use formix_proto::Decimal;
use formix_proto::policy::Policy;
use formix_proto::statistic::{Groups, Measure, Rule, Statistic};
use tempfile::TempDir;

use super::{Explanation, Question, QuestionFile, Schema};
use crate::config::ConfigError;

/// A question with that for its statistic, and nothing said that need not be.
fn asking(statistic: &str) -> String {
    format!("version = 1\nprompt = \"How?\"\n[statistic]\n{statistic}\n")
}

/// Every kind, and the name of the measure that finds it out.
const KINDS: [(&str, &str); 19] = [
    ("kind = \"count\"", "count"),
    ("kind = \"yes-no\"", "count"),
    ("kind = \"sum\"\nmin = -0.5\nmax = 24\ndecimals = 1", "sum"),
    ("kind = \"mean\"\nmin = \"0\"\nmax = \"1e3\"", "sum"),
    ("kind = \"moments\"\nmin = 0\nmax = 9", "moments"),
    ("kind = \"variance\"\nmin = 0\nmax = 9", "moments"),
    ("kind = \"deviation\"\nmin = 0\nmax = 9", "moments"),
    ("kind = \"histogram\"\nedges = [18.5, 25, 30]", "histogram"),
    ("kind = \"histogram\"\nmin = 0\nmax = 100\nwidth = 2.5", "histogram"),
    ("kind = \"median\"\nmin = 0\nmax = 9\nresolution = 0.001", "histogram"),
    ("kind = \"quantiles\"\nat = [0.25, 1]\nmin = 0\nmax = 9\nresolution = 1", "histogram"),
    ("kind = \"min\"\nmin = 0\nmax = 9\nresolution = 1", "histogram"),
    ("kind = \"max\"\nmin = 0\nmax = 9\nresolution = 1", "histogram"),
    ("kind = \"choice\"\noptions = [\"a\", \"b\"]", "choice"),
    ("kind = \"choices\"\noptions = [\"a\", \"b\"]", "choices"),
    ("kind = \"top\"\noptions = [\"a\", \"b\"]\nk = 2", "choice"),
    ("kind = \"vector-sum\"\nlength = 3\nmin = 0\nmax = 9", "vector"),
    ("kind = \"vector-mean\"\nlength = 3\nmin = 0\nmax = 9", "vector"),
    (
        "kind = \"regression\"\nresponse = { name = \"y\", min = 0, max = 9 }\ncolumns = [{ name = \"z\", min = 0, max = 9 }, { name = \"a\", min = -1, max = 1, decimals = 3 }]",
        "regression",
    ),
];

fn load(name: &str, text: &str) -> Result<QuestionFile, ConfigError> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    QuestionFile::load(&path)
}

fn question(toml: &str) -> Question {
    load("q.toml", toml).unwrap().question().clone()
}

#[test]
fn every_kind_is_read_and_has_its_measure() {
    for (kind, measure) in KINDS {
        let question = Question { min_participants: 6, ..question(&asking(kind)) };
        let spec = question.check(&Policy::default(), 100).unwrap();
        assert_eq!(crate::words::name(&spec.statistic.measure), measure, "{kind}");
    }
}

#[test]
fn toml_and_json_say_the_same() {
    for (kind, _) in KINDS {
        let first = question(&asking(kind));
        let json = serde_json::to_string_pretty(&first).unwrap();
        assert_eq!(load("q.json", &json).unwrap().question(), &first, "{json}");
        let toml = toml::to_string_pretty(&first).unwrap();
        assert_eq!(question(&toml), first, "{toml}");
    }
}

#[test]
fn all_that_can_be_said_is_kept() {
    let text = r#"
        version = 1
        prompt = "Mean reaction time on the last five days, by sex"
        deadline = "1h"
        min_participants = 20
        max_participants = 400
        committee = ["a", "b", "c"]
        missing = 0
        outside = "decline"
        hide_declining = true
        [data]
        sql = "SELECT sex, avg(reaction_ms) FROM sleep WHERE day >= 5"
        tables = { sleep = ["sex", "day", "reaction_ms"] }
        [statistic]
        kind = "mean"
        min = 0
        max = 2000
        [groups]
        labels = ["f", "m"]
        least = 5
    "#;
    let question = question(text);
    let spec = question.check(&Policy::default(), 400).unwrap();
    assert_eq!((spec.prompt.as_str(), spec.min_participants), (question.prompt.as_str(), 20));
    assert_eq!(question.deadline.as_secs(), 3600);
    assert_eq!(question.committee.as_ref().unwrap()[2], "c");
    assert_eq!(spec.query.as_ref().unwrap().tables[0].columns, ["sex", "day", "reaction_ms"]);
    let Statistic { measure, groups, missing, outside, hides_declining } = spec.statistic;
    let Measure::Sum(domain) = measure else { panic!("{measure:?}") };
    assert_eq!((domain.max(), domain.decimals()), (Decimal::from(2000), 2));
    let Some(Groups { labels, least: 5 }) = groups else { panic!("{groups:?}") };
    assert_eq!(labels.words(), ["f", "m"]);
    assert_eq!((missing, outside, hides_declining), (Rule::Use("0".into()), Rule::Decline, true));
    let toml = toml::to_string_pretty(&question).unwrap();
    assert_eq!(self::question(&toml), question, "{toml}");
}

#[test]
fn decimals_are_as_many_as_the_numbers_have_if_nothing_is_said() {
    for (statistic, decimals) in [
        ("kind = \"sum\"\nmin = 0\nmax = 9", 2),
        ("kind = \"sum\"\nmin = 0.125\nmax = 9", 3),
        ("kind = \"median\"\nmin = 0\nmax = 9\nresolution = 0.0001", 4),
        ("kind = \"histogram\"\nedges = [0, 0.125, 1]", 3),
    ] {
        let spec = question(&asking(statistic)).check(&Policy::default(), 100).unwrap();
        let domain = match spec.statistic.measure {
            Measure::Sum(domain) => domain,
            Measure::Histogram(buckets) => *buckets.domain(),
            other => panic!("{other:?}"),
        };
        assert_eq!(domain.decimals(), decimals, "{statistic}");
    }
}

/// What a command reads, and what is recorded, is what the nodes were sent.
#[test]
fn a_statistic_in_an_analysts_words_is_the_same_statistic() {
    for (kind, _) in KINDS {
        let statistic = question(&asking(kind)).schema().statistic().unwrap();
        let schema = Schema::from(&statistic);
        assert_eq!(schema.statistic().unwrap(), statistic);
        let json = serde_json::to_string(&schema).unwrap();
        assert_eq!(serde_json::from_str::<Schema>(&json).unwrap(), schema, "{json}");
    }
}

#[test]
fn a_constant_that_is_a_word_stands_in_as_it_is_written() {
    let text = asking("kind = \"choice\"\noptions = [\"other\", \"decline\"]");
    for (rule, expected) in [
        ("\"decline\"", Rule::Decline),
        ("\"other\"", Rule::Use("other".into())),
        ("{ use = \"decline\" }", Rule::Use("decline".into())),
    ] {
        let question = question(&format!("missing = {rule}\n{text}"));
        assert_eq!(question.schema().statistic().unwrap().missing, expected);
        let json = serde_json::to_string(&question).unwrap();
        assert_eq!(serde_json::from_str::<Question>(&json).unwrap(), question, "{json}");
    }
}

#[test]
fn what_a_light_node_sends_is_measured_on_what_it_sends() {
    let explain = |statistic: &str, participants| {
        let question = question(&asking(statistic));
        Explanation::new(&question, &question.check(&Policy::default(), participants).unwrap())
    };
    let sum = "kind = \"sum\"\nmin = 0\nmax = 100";
    let few = explain(sum, 100);
    assert_eq!((few.lanes, few.ring), (1, "2^32"));
    let many = explain(sum, 1 << 20);
    assert_eq!((many.ring, many.bytes), ("2^64", few.bytes + 3 * 4));
    let vector = explain("kind = \"vector-sum\"\nlength = 1000\nmin = 0\nmax = 100", 100);
    let lengths = 3; // of a share of 4000 bytes: two bytes say how long it is, not one
    assert_eq!((vector.lanes, vector.bytes), (1000, few.bytes + 3 * 999 * 4 + lengths));
}

#[test]
fn it_is_told_what_groups_reveal_beside_their_results() {
    let unprotected = |text: &str| {
        let question = question(text);
        let spec = question.check(&Policy::default(), 100).unwrap();
        Explanation::new(&question, &spec).unprotected.join("; ")
    };
    let plain = asking("kind = \"count\"");
    let grouped = unprotected(&format!("{plain}[groups]\nlabels = [\"f\", \"m\"]\nleast = 3\n"));
    for told in ["how many answers every group has", "the groups that are not told have together"] {
        assert!(grouped.contains(told), "{grouped}");
    }
    assert!(!unprotected(&plain).contains("group"));
}

/// The examples are what the language's page shows: each can be asked.
#[test]
fn the_examples_can_be_asked() {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/questions");
    let mut kinds = 0;
    for entry in fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        let file = QuestionFile::load(&path).unwrap();
        let checked = file.question().check(&Policy::default(), 1000);
        checked.unwrap_or_else(|fault| panic!("{}", file.blame(&fault)));
        kinds += 1;
    }
    assert!(kinds >= 10);
}
