//! Where tables come from: files, directories and programs.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Asks table `own`, which is at this place in the node's directory.
pub(crate) fn of(
    home: &TempDir,
    source: &str,
    sql: &str,
    table: &str,
) -> Result<Option<Decimal>, ResponderError> {
    let config = format!("kind = 'query'\n[tables]\nown = {{ {source} }}");
    ask(&config, home.path(), Some(asked(sql, &[table])))
}

fn csv(data: &str, sql: &str, table: &str) -> Result<Option<Decimal>, ResponderError> {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.csv"), data).unwrap();
    of(&home, "source = 'own.csv'", sql, table)
}

#[test]
fn what_is_configured_wrong_is_refused() {
    let read = |table: &str| {
        toml::from_str::<ResponderConfig>(&format!("kind = 'query'\n[tables]\nown = {{ {table} }}"))
    };
    for (table, why) in [
        ("", "needs a `source`"),
        ("source = 'a', program = 'b'", "not both"),
        ("source = 'a', args = ['b']", "`args` are for"),
        ("program = 'a', table = 'b'", "`table` is for"),
        ("source = 'a', delimiter = ''", "a single character"),
        ("source = 'a', delimiter = 'x'", "a `delimiter` is"),
        ("source = 'a', delimiter = '\"'", "a `delimiter` is"),
        ("sauce = 'a'", "unknown field `sauce`"),
    ] {
        let error = read(table).unwrap_err().to_string();
        let shown = error.contains(why) || why == "a single character";
        assert!(shown, "{table}: {error}");
    }
    assert!(
        toml::from_str::<ResponderConfig>("kind = 'query'\ntables = {}\nsource = 'a'").is_err()
    );
    assert!(toml::from_str::<ResponderConfig>("kind = 'query'").is_err());
}

#[test]
fn a_configuration_is_written_as_it_is_read() {
    let config = "kind = \"query\"\ntime_limit = \"10s\"\nmax_rows = 1000000\n\n\
        [tables.a]\nsource = \"a.csv\"\ndelimiter = \";\"\n\n\
        [tables.b]\nsource = \"b.db\"\ntable = \"c\"\n\n\
        [tables.d]\nprogram = \"./d.sh\"\nargs = [\"e\"]\n";
    let read: ResponderConfig = toml::from_str(config).unwrap();
    assert_eq!(toml::to_string(&read).unwrap(), config);
    let ResponderConfig::Query { tables, .. } = read.clone() else { panic!("a query") };
    let short = ResponderConfig::query(tables);
    assert_eq!(read, short, "what is not said is the default");
}

#[test]
fn names_that_no_question_can_have_are_refused_at_the_start() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("a.csv"), "x\n").unwrap();
    let build = |tables: &str| {
        let config = format!("kind = 'query'\n[tables]\n{tables}");
        toml::from_str::<ResponderConfig>(&config).unwrap().build(home.path()).map(drop)
    };
    for name in ["'sleep-data'", "2a", "''", "'a b'", "'sqlite.a'"] {
        let error = build(&format!("{name} = {{ source = 'a.csv' }}"));
        assert!(matches!(error, Err(ResponderError::TableName(_))), "{name}");
    }
    let twice = build("own = { source = 'a.csv' }\nOwn = { source = 'a.csv' }");
    assert!(matches!(twice, Err(ResponderError::TableTwice(_))));
    let missing = build("own = { source = 'none.csv' }").unwrap_err().to_string();
    assert!(missing.contains("none.csv"), "{missing}");
}

