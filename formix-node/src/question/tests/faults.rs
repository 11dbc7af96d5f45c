//! Each fault is told with the line and the field that it is in.

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
        ("kind = \"sum\"\nmin = 0", "3: statistic.max: a sum needs it"),
        ("kind = \"sum\"\nmin = 5\nmax = 5", "6: statistic.max: the domain's min must be less"),
        ("kind = \"sum\"\nmin = nan\nmax = 5", "5: statistic.min: `NaN` is not a decimal number"),
        ("kind = \"sum\"\nmin = 0\nmax = inf", "6: statistic.max: `inf` is not a decimal number"),
        ("kind = \"sum\"\nmin = 0\nmax = \"a\"", "6: statistic.max: `a` is not a decimal number"),
        (
            "kind = \"sum\"\nmin = 0\nmax = 1.5\ndecimals = 0",
            "6: statistic.max: the domain's bounds",
        ),
        (
            "kind = \"sum\"\nmin = 0.125\nmax = 9\ndecimals = 2",
            "5: statistic.min: the domain's bounds",
        ),
        ("kind = \"sum\"\nmin = 0\nmax = 9\ndecimals = 10", "7: statistic.decimals: a domain has"),
        ("kind = \"sum\"\nmin = 0\nmax = 9\nk = 1", "7: statistic.k: a sum has no use for it"),
        ("kind = \"sum\"\nmin = 0\nmax = 9\nbins = 1", "7: statistic.bins: unknown field `bins`"),
        ("kind = \"mode\"", "4: statistic.kind: unknown variant `mode`"),
        (
            "kind = \"histogram\"",
            "3: statistic.edges: a histogram needs edges, or min, max and width",
        ),
        ("kind = \"histogram\"\nedges = []", "5: statistic.edges: buckets need at least two"),
        ("kind = \"histogram\"\nedges = [18, 30,\n 25]", "5: statistic.edges: edge 25"),
        (
            "kind = \"histogram\"\nedges = [1, 2]\nwidth = 1",
            "6: statistic.width: the edges say it already",
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
            "5: statistic.at: a quantile is at 0 to 1",
        ),
        (
            "kind = \"quantiles\"\nat = []\nmin = 0\nmax = 9\nresolution = 1",
            "5: statistic.at: a quantile is at 0 to 1",
        ),
        ("kind = \"choice\"\noptions = []", "5: statistic.options: there must be at least one"),
        (
            "kind = \"choice\"\noptions = [\"a\", \"b\", \"a\"]",
            "5: statistic.options: `a` is there twice",
        ),
        ("kind = \"top\"\noptions = [\"a\"]\nk = 2", "6: statistic.k: it must be 1 to 1"),
        ("kind = \"vector-sum\"\nlength = 0\nmin = 0\nmax = 1", "3: statistic: it has 0 lanes"),
        (
            "kind = \"vector-sum\"\nlength = 1048577\nmin = 0\nmax = 1",
            "3: statistic: it has 1048577 lanes: there must be 1 to 1048576",
        ),
        (
            "kind = \"regression\"\nresponse = { name = \"y\", min = 1, max = 1 }\ncolumns = []",
            "5: statistic.response.max: the domain's min",
        ),
        (
            "kind = \"regression\"\nresponse = { name = \"y\", min = 0, max = 1 }\ncolumns = [{ name = \"x\", min = 0, max = 1 }, { name = \"x\", min = 0, max = 1 }]",
            "6: statistic.columns: `x` is there twice",
        ),
    ] {
        is_refused(&asking(statistic), why);
    }
}

#[test]
fn labels_that_are_too_long_together() {
    let options: Vec<_> = (0..2000).map(|number| format!("\"{number:05}\"")).collect();
    let choice = format!("kind = \"choice\"\noptions = [{}]", options.join(", "));
    is_refused(&asking(&choice), "5: statistic.options: they are longer than 8192 bytes");
}

/// Each line is put in front of a question about a yes or no that is otherwise right.
#[test]
fn terms_that_make_no_sense() {
    let count = "\nversion = 1\n[statistic]\nkind = \"count\"\n";
    for (terms, why) in [
        ("prompt = \" \"", "1: prompt: the question is empty"),
        (
            "prompt = \"q\"\ndeadline = \"soon\"",
            "2: deadline: `soon` is no span of time: write it as 90s",
        ),
        ("prompt = \"q\"\ndeadline = \"0s\"", "2: deadline: the deadline has passed"),
        ("prompt = \"q\"\ndeadline = \"99d\"", "2: deadline: the deadline is more than"),
        ("prompt = \"q\"\nmin_participants = 2", "2: min_participants: min_participants is 2"),
        ("prompt = \"q\"\nmin_participants = 101", "2: min_participants: min_participants is 101"),
        (
            "prompt = \"q\"\nmissing = 7",
            "2: missing: what stands in for a value must itself be one that the question takes; \"decline\"",
        ),
        ("prompt = \"q\"\nmissing = 0\noutside = \"no!\"", "3: outside: what stands in for"),
        ("prompt = \"q\"\nmissing = []", "2: missing: invalid type"),
        ("prompt = \"q\"\nanswers = 7", "2: answers: unknown field `answers`"),
        ("prompt = \"q\"\nprompt = \"q\"", "2: "),
        ("prompt = \"q", "1: "),
    ] {
        is_refused(&format!("{terms}{count}"), why);
    }
    is_refused("version = 1\nprompt = \"q\"\n", "1: missing field `statistic`");
    is_refused(
        "version = 2\nprompt = \"q\"\n",
        "1: version: version 2 of the language, this build",
    );
    is_refused("prompt = \"q\"\n[statistic]\nkind = \"count\"\n", "1: missing field `version`");
}

#[test]
fn groups_that_overlap_or_are_too_small() {
    let groups = |labels: &str, least: u32| {
        format!("{}[groups]\nlabels = {labels}\nleast = {least}\n", asking("kind = \"count\""))
    };
    is_refused(&groups("[\"f\", \"f\"]", 5), "6: groups.labels: `f` is there twice");
    is_refused(&groups("[\"f\", \" f\"]", 5), "6: groups.labels: ` f` is empty or has space");
    is_refused(&groups("[]", 5), "6: groups.labels: there must be at least one");
    is_refused(
        &groups("[\"f\"]", 2),
        "7: groups.least: groups of 2 would be told of: this network allows no less than 3",
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
            "3: statistic.min: a number with so many digits must be text",
        ),
        (
            "{\"version\": 1, \"prompt\": \"q\", \"statistic\": {\n\"kind\": \"sum\",\n\"min\": 1,\n\"max\": 0}}",
            "4: statistic.max: the domain's min must be less",
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
