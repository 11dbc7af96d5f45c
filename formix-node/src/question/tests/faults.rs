//! Each fault names its line and field.

use formix_proto::policy::Policy;

use super::{asking, load};

/// What is said of a file that cannot be asked, after its path.
fn refused(name: &str, text: &str) -> String {
    let error = match load(name, text) {
        Err(error) => error,
        Ok(file) => match file.question().check(&Policy::default(), 100) {
            Err(fault) => file.blame(&fault),
            Ok(_) => panic!("it is taken: {text}"),
        },
    };
    let error = error.to_string();
    error.split_once(&format!("/{name}:")).unwrap_or_else(|| panic!("{error}")).1.to_owned()
}

#[track_caller]
fn is_refused(text: &str, why: &str) {
    let error = refused("q.toml", text);
    assert!(error.starts_with(why), "{error}\n{text}");
}

/// The statistic begins on line 4.
#[test]
fn statistics_that_make_no_sense() {
    for (statistic, why) in [
        ("kind = \"sum\"\nmin = 0", "3: statistic.max: missing: kind `sum` needs it"),
        ("kind = \"sum\"\nmin = 5\nmax = 5", "6: statistic.max: min must be less than max"),
        ("kind = \"sum\"\nmin = nan\nmax = 5", "5: statistic.min: `NaN` is not a decimal number"),
        ("kind = \"sum\"\nmin = 0\nmax = inf", "6: statistic.max: `inf` is not a decimal number"),
        ("kind = \"sum\"\nmin = 0\nmax = \"a\"", "6: statistic.max: `a` is not a decimal number"),
        (
            "kind = \"sum\"\nmin = 0\nmax = 1.5\ndecimals = 0",
            "6: statistic.max: a bound must be a whole number of steps",
        ),
        (
            "kind = \"sum\"\nmin = 0.125\nmax = 9\ndecimals = 2",
            "5: statistic.min: a bound must be a whole number of steps",
        ),
        (
            "kind = \"sum\"\nmin = 0\nmax = 9\ndecimals = 10",
            "7: statistic.decimals: at most 9 decimals",
        ),
        (
            "kind = \"sum\"\nmin = 0\nmax = 9\nk = 1",
            "7: statistic.k: kind `sum` does not take this field: it takes min, max, decimals",
        ),
        (
            "kind = \"sum\"\nmin = 0\nmax = 9\nbins = 1",
            "7: statistic.bins: kind `sum` does not take this field",
        ),
        ("min = 0", "3: statistic.kind: missing: a statistic needs it"),
        ("kind = \"sum\"\nmin = 0\nmin = 1\nmax = 9", "6: "),
        ("kind = \"sum\"\nmin = true\nmax = 9", "5: statistic.min: invalid type: boolean"),
        ("kind = \"sum\"\nmin = [0]\nmax = 9", "5: statistic.min: a number is needed here"),
        (
            "kind = \"sum\"\nmin = 0\nmax = 9\ndecimals = 0.5",
            "7: statistic.decimals: a whole number",
        ),
        (
            "kind = \"sum\"\nmin = 0\nmax = 9\ndecimals = -1",
            "7: statistic.decimals: a whole number",
        ),
        (
            "kind = \"choice\"\noptions = [1, 2]",
            "5: statistic.options: a list of words, each in quotes",
        ),
        ("kind = \"choice\"\noptions = \"a\"", "5: statistic.options: a list of words is needed"),
        (
            "kind = \"mode\"",
            "4: statistic.kind: there is no kind `mode` of statistic; the kinds are count, yes-no",
        ),
        (
            "kind = \"histogram\"",
            "3: statistic.edges: missing: buckets need edges, or min, max and width",
        ),
        ("kind = \"histogram\"\nedges = []", "5: statistic.edges: buckets need at least two"),
        ("kind = \"histogram\"\nedges = [18, 30,\n 25]", "5: statistic.edges: edge 25"),
        (
            "kind = \"histogram\"\nedges = [1, 2]\nwidth = 1",
            "6: statistic.width: the buckets are declared by their edges",
        ),
        (
            "kind = \"histogram\"\nmin = 0\nmax = 9\nwidth = 0",
            "7: statistic.width: the width of a bucket",
        ),
        (
            "kind = \"median\"\nmin = 0\nmax = 9\nresolution = -1",
            "7: statistic.resolution: the width of a bucket",
        ),
        (
            "kind = \"median\"\nmin = 0\nmax = 90000\nresolution = 0.01",
            "7: statistic.resolution: there are more than",
        ),
        (
            "kind = \"quantiles\"\nat = [0.5, 1.5]\nmin = 0\nmax = 9\nresolution = 1",
            "5: statistic.at: each quantile is a number from 0 to 1",
        ),
        (
            "kind = \"quantiles\"\nat = []\nmin = 0\nmax = 9\nresolution = 1",
            "5: statistic.at: each quantile is a number from 0 to 1",
        ),
        ("kind = \"choice\"\noptions = []", "5: statistic.options: at least one is needed"),
        (
            "kind = \"choice\"\noptions = [\"a\", \"b\", \"a\"]",
            "5: statistic.options: `a` occurs twice",
        ),
        ("kind = \"top\"\noptions = [\"a\"]\nk = 2", "6: statistic.k: k must be from 1 to 1"),
        (
            "kind = \"vector-sum\"\nlength = 0\nmin = 0\nmax = 1",
            "3: statistic: an answer has 0 elements",
        ),
        (
            "kind = \"vector-sum\"\nlength = 1048577\nmin = 0\nmax = 1",
            "3: statistic: an answer has 1048577 elements: it must have 1 to 1048576",
        ),
        (
            "kind = \"regression\"\nresponse = { name = \"y\", min = 1, max = 1 }\ncolumns = []",
            "5: statistic.response.max: min must be less than max",
        ),
        (
            "kind = \"regression\"\nresponse = { name = \"y\", min = 0, max = 1 }\ncolumns = [{ name = \"x\", min = 0, max = 1 }, { name = \"x\", min = 0, max = 1 }]",
            "6: statistic.columns: `x` occurs twice",
        ),
    ] {
        is_refused(&asking(statistic), why);
    }
}

