//! Questions as they are written: every kind, in both languages, and every way to get one wrong.

mod faults;

use std::fs;

use formix_proto::Decimal;
use formix_proto::policy::Policy;
use formix_proto::statistic::{Groups, Measure, Number, Rule, Schema, Statistic, Sum};
use tempfile::TempDir;

use super::{Explanation, Question, QuestionFile};
use crate::config::ConfigError;

/// A question with that for its statistic, and nothing said that need not be.
fn asking(statistic: &str) -> String {
    format!("version = 1\nprompt = \"How?\"\n[statistic]\n{statistic}\n")
}

/// Every kind as it is written, and the name of its statistic.
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
fn every_kind_is_read_and_has_its_statistic() {
    for (kind, name) in KINDS {
        let question = Question { min_participants: 6, ..question(&asking(kind)) };
        let spec = question.check(&Policy::default(), 100).unwrap();
        assert_eq!(spec.statistic.measure.name(), name, "{kind}");
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
        hide_opt_outs = true
        [data]
        sql = "SELECT sex, avg(reaction_ms) FROM sleep WHERE day >= 5"
        tables = { sleep = ["sex", "day", "reaction_ms"] }
        [statistic]
        kind = "mean"
        min = 0
        max = 2000
        [groups]
        labels = ["f", "m"]
        min_size = 5
    "#;
    let question = question(text);
    let spec = question.check(&Policy::default(), 400).unwrap();
    assert_eq!((spec.prompt.as_str(), spec.min_participants), (question.prompt.as_str(), 20));
    assert_eq!(question.deadline.as_secs(), 3600);
    assert_eq!(question.committee.as_ref().unwrap()[2], "c");
    assert_eq!(spec.query.as_ref().unwrap().tables[0].columns, ["sex", "day", "reaction_ms"]);
    let Statistic { measure, groups, missing, outside, hides_opt_outs } = spec.statistic;
    let Measure::Sum(Sum(domain)) = measure else { panic!("{measure:?}") };
    assert_eq!((domain.max(), domain.decimals()), (Decimal::from(2000), 2));
    let Some(Groups { labels, min_size: 5 }) = groups else { panic!("{groups:?}") };
    assert_eq!(labels.words(), ["f", "m"]);
    assert_eq!((missing, outside, hides_opt_outs), (Rule::Use("0".into()), Rule::Decline, true));
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
            Measure::Sum(sum) => sum.0,
            Measure::Histogram(histogram) => *histogram.0.domain(),
            other => panic!("{other:?}"),
        };
        assert_eq!(domain.decimals(), decimals, "{statistic}");
    }
}

/// What a command reads, and what is recorded, is what the nodes were sent.
#[test]
fn a_statistic_in_an_analysts_words_is_the_same_statistic() {
    for (kind, _) in KINDS {
        let asked = question(&asking(kind)).schema;
        for schema in [asked.clone(), Schema::from(asked.statistic().clone())] {
            assert_eq!(schema.statistic(), asked.statistic());
            let json = serde_json::to_string(&schema).unwrap();
            assert_eq!(serde_json::from_str::<Schema>(&json).unwrap(), schema, "{json}");
        }
    }
}

/// Whatever statistics there are, their examples are read from TOML and JSON, and can be asked.
#[test]
fn the_example_of_every_kind_can_be_asked_from_a_file() {
    for kind in Measure::FAMILIES.iter().flat_map(|family| family.kinds) {
        let schema = Schema::read(&(kind.example)()).unwrap();
        let first = Question { schema, min_participants: 20, ..Question::new("How?") };
        let toml = toml::to_string_pretty(&first).unwrap();
        assert_eq!(question(&toml), first, "{toml}");
        let json = serde_json::to_string_pretty(&first).unwrap();
        assert_eq!(load("q.json", &json).unwrap().question(), &first, "{json}");
        let spec = first.check(&Policy::default(), 100).unwrap();
        let explained = Explanation::new(&first, &spec);
        assert_eq!((explained.statistic.as_str(), explained.bytes > 0), (kind.name, true));
    }
}

