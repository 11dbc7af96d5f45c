//! What a question may take of the owner's machine, and what it leaves there.

use super::*;

const MEBI: u64 = 1 << 20;

/// A node's directory with a table of numbers.
fn home(rows: usize) -> TempDir {
    let home = TempDir::new().unwrap();
    let rows: String = (0..rows).map(|n| format!("{n}\n")).collect();
    fs::write(home.path().join("own.csv"), format!("x\n{rows}")).unwrap();
    home
}

fn config(limits: &str) -> String {
    format!("kind = 'query'\n{limits}\n[tables]\nown = {{ source = 'own.csv' }}")
}

fn asked_of_own(sql: &str) -> Option<Asked> {
    Some(asked(sql, &["own(x)"]))
}

/// So many rows that nobody could wait for them, whatever the table has.
fn endless() -> String {
    let tables: Vec<_> = (0..40).map(|n| format!("own AS t{n}")).collect();
    tables.join(", ")
}

#[test]
fn a_query_that_takes_too_long_is_stopped() {
    let home = home(1000);
    for sql in [
        format!("SELECT sum(t0.x * t39.x) FROM {}", endless()),
        format!("SELECT count(*) FROM (SELECT t0.x FROM {} WHERE t39.x < 0)", endless()),
        format!(
            "SELECT 1 FROM own WHERE x IN (SELECT t0.x + t1.x + t2.x + 5000 FROM {})",
            endless()
        ),
    ] {
        let reply = ask(&config("time_limit = '300ms'"), home.path(), asked_of_own(&sql));
        assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
    }
}

#[test]
fn reading_the_data_takes_of_the_same_time() {
    let home = home(1_000_000);
    let config = config("time_limit = '1ms'");
    let reply = ask(&config, home.path(), asked_of_own("SELECT count(*) FROM own"));
    assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
    let config = "kind = 'query'\ntime_limit = '300ms'\n[tables]\n\
        own = { program = 'sh', args = ['-c', 'echo x; sleep 60'] }";
    let reply = ask(config, home.path(), asked_of_own("SELECT count(*) FROM own"));
    assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
}

#[test]
fn a_result_has_no_more_rows_than_the_owner_allows() {
    let home = home(3);
    for (most, rows, is_allowed) in [(3, 3, true), (2, 3, false), (1, 1, true), (0, 1, false)] {
        let sql = format!("SELECT x FROM own LIMIT {rows}");
        let question = vector(rows, asked(&sql, &["own(x)"]));
        let reply = respond(&config(&format!("max_rows = {most}")), home.path(), &question);
        match reply {
            Ok(Reply::Answer(_)) => assert!(is_allowed, "{most} {rows}"),
            Err(ResponderError::Sql(SqlError::ManyRows(limit))) => {
                assert!(!is_allowed && limit == most)
            }
            other => panic!("{other:?}"),
        }
    }
}

/// With little memory for its tables, and for what it makes of them.
fn within(home: &TempDir, tables: u64, memory: u64, sql: &str) -> Result<Reply, ResponderError> {
    let question = Question { query: asked_of_own(sql), ..question("0", "9", 0) };
    wait(with_memory(home, tables, memory).respond(&question))
}

fn with_memory(home: &TempDir, tables: u64, memory: u64) -> Query {
    let sources = [("own".to_owned(), Source::file("own.csv"))].into();
    let limits = QueryLimits { time: Duration::from_secs(600), rows: 9, memory, tables };
    Query::new(sources, home.path(), limits).unwrap()
}

#[test]
fn tables_that_are_too_large_for_the_memory_are_refused() {
    let home = home(100_000);
    let sql = "SELECT count(*) > 9 FROM own";
    assert!(matches!(within(&home, 64 * MEBI, 1024 * MEBI, sql), Ok(Reply::Answer(_))));
    let reply = within(&home, MEBI, 1024 * MEBI, sql);
    assert!(
        matches!(&reply, Err(ResponderError::Sql(SqlError::TooLarge(table))) if table == "own"),
        "{reply:?}"
    );
}

#[test]
fn what_takes_all_the_memory_is_stopped() {
    let home = home(100);
    for sql in [
        format!("SELECT t0.x FROM {} ORDER BY t39.x, t38.x", endless()),
        format!("SELECT rank() OVER (ORDER BY t39.x) FROM {} LIMIT 1", endless()),
        format!(
            "WITH a AS MATERIALIZED (SELECT t0.x FROM {}) SELECT count(*) FROM a, a AS b",
            endless()
        ),
    ] {
        let reply = within(&home, 64 * MEBI, 256 * MEBI, &sql);
        assert!(matches!(reply, Err(ResponderError::Sql(SqlError::Greedy))), "{reply:?}");
    }
}

