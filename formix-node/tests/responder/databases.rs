//! Tables of SQLite databases.

use super::sources::of;
use super::*;

#[test]
fn tables_of_different_databases_and_files_are_joined() {
    let home = TempDir::new().unwrap();
    let odd = home.path().join("odd ?name#%41.db");
    fill(&odd, "CREATE TABLE visits (who, days); INSERT INTO visits VALUES ('a', 3), ('b', 4)");
    fill(
        &home.path().join("more.db"),
        "CREATE TABLE [the \"people\"] (id TEXT, age INTEGER);
        INSERT INTO [the \"people\"] VALUES ('a', 40), ('b', 50);
        CREATE VIEW old AS SELECT id FROM [the \"people\"] WHERE age > 45;",
    );
    fs::write(home.path().join("c.csv"), "id,score\na,0.5\nb,0.25\n").unwrap();
    let config = "kind = 'query'\n[tables]\nvisits = { source = 'odd ?name#%41.db' }\n\
        people = { source = 'more.db', table = 'the \"people\"' }\n\
        old = { source = 'more.db' }\nscores = { source = 'c.csv' }";
    let tables = ["visits(who, days)", "people(id, age)", "scores(id, score)", "old(id)"];
    let ask = |sql: &str| ask(config, home.path(), Some(asked(sql, &tables)));
    let joined =
        "SELECT sum(days * age * score) FROM visits JOIN people ON who = id NATURAL JOIN scores";
    assert_eq!(ask(joined).unwrap(), number("110"));
    assert_eq!(ask("SELECT age FROM old JOIN people USING (id)").unwrap(), number("50"));
    assert_eq!(ask("SELECT count(*) FROM people WHERE age = '40'").unwrap(), number("1"));
}

#[test]
fn what_a_database_does_not_have_is_named() {
    let home = TempDir::new().unwrap();
    fill(&home.path().join("own.db"), "CREATE TABLE own (x, y); INSERT INTO own VALUES (1, 2)");
    let source = "source = 'own.db'";
    assert_eq!(of(&home, source, "SELECT x FROM own", "own(x)").unwrap(), number("1"));
    for column in ["z", "rowid", "oid"] {
        let error = of(&home, source, "SELECT 1", &format!("own({column})")).unwrap_err();
        assert!(matches!(error, ResponderError::Sql(SqlError::NoColumn { .. })), "{error}");
    }
    let other = "source = 'own.db', table = 'other'";
    let error = of(&home, other, "SELECT 1", "own(x)").unwrap_err();
    assert!(
        matches!(&error, ResponderError::Sql(SqlError::NoSourceTable { table, .. }) if table == "other")
    );
    fs::write(home.path().join("own.csv"), "x\n1\n").unwrap();
    let error = of(&home, "source = 'own.csv', table = 'own'", "SELECT 1", "own(x)").unwrap_err();
    assert!(matches!(error, ResponderError::Sql(SqlError::NotSqlite(_))), "{error}");
    fs::write(home.path().join("own.db"), b"SQLite format 3\0 and no more").unwrap();
    let error = of(&home, source, "SELECT 1", "own(x)").unwrap_err();
    assert!(matches!(error, ResponderError::Sql(SqlError::Cut(_))), "{error}");
}

#[test]
fn text_of_a_database_that_is_no_utf_8_is_refused_and_only_where_it_is_the_answer() {
    let home = TempDir::new().unwrap();
    let sql = "CREATE TABLE own (x); INSERT INTO own VALUES (CAST(x'61ff' AS TEXT))";
    fill(&home.path().join("own.db"), sql);
    let source = "source = 'own.db'";
    let answer = of(&home, source, "SELECT x FROM own", "own(x)");
    assert!(matches!(answer, Err(ResponderError::Sql(SqlError::NotText))), "{answer:?}");
    let length = of(&home, source, "SELECT count(x) FROM own", "own(x)");
    assert_eq!(length.unwrap(), number("1"));
}

/// Rows of more than one page, and where the database is to be.
const ROWS: &str =
    "CREATE TABLE own (x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < 900) INSERT INTO own SELECT i FROM n";

#[test]
fn a_database_whose_end_is_missing_is_refused() {
    for page in ["512", "65536"] {
        let home = TempDir::new().unwrap();
        let file = home.path().join("own.db");
        fill(&file, &format!("PRAGMA page_size = {page}; {ROWS}"));
        let whole = fs::read(&file).unwrap();
        let count = || of(&home, "source = 'own.db'", "SELECT count(x) FROM own", "own(x)");
        assert_eq!(count().unwrap(), number("900"));
        for length in (16..whole.len()).step_by(whole.len() / 64) {
            fs::write(&file, &whole[..length]).unwrap();
            let error = count().unwrap_err();
            let is_told = matches!(
                error,
                ResponderError::Sql(SqlError::Cut(_)) | ResponderError::Sql(SqlError::Table { .. })
            );
            assert!(is_told, "{length} bytes: {error}");
        }
    }
}

#[test]
fn a_database_whose_end_is_still_in_its_write_ahead_log_is_read() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("own.db");
    let lagging = wait(async {
        let database = libsql::Builder::new_local(&file).build().await.unwrap();
        let connection = database.connect().unwrap();
        let log = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0";
        connection.execute_batch(&format!("{log}; {ROWS}")).await.unwrap();
        connection
    });
    assert!(
        fs::metadata(&file).unwrap().len()
            < fs::metadata(home.path().join("own.db-wal")).unwrap().len()
    );
    let count = of(&home, "source = 'own.db'", "SELECT count(x) FROM own", "own(x)");
    assert_eq!(count.unwrap(), number("900"));
    drop(lagging);
}