/// Two kinds differ in what they lead with, not in what the nodes are sent.
#[test]
fn consent_rules_and_results_call_a_statistic_by_one_name() {
    for family in Measure::FAMILIES {
        let schema = Schema::read(&(family.kinds[0].example)()).unwrap();
        let measure = &schema.statistic().measure;
        assert_eq!(measure.name(), family.name);
        let shape = schema.statistic().shape(1).unwrap();
        let totals = formix_testkit::vectors::added_up(shape, &[]);
        let summary = schema.statistic().decode(&totals, 1).unwrap();
        let json = serde_json::to_value(&summary).unwrap();
        let found = json["groups"][0]["found"].as_object().unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["answers", family.name]);
        let again: formix_proto::statistic::Summary = serde_json::from_value(json).unwrap();
        assert_eq!(again, summary);
    }
}

#[test]
fn numbers_are_read_exactly_or_refused() {
    let read = |json: &str| {
        let number: Result<Number, _> = serde_json::from_str(json);
        number.map(|number| number.to_string()).map_err(|error| error.to_string())
    };
    for (json, number) in [
        ("7", "7"),
        ("-0.1", "-0.1"),
        ("1e3", "1000"),
        ("18446744073709551615", "18446744073709551615"),
        ("123456789.012345", "123456789.012345"),
        ("\"9007199254740993.5\"", "9007199254740993.5"),
        ("\"4e2\"", "400"),
    ] {
        assert_eq!(read(json).as_deref(), Ok(number), "{json}");
    }
    for (json, why) in [
        ("9007199254740993.5", "write the number as text"),
        ("0.12345678901234567", "write the number as text"),
        ("1e300", "not a decimal number"),
        ("\"inf\"", "`inf` is not a decimal number"),
        ("\"NaN\"", "`NaN` is not a decimal number"),
        ("\"\"", "not a decimal number"),
        ("true", "expected a decimal number"),
    ] {
        let error = read(json).unwrap_err();
        assert!(error.contains(why), "{json}: {error}");
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
        assert_eq!(question.schema.statistic().missing, expected);
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
    assert_eq!((few.elements, few.ring), (1, "2^32"));
    let many = explain(sum, 1 << 20);
    assert_eq!((many.ring, many.bytes), ("2^64", few.bytes + 3 * 4));
    let vector = explain("kind = \"vector-sum\"\nlength = 1000\nmin = 0\nmax = 100", 100);
    let lengths = 3; // of a share of 4000 bytes: two bytes say how long it is, not one
    assert_eq!((vector.elements, vector.bytes), (1000, few.bytes + 3 * 999 * 4 + lengths));
}

#[test]
fn what_groups_reveal_beside_their_results_is_explained() {
    let unprotected = |text: &str| {
        let question = question(text);
        let spec = question.check(&Policy::default(), 100).unwrap();
        Explanation::new(&question, &spec).unprotected.join("; ")
    };
    let plain = asking("kind = \"count\"");
    let grouped = unprotected(&format!("{plain}[groups]\nlabels = [\"f\", \"m\"]\nmin_size = 3\n"));
    for words in ["the size of every group", "the suppressed groups have together"] {
        assert!(grouped.contains(words), "{grouped}");
    }
    assert!(!unprotected(&plain).contains("group"));
}

#[test]
fn what_a_question_can_tell_is_said_before_it_is_asked() {
    let explain = |text: &str| {
        let question = question(text);
        Explanation::new(&question, &question.check(&Policy::default(), 100).unwrap())
    };
    let sum = asking("kind = \"sum\"\nmin = 0\nmax = 1000000000000000000\ndecimals = 0");
    let plain = explain(&sum);
    assert!(plain.room.contains("6 numbers of three digits, one by one"), "{}", plain.room);
    let warns = |explained: &Explanation| {
        explained.unprotected.iter().any(|what| what.contains("fewer people than participants"))
    };
    let with_zeros = explain(&sum.replacen("prompt", "missing = 0\nprompt", 1));
    assert!(warns(&with_zeros) && !warns(&plain), "{:?}", with_zeros.unprotected);
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

/// The questions of every kind, with every combination of what can be said beside it: whether a constant stands
/// in, opt-outs are hidden, there are groups, and how many heavy nodes there are.
fn all_questions() -> Vec<Question> {
    let mut all = Vec::new();
    for (kind, _) in KINDS {
        for choice in 0..32_usize {
            let with = |bit: usize| choice >> bit & 1 == 1;
            let seats = if with(4) { 5 } else { 3 };
            let mut question = question(&asking(kind));
            question.min_participants = 6;
            question.committee = Some((0..seats).map(|seat| format!("heavy-{seat}")).collect());
            let mut statistic = question.schema.statistic().clone();
            statistic.hides_opt_outs = with(2);
            let labels = vec!["f".to_owned(), "m".to_owned()].try_into().unwrap();
            statistic.groups = with(3).then_some(Groups { labels, min_size: 6 });
            // The first that is a value of this kind.
            let asked = ["1", "20", "a"].into_iter().find_map(|constant| {
                let rule = |bit| if with(bit) { Rule::Use(constant.into()) } else { Rule::Decline };
                let (missing, outside) = (rule(0), rule(1));
                let schema = Statistic { missing, outside, ..statistic.clone() }.into();
                let asked = Question { schema, ..question.clone() };
                asked.check(&Policy::default(), 100).is_ok().then_some(asked)
            });
            all.push(asked.unwrap_or_else(|| panic!("{kind} {choice}")));
        }
    }
    all
}

/// Each warning is given of the questions that it is true of, and of no others; and there are no more warnings.
#[test]
fn a_warning_is_given_exactly_where_it_is_true() {
    for question in all_questions() {
        let spec = question.check(&Policy::default(), 100).unwrap();
        let statistic = &spec.statistic;
        let stands_in = |rule: &Rule| matches!(rule, Rule::Use(_));
        let constant = stands_in(&statistic.missing) || stands_in(&statistic.outside);
        let (family, groups) = (statistic.measure.name(), statistic.groups.is_some());
        let counts = matches!(family, "histogram" | "choice" | "choices");
        let warnings = [
            ("the heavy nodes see who takes part", true),
            ("two results that differ by one participant", true),
            ("a light node can send a false answer", true),
            ("the heavy nodes see which light nodes decline", !statistic.hides_opt_outs),
            ("a constant that stands in for a value counts as an answer", constant),
            ("the heavy nodes learn the size of every group", groups),
            ("how many answers the suppressed groups have together", groups),
            ("counts of one are shown", counts),
            ("all sums and products are revealed", family == "regression"),
        ];
        let given = Explanation::new(&question, &spec).unprotected;
        for (warning, is_true) in warnings {
            let is_given = given.iter().filter(|given| given.contains(warning)).count();
            assert_eq!(is_given, usize::from(is_true), "{warning}\n{statistic:#?}\n{given:#?}");
        }
        let all = warnings.iter().filter(|(_, is_true)| *is_true).count();
        assert_eq!(given.len(), all, "one that is not in the table: {given:#?}");
    }
}

/// How much leaves a light node, to how many, and how many must take part, is said as it is.
#[test]
fn to_whom_a_result_is_revealed_is_said_as_it_is() {
    for question in all_questions() {
        let spec = question.check(&Policy::default(), 100).unwrap();
        let explained = Explanation::new(&question, &spec);
        let seats = if spec.committee.seats() == 3 { "three" } else { "five" };
        let words = format!("the analyst and the {seats} heavy nodes, if at least 6 take part");
        assert!(explained.reveals.contains(&words), "{}", explained.reveals);
        assert_eq!(explained.shares, spec.committee.seats());
        let computes = explained.computes.contains("if it has at least 6 answers");
        assert_eq!(computes, spec.statistic.groups.is_some(), "{}", explained.computes);
        let rules = &explained.rules;
        assert_eq!(rules.contains("sends an empty answer"), spec.statistic.hides_opt_outs);
        for (rule, what) in
            [(&spec.statistic.missing, "missing"), (&spec.statistic.outside, "out-of-range")]
        {
            let declines = rules.contains(&format!("{what} value: decline"));
            assert_eq!(declines, *rule == Rule::Decline, "{rules}");
        }
    }
}
