//! What queries compute.

use super::*;

const SLEEP: &str = "subject,day,reaction_ms\n\
    308,0,249.56\n308,4,356.8519\n308,5,414.6901\n308,6,382.2038\n308,7,290.1486\n308,8,430.5853\n308,9,466.3535\n";

const DATA: &str = "x,y\n1,a\n2,b\n4.5,\n";

const CONFIG: &str = "kind = 'query'\n[tables]\nsleep = { source = 'sleep.csv' }\n\
    data = { source = 'data.csv' }\nnames = { source = 'names.csv' }";

/// A node's directory with its tables.
fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("sleep.csv"), SLEEP).unwrap();
    fs::write(home.path().join("data.csv"), DATA).unwrap();
    fs::write(home.path().join("names.csv"), "key,name\na,Ann\nb,Bob\nb,Bo\nc,\n").unwrap();
    home
}

const TABLES: [&str; 3] = ["sleep(day, reaction_ms)", "data(x, y)", "names(key, name)"];

fn one(sql: &str) -> Result<Option<Decimal>, ResponderError> {
    ask(CONFIG, home().path(), Some(asked(sql, &TABLES)))
}

fn reply(question: &Question) -> Result<Answer, ResponderError> {
    match respond(CONFIG, home().path(), question)? {
        Reply::Answer(answer) => Ok(answer),
        Reply::Decline => panic!("it declines"),
    }
}

/// The cells of a result, all of which are numbers.
fn many(length: u32, sql: &str) -> Vec<String> {
    let question = vector(length, asked(sql, &TABLES));
    match found(&reply(&question).unwrap(), &question.statistic) {
        Finding::Vector(it) => it.sums.iter().map(Decimal::to_string).collect(),
        _ => panic!("a vector"),
    }
}

fn with(statistic: impl Into<Statistic>, sql: &str) -> Question {
    Question {
        query: Some(asked(sql, &TABLES)),
        statistic: statistic.into(),
        ..question("0", "1", 0)
    }
}

#[test]
fn the_average_of_the_later_days() {
    let query = "SELECT avg(reaction_ms) FROM sleep WHERE day >= 5";
    assert_eq!(one(query).unwrap(), number("396.79626"));
}

#[test]
fn statements_are_evaluated() {
    for (query, answer) in [
        ("SELECT count(*) FROM data", "3"),
        ("select\tsum(x)\nfrom DATA", "7.5"),
        ("SELECT sum([X]) * 2 FROM `data` AS own", "15"),
        ("SELECT max(x) - min(x) FROM data", "3.5"),
        ("SELECT round(avg(x), 2) FROM data", "2.5"),
        ("SELECT sum(DISTINCT x > 1) FROM data", "1"),
        ("SELECT sum(CASE WHEN y = 'a' THEN x ELSE 0 END) FROM data", "1"),
        ("SELECT coalesce(sum(x) FILTER (WHERE x > 100), -1) FROM data", "-1"),
        ("SELECT length(') ; -- \" || :a')", "14"),
        ("SELECT sum(s) FROM (SELECT max(x) AS s FROM data GROUP BY y)", "7.5"),
        ("SELECT count(*) FROM data, names WHERE y = key", "3"),
        ("SELECT sum(x) FROM data JOIN names ON y = key WHERE name > 'B'", "4"),
        ("SELECT count(*) FROM names LEFT JOIN data ON y = key WHERE x IS NULL", "1"),
        (
            "WITH late AS (SELECT reaction_ms AS ms FROM sleep WHERE day > 8) SELECT ms FROM late",
            "466.3535",
        ),
        ("WITH late AS (SELECT day FROM sleep WHERE day > 5) SELECT count(*) FROM late", "4"),
        ("SELECT count(*) FROM (SELECT x FROM data UNION ALL SELECT day FROM sleep) AS both", "10"),
        ("SELECT x FROM (VALUES (7)) AS v, data WHERE x = 2", "2"),
        (
            "SELECT x FROM data WHERE EXISTS (SELECT 1 FROM names WHERE key = y AND name = 'Ann')",
            "1",
        ),
        ("SELECT -x FROM data ORDER BY x DESC LIMIT 1", "-4.5"),
        ("SELECT x FROM data WHERE x = '2'", "2"),
    ] {
        assert_eq!(one(query).unwrap(), number(answer), "{query}");
    }
}

#[test]
fn rows_become_cells_one_after_the_other_and_in_their_order() {
    assert_eq!(many(3, "SELECT x FROM data ORDER BY x DESC"), ["4.5", "2", "1"]);
    assert_eq!(
        many(4, "SELECT day, reaction_ms FROM sleep WHERE day > 7 ORDER BY day"),
        ["8", "430.5853", "9", "466.3535"]
    );
    assert_eq!(many(3, "SELECT count(*) FROM names GROUP BY key ORDER BY key"), ["1", "2", "1"]);
    assert_eq!(
        many(3, "SELECT x - lag(x, 1, 0) OVER (ORDER BY x) FROM data ORDER BY 1"),
        ["1", "1", "2.5"]
    );
    assert_eq!(many(3, "SELECT sum(x) OVER (ORDER BY x) FROM data ORDER BY 1"), ["1", "3", "7.5"]);
}