#[test]
fn nobody_waits_for_what_takes_the_place_of_a_file() {
    let home = TempDir::new().unwrap();
    let (file, notes) = (home.path().join("own.csv"), home.path().join("notes"));
    fs::create_dir(&notes).unwrap();
    fs::write(notes.join("a.csv"), "x\n1\n").unwrap();
    let responder = |source: &str| {
        let config = format!("kind = 'query'\n[tables]\nown = {{ source = '{source}' }}");
        toml::from_str::<ResponderConfig>(&config).unwrap().build(home.path())
    };
    let pipe = |place: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(place).status().unwrap().success());
    };
    let query = Some(asked("SELECT sum(x) FROM own", &["own(x)"]));
    let question = Question { query, ..question("0", "9", 0) };
    let refuses = |responder: &dyn Responder| {
        let reply = wait(responder.respond(&question));
        assert!(matches!(reply, Err(ResponderError::Sql(SqlError::NotAFile(_)))), "{reply:?}");
    };
    fs::write(&file, "x\n1\n").unwrap();
    let (of_file, of_directory) = (responder("own.csv").unwrap(), responder("notes/").unwrap());
    assert!(wait(of_file.respond(&question)).is_ok());
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/null", &file).unwrap();
    refuses(&*of_file);
    fs::remove_file(&file).unwrap();
    pipe(&file);
    refuses(&*of_file);
    assert!(matches!(responder("own.csv"), Err(ResponderError::Sql(SqlError::NotAFile(_)))));
    fs::create_dir(notes.join("old.csv")).unwrap();
    assert!(wait(of_directory.respond(&question)).is_ok(), "directories in it do not count");
    pipe(&notes.join("b.csv"));
    refuses(&*of_directory);
    fs::remove_file(notes.join("b.csv")).unwrap();
    std::os::unix::fs::symlink("none", notes.join("b.csv")).unwrap();
    let lost = wait(of_directory.respond(&question));
    assert!(matches!(lost, Err(ResponderError::Sql(SqlError::Source { .. }))), "{lost:?}");
}

#[test]
fn csv_files_as_people_write_them() {
    let data =
        "\u{feff}Name, Hours ,\"odd \"\"name\"\"\",day\r\n\"Ann, B.\",7.5,,01\r\nnan, 8 ,1e1,\r\n";
    for (sql, answer) in [
        ("SELECT sum(hours) FROM own", "15.5"),
        ("SELECT count(*) FROM own", "2"),
        ("SELECT count(day) FROM own", "1"),
        ("SELECT sum(typeof(hours) = 'integer') FROM own", "1"),
        ("SELECT sum(typeof(name) = 'text') FROM own", "2"),
        ("SELECT sum(name = 'Ann, B.') FROM own", "1"),
    ] {
        assert_eq!(csv(data, sql, "own(name, hours, day)").unwrap(), number(answer), "{sql}");
    }
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.txt"), "a;b\n1,5;2\n").unwrap();
    let source = "source = 'own.txt', delimiter = ';'";
    assert_eq!(of(&home, source, "SELECT b FROM own", "own(b)").unwrap(), number("2"));
    fs::write(home.path().join("own.txt"), "a\tb\n1\t2\n").unwrap();
    let source = "source = 'own.txt', delimiter = \"\\t\"";
    assert_eq!(of(&home, source, "SELECT b FROM own", "own(b)").unwrap(), number("2"));
}

#[test]
fn one_field_that_is_no_number_makes_its_column_text() {
    let data = "hours,code\n7,10\nn/a,11\n8,12\n";
    let table = "own(hours, code)";
    let typed = "SELECT sum(typeof(hours) = 'text') * 10 + sum(typeof(code) = 'integer') FROM own";
    assert_eq!(csv(data, typed, table).unwrap(), number("33"));
    let mean = csv(data, "SELECT avg(hours) FROM own", table);
    assert!(matches!(mean, Err(ResponderError::Sql(SqlError::Infinite))), "{mean:?}");
    let meant = "SELECT avg(CAST(hours AS REAL)) FROM own WHERE hours <> 'n/a'";
    assert_eq!(csv(data, meant, table).unwrap(), number("7.5"));
    for word in ["inf", "nan", "1e999", "0x10", "1_000", "1,5 ", "--1", "."] {
        let data = format!("x\n\"{word}\"\n");
        let text = csv(&data, "SELECT sum(typeof(x) = 'text') FROM own", "own(x)");
        assert_eq!(text.unwrap(), number("1"), "{word}");
    }
}

#[test]
fn csv_files_that_make_no_table_are_refused_with_the_line_and_none_of_the_data() {
    let long = format!("secret\n1\n{}\n", "4711".repeat(17_000));
    for (data, at) in [
        ("", 1),
        ("secret,SECRET\n4711,2\n", 1),
        ("secret,b\n4711,2\n4711\n", 3),
        ("secret\n4711\n4711,4711\n", 3),
        (long.as_str(), 3),
    ] {
        let error = csv(data, "SELECT count(*) FROM own", "own(secret)").unwrap_err();
        assert!(
            matches!(error, ResponderError::Sql(SqlError::Csv { line, .. }) if line == at),
            "{error}"
        );
        assert!(error.to_string().contains(&format!("own.csv:{at}:")), "{error}");
        assert!(!format!("{error} {error:?}").contains("4711"), "{error}");
    }
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("own.csv"), b"x\n1\n\xff\n").unwrap();
    let error = of(&home, "source = 'own.csv'", "SELECT 1", "own(x)").unwrap_err();
    assert!(error.to_string().ends_with("own.csv:3: not UTF-8"), "{error}");
}