#[test]
fn labels_that_are_too_long_together() {
    let options: Vec<_> = (0..2000).map(|number| format!("\"{number:05}\"")).collect();
    let choice = format!("kind = \"choice\"\noptions = [{}]", options.join(", "));
    is_refused(&asking(&choice), "5: statistic.options: together they are longer than 8192 bytes");
}

/// Each line is put in front of a question about a yes or no that is otherwise right.
#[test]
fn terms_that_make_no_sense() {
    let count = "\nversion = 1\n[statistic]\nkind = \"count\"\n";
    for (terms, why) in [
        ("prompt = \" \"", "1: prompt: the question is empty"),
        (
            "prompt = \"q\"\ndeadline = \"soon\"",
            "2: deadline: `soon` is not a duration: write it as 90s",
        ),
        ("prompt = \"q\"\ndeadline = \"0s\"", "2: deadline: the deadline has passed"),
        ("prompt = \"q\"\ndeadline = \"99d\"", "2: deadline: the deadline is more than"),
        ("prompt = \"q\"\nmin_participants = 2", "2: min_participants: min_participants is 2"),
        ("prompt = \"q\"\nmin_participants = 101", "2: min_participants: min_participants is 101"),
        (
            "prompt = \"q\"\nmissing = 7",
            "2: missing: the stand-in for a value must itself be a value that the question takes; write \"decline\"",
        ),
        ("prompt = \"q\"\nmissing = 0\noutside = \"no!\"", "3: outside: the stand-in for"),
        ("prompt = \"q\"\nmissing = []", "2: missing: invalid type"),
        ("prompt = \"q\"\nanswers = 7", "2: answers: unknown field `answers`"),
        (
            "prompt = \"q\"\nhide_declining = true",
            "2: hide_declining: unknown field `hide_declining`, expected one of",
        ),
        ("prompt = \"q\"\nprompt = \"q\"", "2: "),
        ("prompt = \"q", "1: "),
    ] {
        is_refused(&format!("{terms}{count}"), why);
    }
    is_refused("version = 1\nprompt = \"q\"\n", "1: missing field `statistic`");
    is_refused("version = 2\nprompt = \"q\"\n", "1: version: this is version 2 of the language");
    is_refused("prompt = \"q\"\n[statistic]\nkind = \"count\"\n", "1: missing field `version`");
}