#[test]
fn a_vector_may_have_as_many_rows_as_the_question_takes() {
    let home = TempDir::new().unwrap();
    let rows: String = (0..5000).map(|n| format!("{}\n", n % 7)).collect();
    fs::write(home.path().join("long.csv"), format!("n\n{rows}")).unwrap();
    let question = vector(5000, asked("SELECT n FROM long", &["long(n)"]));
    let config = "kind = 'query'\n[tables]\nlong = { source = 'long.csv' }";
    let Reply::Answer(answer) = respond(config, home.path(), &question).unwrap() else { panic!() };
    let Finding::Vector(VectorFound { sums, .. }) = found(&answer, &question.statistic) else {
        panic!()
    };
    assert!(sums.iter().enumerate().all(|(n, sum)| *sum == Decimal::from(n % 7)));
    let few = Question { statistic: vector(4999, asked("", &[])).statistic, ..question };
    assert!(matches!(
        respond(config, home.path(), &few),
        Err(ResponderError::Sql(SqlError::ManyCells(4999)))
    ));
}

#[test]
fn text_is_a_cell() {
    let choices = Choices(labels(&["Ann", "Bo", "Bob"]));
    let question = with(choices, "SELECT name FROM names WHERE key = 'b'");
    let Finding::Choices(counted) = found(&reply(&question).unwrap(), &question.statistic) else {
        panic!("frequencies")
    };
    assert_eq!(counted.0.iter().map(|option| option.count).collect::<Vec<_>>(), [0, 1, 1]);
}

#[test]
fn the_first_cell_names_the_group() {
    let groups =
        Some(formix_proto::statistic::Groups { labels: labels(&["Ann", "Bob"]), min_size: 1 });
    let statistic = Statistic { groups, ..question("0", "9", 1).statistic };
    let sql = "SELECT name, x FROM names JOIN data ON key = y WHERE name = 'Bob'";
    let question = Question { statistic, ..with(Count, sql) };
    let answer = reply(&question).unwrap();
    assert_eq!(shown(&answer, &question), 2.into());
    let question = Question { query: Some(asked("SELECT 'Bob', 1, 2", &[])), ..question };
    assert!(matches!(reply(&question), Err(ResponderError::Sql(SqlError::ManyCells(2)))));
}

#[test]
fn no_row_and_null_are_missing_so_that_the_questions_rule_decides() {
    for sql in [
        "SELECT x FROM data WHERE x > 100",
        "SELECT avg(x) FROM data WHERE x > 100",
        "SELECT max(NULL)",
        "SELECT y FROM data WHERE x > 4",
        "SELECT 9e999 - 9e999",
    ] {
        let question = question("0", "9", 0);
        let statistic = Statistic { missing: Rule::Use("7".to_owned()), ..question.statistic };
        let question = Question { query: Some(asked(sql, &TABLES)), statistic, ..question };
        let answer = reply(&question).unwrap();
        assert_eq!(shown(&answer, &question), 7.into(), "{sql}");
        let declining = Statistic { missing: Rule::Decline, ..question.statistic };
        let refused = declining.encode(&answer, declining.shape(1).unwrap()).unwrap_err();
        assert_eq!(refused, formix_proto::answer::AnswerError::Missing, "{sql}");
    }
}

#[test]
fn of_options_no_row_chooses_none() {
    let question = with(Choices(labels(&["a"])), "SELECT y FROM data WHERE x > 100");
    let answer = reply(&question).unwrap();
    let Finding::Choices(counted) = found(&answer, &question.statistic) else { panic!() };
    assert_eq!(counted.0[0].count, 0);
}

#[test]
fn a_question_without_a_query_is_declined() {
    assert_eq!(ask(CONFIG, home().path(), None).unwrap(), None);
}

#[test]
fn what_is_no_cell_is_an_error() {
    use SqlError::{Infinite, ManyCells, NotText};
    assert!(matches!(one("SELECT x FROM data"), Err(ResponderError::Sql(ManyCells(1)))));
    assert!(matches!(one("SELECT 1, 2"), Err(ResponderError::Sql(ManyCells(1)))));
    assert!(matches!(
        one("SELECT CAST(y AS BLOB) FROM data WHERE x = 1"),
        Err(ResponderError::Sql(NotText))
    ));
    assert!(matches!(one("SELECT CAST(x'ff' AS TEXT)"), Err(ResponderError::Sql(NotText))));
    assert!(matches!(one("SELECT x''"), Err(ResponderError::Sql(NotText))));
    assert!(matches!(one("SELECT 9e999"), Err(ResponderError::Sql(Infinite))));
    assert!(matches!(one("SELECT -9e999"), Err(ResponderError::Sql(Infinite))));
}

