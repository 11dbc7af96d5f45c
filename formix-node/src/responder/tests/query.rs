//! Queries: what they compute, and what they must not be able to do.

use super::*;

const SLEEP: &str = "subject,day,reaction_ms\n\
    308,0,249.56\n308,4,356.8519\n308,5,414.6901\n308,6,382.2038\n308,7,290.1486\n308,8,430.5853\n308,9,466.3535\n";

/// Asks a CSV file.
fn csv(data: &str, query: &str) -> Result<Option<Decimal>, ResponderError> {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.csv"), data).unwrap();
    ask("kind = 'query'\nsource = 'own.csv'", home.path(), Some(query))
}

/// Asks table `data` of a database, which has another table, too.
fn sqlite(query: &str) -> Result<Option<Decimal>, ResponderError> {
    let home = TempDir::new().unwrap();
    let file = home.path().join("own.db");
    fill(
        &file,
        "CREATE TABLE data (x, y TEXT); INSERT INTO data VALUES (1, 'a'), (2, 'b'), (4.5, NULL);
        CREATE TABLE secret (x); INSERT INTO secret VALUES (42);
        CREATE VIEW peek AS SELECT x FROM secret;",
    );
    let before = fs::read(&file).unwrap();
    let reply = ask("kind = 'query'\nsource = 'own.db'", home.path(), Some(query));
    assert_eq!(fs::read(&file).unwrap(), before, "{query}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "{query}");
    reply
}

fn fill(file: &Path, sql: &str) {
    wait(async {
        let database = libsql::Builder::new_local(file).build().await.unwrap();
        database.connect().unwrap().execute_batch(sql).await.unwrap();
    });
}

#[test]
fn the_average_of_the_later_days() {
    let query = "avg(reaction_ms) FILTER (WHERE day >= 5)";
    assert_eq!(csv(SLEEP, query).unwrap(), number("396.79626"));
}

#[test]
fn expressions_are_evaluated() {
    for (query, answer) in [
        ("count(*)", "3"),
        ("sum(x)", "7.5"),
        ("max(x) - min(x)", "3.5"),
        ("round(avg(x), 2)", "2.5"),
        ("sum(CASE WHEN y = 'a' THEN x ELSE 0 END)", "1"),
        ("coalesce(sum(x) FILTER (WHERE x > 100), -1)", "-1"),
        ("avg([x]) + length(') ; -- \" || :a') - 16", "0.5"),
        ("(SELECT sum(s) FROM (SELECT max(x) AS s FROM data GROUP BY y)) + 0 * count(*)", "7.5"),
        ("count(*) FILTER (WHERE x IN (SELECT x FROM DATA WHERE x < 3))", "2"),
        ("sum(x)\n\t* 2", "15"),
    ] {
        assert_eq!(sqlite(query).unwrap(), number(answer), "{query}");
    }
}

#[test]
fn nothing_to_tell_declines() {
    for query in ["max(NULL)", "avg(x) FILTER (WHERE x > 100)", "sum(NULL)"] {
        assert_eq!(sqlite(query).unwrap(), None, "{query}");
    }
    assert_eq!(csv("x\n", "x").unwrap(), None, "no row");
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.csv"), SLEEP).unwrap();
    let config = "kind = 'query'\nsource = 'own.csv'";
    assert_eq!(ask(config, home.path(), None).unwrap(), None, "no query");
}

#[test]
fn a_result_that_is_not_one_number_is_an_error() {
    use ResponderError::{Answer, ManyRows, NotNumeric};
    assert!(matches!(sqlite("x"), Err(ManyRows)));
    assert!(matches!(sqlite("max(y)"), Err(NotNumeric("text"))));
    assert!(matches!(sqlite("CAST(max(y) AS BLOB)"), Err(NotNumeric("bytes"))));
    assert!(matches!(sqlite("sum(9e999)"), Err(Answer(_))));
    assert!(matches!(sqlite("CAST(x'ff' AS TEXT)"), Err(NotNumeric("text") | ManyRows)));
    assert!(matches!(csv("x\n1\n", "CAST(x'ff' AS TEXT)"), Err(NotNumeric("text"))));
    assert_eq!(sqlite("sum(x) * 9e999 - sum(x) * 9e999").unwrap(), None, "SQLite has no NaN");
}

#[test]
fn what_leaves_its_parentheses_is_not_an_expression() {
    for query in [
        "1); ATTACH DATABASE 'stolen.db' AS s; --",
        "1) FROM data; DROP TABLE data; SELECT (1",
        "1) FROM secret UNION SELECT (x",
        "1) UNION SELECT x FROM secret --",
        "max(x) /* hidden */",
        "max(x) -- hidden",
        "max(x);",
        ")(",
        "(1",
        "'1",
        "[x",
        "`x",
        "?1",
        ":x",
        "@x",
        "$x",
        "'a' || 'b'",
        "avg(\"x\")",
        "avg(x)\0",
        "avg(x)\u{1b}",
        "",
        " \n",
        &"1+".repeat(4000),
    ] {
        assert!(matches!(sqlite(query), Err(ResponderError::Expression(_))), "{query}");
    }
}

#[test]
fn what_a_query_may_not_do_is_refused() {
    for query in [
        "(SELECT x FROM secret)",
        "(SELECT count(*) FROM secret)",
        "sum(x) + (SELECT max(x) FROM main.secret)",
        "(SELECT x FROM peek)",
        "(WITH data AS (SELECT x FROM secret) SELECT x FROM data)",
        "(SELECT count(*) FROM sqlite_master)",
        "(SELECT count(*) FROM sqlite_schema)",
        "(SELECT count(*) FROM temp.sqlite_temp_schema)",
        "(SELECT count(*) FROM pragma_database_list)",
        "(SELECT count(*) FROM pragma_table_info('secret'))",
        "(SELECT count(*) FROM dbstat)",
        "(SELECT count(*) FROM json_each('[1,2]'))",
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)",
        "(WITH RECURSIVE data(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM data LIMIT 9) SELECT count(*) FROM data)",
        "load_extension('evil')",
        "length(randomblob(1000000000))",
        "length(zeroblob(1000000000))",
        "length(printf('%1000000000d', 1))",
        "length(replace(y, 'a', 'bb'))",
        "length(group_concat(y))",
        "y LIKE '%a%a%a%'",
        "y GLOB '*'",
        "sqlite_version()",
        "length(hex(y))",
        "last_insert_rowid()",
        "changes()",
        "PRAGMA user_version",
        "ATTACH DATABASE 'stolen.db' AS s",
        "DELETE FROM data",
        "INSERT INTO data VALUES (1, 2)",
        "(DELETE FROM data RETURNING x)",
        "sum(missing)",
        "avg(x, y)",
        "1, 2",
        "1 AS x",
    ] {
        assert!(matches!(sqlite(query), Err(ResponderError::Refused(_))), "{query}");
    }
}