#[test]
fn a_value_of_more_than_64_kib_is_not_looked_at() {
    let home = TempDir::new().unwrap();
    for (kind, make) in [("text", "CAST(zeroblob(N) AS TEXT)"), ("bytes", "zeroblob(N)")] {
        for (length, is_allowed) in [(65_536, true), (65_537, false)] {
            let file = home.path().join(format!("{kind}{length}.db"));
            let value = make.replace('N', &length.to_string());
            fill(&file, &format!("CREATE TABLE own (x); INSERT INTO own VALUES (1), ({value})"));
            let config =
                format!("kind = 'query'\n[tables]\nown = {{ source = '{kind}{length}.db' }}");
            let reply = ask(&config, home.path(), asked_of_own("SELECT count(*) FROM own"));
            match reply {
                Ok(_) => assert!(is_allowed, "{kind} {length}"),
                Err(ResponderError::Sql(SqlError::LongValue { .. })) => {
                    assert!(!is_allowed, "{kind} {length}")
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Statements that are as deep and as long as they may be: the compiler goes down with them on the
/// small stack of a thread.
#[test]
fn the_deepest_statements_do_not_end_the_process() {
    let home = home(3);
    let nested = |open: &str, x: &str, close: &str, depth| {
        format!("SELECT {}{x}{} FROM own LIMIT 1", open.repeat(depth), close.repeat(depth))
    };
    for sql in [
        nested("- ", "x", "", 990),
        nested("NOT ", "x", "", 990),
        nested("", "x", "+1", 990),
        nested("CASE WHEN ", "x", " THEN 1 END", 400),
        nested("(", "x", ")", 39),
        nested("abs(", "x", ")", 39),
        format!("SELECT max(x) FROM (SELECT x FROM own{})", " UNION SELECT 1".repeat(499)),
        format!("SELECT 1 WHERE 1 IN ({}1)", "2, ".repeat(5_000)),
    ] {
        let question = Question { query: asked_of_own(&sql), ..question("0", "9", 0) };
        let reply = respond(&config(""), home.path(), &question);
        assert!(
            matches!(reply, Ok(Reply::Answer(_)) | Err(ResponderError::Sql(SqlError::Refused(_)))),
            "{reply:?}"
        );
    }
}

#[test]
fn a_database_in_use_is_read_as_it_is_and_left_as_it_is() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("own.db");
    let config = "kind = 'query'\n[tables]\nown = { source = 'own.db' }";
    let writer = wait(async {
        let database = libsql::Builder::new_local(&file).build().await.unwrap();
        let writer = database.connect().unwrap();
        let fill = "PRAGMA journal_mode = WAL; CREATE TABLE own (x); INSERT INTO own VALUES (7);
            BEGIN; INSERT INTO own VALUES (500)";
        writer.execute_batch(fill).await.unwrap();
        writer
    });
    let before = files(home.path());
    let sum = || ask(config, home.path(), asked_of_own("SELECT sum(x) FROM own"));
    assert_eq!(sum().unwrap(), number("7"), "what is committed");
    let after = files(home.path());
    let written = |files: &[(String, Vec<u8>)]| {
        // Readers of a database with a write-ahead log mark in `-shm` where they read.
        files.iter().filter(|(name, _)| !name.ends_with("-shm")).cloned().collect::<Vec<_>>()
    };
    assert_eq!(written(&before), written(&after));
    wait(async { writer.execute_batch("COMMIT").await.map(drop).unwrap() });
    assert_eq!(sum().unwrap(), number("507"));
}

/// Whoever opens such a database to write tidies up: it moves the log into the file.
#[test]
fn what_a_writer_that_crashed_has_left_is_read_and_left_as_it_is() {
    let home = TempDir::new().unwrap();
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("own.db");
    let _writer = wait(async {
        let database = libsql::Builder::new_local(&file).build().await.unwrap();
        let writer = database.connect().unwrap();
        let fill = "PRAGMA journal_mode = WAL; CREATE TABLE own (x); INSERT INTO own VALUES (7)";
        writer.execute_batch(fill).await.unwrap();
        writer
    });
    let parts = ["own.db", "own.db-wal"];
    for part in parts {
        fs::copy(elsewhere.path().join(part), home.path().join(part)).unwrap();
    }
    let read = || parts.map(|part| fs::read(home.path().join(part)).unwrap());
    let before = read();
    let config = "kind = 'query'\n[tables]\nown = { source = 'own.db' }";
    let sum = ask(config, home.path(), asked_of_own("SELECT sum(x) FROM own"));
    assert_eq!(sum.unwrap(), number("7"));
    assert!(read() == before);
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_greedy_statement_is_stopped_and_its_neighbour_is_answered() {
    let home = home(100);
    let query = with_memory(&home, 64 * MEBI, 128 * MEBI);
    let of = |sql: &str| Question { query: asked_of_own(sql), ..question("0", "9", 0) };
    let greedy = of(&format!("SELECT t0.x FROM {} ORDER BY t39.x, t38.x", endless()));
    let neighbour = of(
        "SELECT count(*) > 9 FROM own AS a, own AS b, own AS c, own AS d WHERE a.x + b.x + c.x < d.x AND d.x < 50",
    );
    wait(async {
        let (stopped, answered) = tokio::join!(query.respond(&greedy), query.respond(&neighbour));
        assert!(matches!(stopped, Err(ResponderError::Sql(SqlError::Greedy))), "{stopped:?}");
        assert!(matches!(answered, Ok(Reply::Answer(_))), "{answered:?}");
    });
}