#[test]
fn text_is_never_added_up_as_zero() {
    for sum in [
        "sum(y)",
        "avg(y)",
        "total(y)",
        "TOTAL(ALL y)",
        "[avg](y)",
        "sum(DISTINCT y)",
        "sum (lower(y))",
        "avg(v) FROM (SELECT y AS v, x FROM data)",
        "avg(CASE WHEN x > 0 THEN y ELSE x END)",
        "sum(y) OVER (ORDER BY x ROWS 1 PRECEDING)",
        "(SELECT sum(name) FROM names)",
    ] {
        let from = if sum.contains("(SELECT") { "" } else { " FROM data WHERE y IS NOT NULL" };
        let reply = one(&format!("SELECT {sum}{from} LIMIT 1"));
        assert!(matches!(reply, Err(ResponderError::Sql(SqlError::Infinite))), "{sum}: {reply:?}");
    }
    assert_eq!(one("SELECT sum(CAST('12' AS REAL)) + sum(NULL IS NULL)").unwrap(), number("13"));
}

#[test]
fn tables_and_columns_that_the_owner_does_not_have_are_named() {
    let home = home();
    let ask = |declared: &[&str]| ask(CONFIG, home.path(), Some(asked("SELECT 1", declared)));
    let table = ask(&["visits(x)"]).unwrap_err();
    assert!(matches!(&table, ResponderError::NoTable(name) if name == "visits"), "{table}");
    let column = ask(&["Data(x, Z)"]).unwrap_err();
    assert_eq!(
        column.to_string(),
        "the question reads column `Z`, which table `Data` does not have"
    );
    assert_eq!(ask(&["DATA(X, Y)"]).unwrap(), number("1"), "SQL does not tell capitals apart");
}

/// SQLite compiles each of them as often as those after it name it.
#[test]
fn a_chain_of_ordinary_ctes_is_evaluated() {
    let chain = "WITH
        late AS (SELECT day, reaction_ms AS ms FROM sleep WHERE day BETWEEN 5 AND 9 AND reaction_ms > 0 AND reaction_ms < 999),
        means AS (SELECT l.day, avg(l.ms) AS ms FROM late AS l JOIN late AS m ON l.day = m.day WHERE l.ms >= m.ms GROUP BY l.day),
        steps AS (SELECT a.day, a.ms, b.ms - a.ms AS step FROM means AS a JOIN means AS b ON b.day = a.day + 1),
        turns AS (SELECT a.day, a.ms, a.step, b.step AS next FROM steps AS a JOIN steps AS b ON b.day = a.day + 1),
        peaks AS (SELECT a.day, a.ms, a.step > 0 AND a.next < 0 AS peak, b.step < 0 AND b.next > 0 AS dip
            FROM turns AS a JOIN turns AS b ON a.day = b.day)
        SELECT sum(CASE WHEN a.dip OR b.peak THEN (a.ms + b.ms) / 2 ELSE 0 END) FROM peaks AS a JOIN peaks AS b ON a.day = b.day WHERE a.ms > 0 AND b.ms > 0 AND a.day < 9";
    assert_eq!(one(chain).unwrap(), number("382.2038"));
}

/// The attack: `iif(unixepoch('now') < T, 0, salary)` is one value when its owner looks, and another later.
#[test]
fn the_clock_is_not_read() {
    for now in [
        "'now'",
        "'NOW'",
        "lower('NOW')",
        "substr('nowhere', 1, 3)",
        "CAST(X'6e6f77' AS TEXT)",
        "X'6e6f77'",
        "CAST(X'6e6f7700' AS TEXT)",
        "'subsec'",
        "'subsecond'",
        "(SELECT 'now')",
        "'now' COLLATE NOCASE",
        "min('now', 'o')",
    ] {
        for call in
            ["unixepoch(#)", "julianday(#)", "strftime('%s', #)", "[unixepoch] (#, '+1 day')"]
        {
            let sql = format!("SELECT {} IS NULL", call.replace('#', now));
            assert_eq!(one(&sql).unwrap(), number("1"), "{sql}");
        }
    }
    for refused in
        ["current_timestamp", "CURRENT_DATE", "unixepoch()", "random()", "timediff('now', 0)"]
    {
        let sql = format!("SELECT {refused} IS NULL");
        assert!(one(&sql).is_err(), "{sql}");
    }
}

#[test]
fn the_dates_of_the_data_are_read() {
    for (sql, answer) in [
        ("SELECT unixepoch('1970-01-02') / 3600", "24"),
        ("SELECT julianday(2440587.5) - 2440587", "0.5"),
        ("SELECT strftime('%Y', 0, 'unixepoch', '+1 years') - 1900", "71"),
        ("SELECT unixepoch(date('1970-01-31', 'start of month', '+1 month')) / 86400", "31"),
        ("SELECT julianday('-0001-01-01') IS NULL", "0"),
        ("SELECT unixepoch('12:00') - unixepoch('2000-01-01') - 43000", "200"),
        ("SELECT count(date(y)) FROM data", "0"),
    ] {
        assert_eq!(one(sql).unwrap(), number(answer), "{sql}");
    }
}