#[test]
fn a_query_that_takes_too_long_is_stopped() {
    let home = TempDir::new().unwrap();
    let rows: String = (0..1000).map(|n| format!("{n}\n")).collect();
    fs::write(home.path().join("own.csv"), format!("x\n{rows}")).unwrap();
    let config = "kind = 'query'\nsource = 'own.csv'\ntime_limit = '300ms'";
    let query = "(SELECT sum(a.x * b.x * c.x * d.x) FROM data a, data b, data c, data d)";
    let reply = ask(config, home.path(), Some(query));
    assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
}

#[test]
fn csv_files_as_people_write_them() {
    let data = "\u{feff}Name, Hours ,\"odd \"\"name\"\"\"\r\n\"Ann, B.\",7.5,\r\nnan, 8 ,1e1\r\n";
    for (query, answer) in [
        ("sum(hours)", "15.5"),
        ("count(*)", "2"),
        ("count([odd \"name\"])", "1"),
        ("sum([odd \"name\"])", "10"),
        ("sum(typeof(hours) = 'integer')", "1"),
        ("sum(typeof(name) = 'text')", "2"),
        ("sum(name = 'Ann, B.')", "1"),
    ] {
        assert_eq!(csv(data, query).unwrap(), number(answer), "{query}");
    }
}

#[test]
fn csv_files_that_make_no_table_are_refused_with_the_line() {
    let long = format!("x\n1\n{}\n", "9".repeat(70_000));
    for (data, at) in [
        ("", 1),
        ("a,\n", 1),
        ("a,A\n", 1),
        ("a,b\n1,2\n3\n", 3),
        ("a\n1\n2,3\n", 3),
        (long.as_str(), 3),
    ] {
        let error = csv(data, "count(*)").unwrap_err();
        assert!(matches!(error, ResponderError::Csv { line, .. } if line == at), "{error}");
        assert!(error.to_string().contains(&format!("own.csv:{at}:")), "{error}");
    }
}

#[test]
fn sources_that_are_not_there_are_refused() {
    let home = TempDir::new().unwrap();
    let missing = ask("kind = 'query'\nsource = 'own.csv'", home.path(), Some("1"));
    assert!(matches!(missing, Err(ResponderError::Source { .. })));
    fill(&home.path().join("own.db"), "CREATE TABLE other (x)");
    let error = ask("kind = 'query'\nsource = 'own.db'", home.path(), Some("1")).unwrap_err();
    assert!(matches!(&error, ResponderError::Table { table, .. } if table == "data"), "{error}");
    let config = "kind = 'query'\nsource = 'own.db'\ntable = 'other'";
    assert_eq!(ask(config, home.path(), Some("count(*)")).unwrap(), number("0"));
}