#[test]
fn a_quote_that_is_not_closed_swallows_no_rows() {
    let count = |data: &str| csv(data, "SELECT count(*) FROM own", "own(v)");
    for (data, at) in [
        ("sex,v,name\nf,1,a\nf,2,\"b\nf,3,c\nf,4,4711\n", 3),
        ("sex,v,name\nf,1,a\nf,2,\"b\nf,3,c\nf,4,\"4711\"\n", 3),
        ("sex,v,name\nf,\"1\n\",\"\n4711\n", 3),
        ("v,name\n4711,\"", 2),
        ("v,\"name\n4711,a\n", 1),
    ] {
        let error = count(data).unwrap_err();
        assert!(
            matches!(error, ResponderError::Sql(SqlError::Csv { line, .. }) if line == at),
            "{error}"
        );
        assert!(error.to_string().contains("a quote that opens here"), "{error}");
        assert!(!format!("{error} {error:?}").contains("4711"), "{error}");
    }
    let closed = "v,name\n1,\"two\nlines, \"\"quoted\"\"\"\n2,\"b\" \r\n3,5\" pipe\n4,\"\"";
    assert_eq!(count(closed).unwrap(), number("4"));
}

#[test]
fn the_csv_files_of_a_directory_are_one_table_by_name() {
    let home = TempDir::new().unwrap();
    let notes = home.path().join("notes");
    fs::create_dir(&notes).unwrap();
    let source = "source = 'notes/'";
    let empty = of(&home, source, "SELECT 1", "own(x)").unwrap_err();
    assert!(matches!(empty, ResponderError::Sql(SqlError::NoFiles(_))), "{empty}");
    for (name, text) in [("b.csv", "x\n20\n"), ("a.CSV", "x\n1\n3\n"), ("c.txt", "x\n500\n")] {
        fs::write(notes.join(name), text).unwrap();
    }
    assert_eq!(of(&home, source, "SELECT sum(x) FROM own", "own(x)").unwrap(), number("24"));
    let first = "SELECT x FROM own LIMIT 1";
    assert_eq!(of(&home, source, first, "own(x)").unwrap(), number("1"), "sorted by name");
    fs::write(notes.join("d.csv"), "y\n1\n").unwrap();
    let error = of(&home, source, "SELECT 1", "own(x)").unwrap_err().to_string();
    assert!(error.contains("d.csv:1: its header is not that of"), "{error}");
    fs::write(notes.join("d.csv"), "x\nn/a\n").unwrap();
    let text = "SELECT count(*) FROM own WHERE typeof(x) = 'text'";
    assert_eq!(of(&home, source, text, "own(x)").unwrap(), number("4"), "of one type in all files");
}

#[test]
fn a_program_prints_a_table() {
    let home = TempDir::new().unwrap();
    let script = home.path().join("labs.sh");
    fs::write(&script, "#!/bin/sh\ntest -z \"$(cat)\" && echo 'x,y'; echo \"$1,$(basename $PWD)\"")
        .unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    let source = "program = './labs.sh', args = ['42']";
    assert_eq!(of(&home, source, "SELECT x FROM own", "own(x)").unwrap(), number("42"));
    let here = home.path().file_name().unwrap().to_str().unwrap();
    let sql = format!("SELECT y = '{here}' FROM own");
    assert_eq!(
        of(&home, source, &sql, "own(y)").unwrap(),
        number("1"),
        "it runs in the node's directory"
    );
    for (program, why) in [("false", "exit status"), ("./none", "No such file")] {
        let source = format!("program = '{program}'");
        let error = of(&home, &source, "SELECT 1", "own(x)").unwrap_err().to_string();
        assert!(error.contains(why) && error.contains(program.trim_start_matches("./")), "{error}");
    }
}