#[test]
fn groups_that_overlap_or_are_too_small() {
    let groups = |labels: &str, min_size: u32| {
        format!(
            "{}[groups]\nlabels = {labels}\nmin_size = {min_size}\n",
            asking("kind = \"count\"")
        )
    };
    let old = groups("[\"f\"]", 5).replace("min_size", "least");
    is_refused(&old, "7: groups.least: unknown field `least`, expected `labels` or `min_size`");
    is_refused(&groups("[\"f\", \"f\"]", 5), "6: groups.labels: `f` occurs twice");
    is_refused(&groups("[\"f\", \" f\"]", 5), "6: groups.labels: ` f` is empty or has space");
    is_refused(&groups("[]", 5), "6: groups.labels: at least one is needed");
    is_refused(
        &groups("[\"f\"]", 2),
        "7: groups.min_size: groups of 2 would be reported: this network requires at least 3",
    );
}

#[test]
fn queries_that_cannot_be_run_over_their_tables() {
    let data = |sql: &str, tables: &str| {
        format!("{}[data]\nsql = \"{sql}\"\ntables = {tables}\n", asking("kind = \"count\""))
    };
    let who = "{ who = [\"age\"] }";
    for (sql, tables, why) in [
        ("", who, "6: data.sql: the query is empty"),
        ("SELECT age FROM whom", who, "6: data.sql: light nodes refuse it: no such table: whom"),
        ("SELECT name FROM who", who, "6: data.sql: light nodes refuse it: no such column: name"),
        ("SELECT age FROM", who, "6: data.sql: light nodes refuse it: incomplete input"),
        ("SELECT age, age FROM who", who, "6: data.sql: it has 2 columns"),
        (
            "DELETE FROM who",
            who,
            "6: data.sql: light nodes refuse it: it does not begin with SELECT",
        ),
        ("SELECT 1; SELECT 2", who, "6: data.sql: light nodes refuse it: it has a semicolon"),
        ("SELECT hex(age) FROM who", who, "6: data.sql: light nodes refuse it: not authorized"),
        (
            "SELECT count(*) FROM sqlite_master",
            who,
            "6: data.sql: light nodes refuse it: access to",
        ),
        ("SELECT 1", "{ who = [] }", "7: data.tables: table `who` declares no columns"),
        ("SELECT 1", "{ \\\"a b\\\" = [\\\"x\\\"] }", "7: data.tables: `a b` is no name"),
        ("SELECT 1", "{ who = [\\\"x\\\", \\\"X\\\"] }", "7: data.tables: `X` is declared twice"),
    ] {
        is_refused(&data(sql, &tables.replace("\\\"", "\"")), why);
    }
    let twice = r#"{"version": 1, "prompt": "q", "statistic": {"kind": "count"},
        "data": {"sql": "SELECT x FROM t", "tables": {"t": ["x"], "t": ["y"]}}}"#;
    assert!(refused("q.json", twice).starts_with("2: data.tables: `t` is declared twice"));
    let unknown = format!("{}[data]\nsql = \"SELECT 1\"\n", asking("kind = \"count\""));
    is_refused(&unknown, "5: data: missing field `tables`");
}

#[test]
fn json_is_refused_with_its_lines_too() {
    for (json, why) in [
        ("{\n\"version\": 1,\n\"prompt\": \"q\"", "3: "),
        ("{\"version\": 1,\n\"prompt\": 7}", "2: prompt: invalid type"),
        (
            "{\"version\": 1, \"prompt\": \"q\", \"statistic\": {\n\"kind\": \"sum\",\n\"min\": 0.1234567890123456}}",
            "3: statistic.min: TOML and JSON do not keep this many digits",
        ),
        (
            "{\"version\": 1, \"prompt\": \"q\", \"statistic\": {\n\"kind\": \"sum\",\n\"min\": 1,\n\"max\": 0}}",
            "4: statistic.max: min must be less than max",
        ),
        (
            "{\"version\": 1, \"prompt\": \"q\", \"statistic\": {\"kind\": \"count\"}}\n{}",
            "2: trailing",
        ),
    ] {
        let error = refused("q.json", json);
        assert!(error.starts_with(why), "{error}\n{json}");
    }
}
