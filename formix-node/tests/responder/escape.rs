//! What a question must not be able to do: each attempt is a test of its own.
//!
//! The owner's database has more than the question declares: a column, a table and a view. Whatever is
//! asked, the file stays as it is and nothing appears beside it.

use super::*;

const TABLES: [&str; 2] = ["data(x, y)", "names(id, name)"];

fn home() -> TempDir {
    let home = TempDir::new().unwrap();
    fill(
        &home.path().join("own.db"),
        "CREATE TABLE data (x, y TEXT, hidden);
        INSERT INTO data VALUES (1, 'a', 42), (2, 'b', 42), (4.5, NULL, 42);
        CREATE TABLE names (id, name TEXT, hidden);
        INSERT INTO names VALUES (1, 'Ann', 42), (2, 'Bob', 42);
        CREATE TABLE secret (x, y, id); INSERT INTO secret VALUES (42, 42, 42);
        CREATE VIEW peek AS SELECT x FROM secret;",
    );
    fs::write(home.path().join("beside.csv"), "x\n42\n").unwrap();
    home
}

/// What comes of a statement, after which the owner's directory is what it was.
fn attempt(sql: &str, limit: &str) -> Result<Option<Decimal>, ResponderError> {
    let home = home();
    let file = home.path().join("own.db");
    let before = fs::read(&file).unwrap();
    let config = format!(
        "kind = 'query'\ntime_limit = '{limit}'\n[tables]\ndata = {{ source = 'own.db' }}\n\
        names = {{ source = 'own.db' }}\nsecret = {{ source = 'own.db' }}"
    );
    let reply = ask(&config, home.path(), Some(asked(sql, &TABLES)));
    assert_eq!(fs::read(&file).unwrap(), before);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "nothing is left behind");
    reply
}

#[track_caller]
fn refused(sql: &str) {
    let reply = attempt(sql, "60s");
    let is_refused = matches!(
        reply,
        Err(ResponderError::Statement(_) | ResponderError::Sql(SqlError::Refused(_)))
    );
    assert!(is_refused, "{reply:?}");
}

/// For what would go on for ever, or take all the memory there is, if it was not stopped.
#[track_caller]
fn stopped(sql: &str) {
    let reply = attempt(sql, "300ms");
    assert!(matches!(reply, Err(ResponderError::TimeOut(_))), "{reply:?}");
}

/// For what takes all the time or memory there is to compile, where nobody can interrupt it.
#[track_caller]
fn given_up(sql: &str) {
    let reply = attempt(sql, "3s");
    let given_up =
        matches!(reply, Err(ResponderError::TimeOut(_) | ResponderError::Sql(SqlError::Greedy)));
    assert!(given_up, "{reply:?}");
}

macro_rules! attempts {
    ($check:ident: $($name:ident $sql:expr;)*) => {$(
        #[test]
        fn $name() {
            $check($sql);
        }
    )*};
}

#[test]
fn what_is_not_refused_here_works() {
    assert_eq!(
        attempt("SELECT sum(x) FROM data JOIN names ON x = id", "60s").unwrap(),
        number("3")
    );
}

#[test]
fn every_column_is_every_declared_one() {
    let home = home();
    let config =
        "kind = 'query'\n[tables]\ndata = { source = 'own.db' }\nnames = { source = 'own.db' }";
    let sql = "SELECT * FROM data JOIN names ON x = id ORDER BY x LIMIT 1";
    let statistic = Choices(labels(&["1", "a", "Ann", "42"])).into();
    let query = Some(asked(sql, &["data(y, x)", "names(name)"]));
    let refused = Question { query, statistic, ..question("0", "1", 0) };
    assert!(matches!(
        respond(config, home.path(), &refused),
        Err(ResponderError::Sql(SqlError::Refused(_)))
    ));
    let sql = "SELECT * FROM data, names LIMIT 1";
    let question = Question { query: Some(asked(sql, &["data(y, x)", "names(name)"])), ..refused };
    let Reply::Answer(answer) = respond(config, home.path(), &question).unwrap() else { panic!() };
    let Finding::Choices(counted) = found(&answer, &question.statistic) else { panic!() };
    assert_eq!(counted.0.iter().map(|option| option.count).collect::<Vec<_>>(), [1, 1, 1, 0]);
}

attempts! { refused:
    another_database_is_not_attached "ATTACH DATABASE 'stolen.db' AS s";
    another_database_is_not_attached_after_a_select "SELECT 1; ATTACH DATABASE 'stolen.db' AS s";
    the_own_database_is_not_attached "ATTACH DATABASE 'file:own.db' AS s";
    nothing_is_detached "DETACH DATABASE main";
    a_setting_is_not_read "PRAGMA user_version";
    a_setting_is_not_changed "PRAGMA query_only = OFF";
    a_setting_is_not_changed_as_a_second_statement "SELECT 1; PRAGMA trusted_schema = ON";
    the_key_of_a_database_is_not_set "PRAGMA key = 'x'";
    a_table_of_settings_is_not_read "SELECT count(*) FROM pragma_database_list";
    a_table_of_columns_is_not_read "SELECT name FROM pragma_table_info('data')";
    a_table_of_functions_is_not_read "SELECT name FROM pragma_function_list()";
    no_extension_is_loaded "SELECT load_extension('evil')";
    no_extension_is_loaded_with_an_entry_point "SELECT load_extension('evil', 'main')";
    no_file_is_read "SELECT readfile('/etc/passwd')";
    no_file_is_written "SELECT writefile('stolen', x) FROM data";
    nothing_is_edited "SELECT edit(y) FROM data";
    a_tokenizer_is_not_registered "SELECT fts3_tokenizer('simple', x'4141414141414141')";
    a_tokenizer_is_not_asked "SELECT count(*) FROM fts3tokenize('simple', 'a b')";
    nothing_is_inserted "INSERT INTO data VALUES (1, 2)";
    nothing_is_inserted_after_a_with "WITH a AS (SELECT 1) INSERT INTO data SELECT * FROM a";
    nothing_is_updated "UPDATE data SET x = 0";
    nothing_is_deleted "DELETE FROM data";
    nothing_is_deleted_after_a_with "WITH a AS (SELECT 1) DELETE FROM data WHERE x IN a";
    nothing_is_deleted_in_a_subquery "SELECT (DELETE FROM data RETURNING x)";
    nothing_is_deleted_and_returned "WITH a AS (DELETE FROM data RETURNING x) SELECT x FROM a";
    no_table_is_dropped "DROP TABLE data";
    no_table_is_created "CREATE TABLE stolen AS SELECT * FROM data";
    no_temporary_table_is_created "CREATE TEMP TABLE stolen (x)";
    no_view_is_created "CREATE TEMP VIEW v AS SELECT 1";
    no_trigger_is_created "CREATE TEMP TRIGGER t AFTER INSERT ON data BEGIN SELECT 1; END";
    no_virtual_table_is_created "CREATE VIRTUAL TABLE v USING fts5(x)";
    no_index_is_created "CREATE INDEX i ON data (x)";
    nothing_is_replaced "REPLACE INTO data VALUES (1, 2)";
    nothing_is_altered "ALTER TABLE data ADD COLUMN z";
    nothing_is_vacuumed "VACUUM";
    nothing_is_vacuumed_into_a_file "VACUUM INTO 'stolen.db'";
    nothing_is_reindexed "REINDEX";
    nothing_is_analysed "ANALYZE";
    no_transaction_is_begun "BEGIN";
    no_transaction_is_rolled_back "ROLLBACK";
    no_savepoint_is_set "SAVEPOINT s";
    nothing_is_explained "EXPLAIN SELECT x FROM data";
    no_plan_is_explained "EXPLAIN QUERY PLAN SELECT x FROM data";
    values_alone_are_no_select "VALUES (1)";
    two_statements_are_not_one "SELECT 1; SELECT 2";
    a_semicolon_at_the_end_is_none_of_the_statement "SELECT 1;";
    no_statement_is_nothing "";
    space_is_no_statement " \n\t ";
    a_comment_hides_nothing "SELECT 1 -- 2";
    a_comment_in_the_middle_hides_nothing "SELECT /* hidden */ 1";
    a_comment_that_does_not_end_hides_nothing "SELECT 1 /*";
    a_comment_before_the_statement_hides_nothing "/**/DELETE FROM data";
    the_schema_is_not_read "SELECT sql FROM sqlite_master";
    the_schema_is_not_counted "SELECT count(*) FROM sqlite_master";
    the_schema_is_not_read_by_its_new_name "SELECT name FROM sqlite_schema";
    the_schema_is_not_counted_by_its_new_name "SELECT count(*) FROM main.sqlite_schema";
    the_temporary_schema_is_not_read "SELECT count(*) FROM temp.sqlite_temp_schema";
    the_temporary_schema_is_not_counted "SELECT count(*) FROM sqlite_temp_master";
    the_pages_are_not_counted "SELECT count(*) FROM dbstat";
    the_pages_are_not_read "SELECT path FROM dbstat";
    json_is_no_table "SELECT value FROM json_each('[1,2]')";
    json_is_not_counted "SELECT count(*) FROM json_each('[1,2]')";
    json_trees_are_not_counted "SELECT count(*) FROM json_tree('[1,2]')";
    there_is_no_series "SELECT count(*) FROM generate_series(1, 9)";
    vectors_are_not_searched "SELECT count(*) FROM vector_top_k('i', '[1]', 1)";
    an_undeclared_table_is_not_read "SELECT x FROM secret";
    an_undeclared_table_is_not_counted "SELECT count(*) FROM secret";
    an_undeclared_table_is_not_read_by_its_full_name "SELECT x FROM main.secret";
    an_undeclared_table_is_not_read_where_it_was_attached "SELECT x FROM source.secret";
    an_undeclared_table_is_not_joined "SELECT count(*) FROM data NATURAL JOIN secret";
    an_undeclared_view_is_not_read "SELECT x FROM peek";
    an_undeclared_column_is_not_read "SELECT hidden FROM data";
    an_undeclared_column_is_not_read_by_its_full_name "SELECT main.data.hidden FROM data";
    an_undeclared_column_is_not_read_through_an_alias "SELECT d.hidden FROM data AS d";
    an_undeclared_column_is_not_read_in_a_subquery "SELECT max(h) FROM (SELECT hidden AS h FROM data)";
    an_undeclared_column_is_not_read_in_a_with "WITH data(x) AS (SELECT hidden FROM data) SELECT x FROM data";
    a_with_does_not_stand_for_an_undeclared_table "WITH a AS (SELECT x FROM secret) SELECT x FROM a";
    a_with_elsewhere_does_not_stand_for_the_schema
        "SELECT (WITH sqlite_master AS (SELECT 1) SELECT 1) + count(*) FROM sqlite_master";
    a_with_that_shadows_reads_no_more "WITH data AS (SELECT x FROM secret) SELECT x FROM data";
    an_undeclared_column_joins_nothing "SELECT count(*) FROM data JOIN names USING (hidden)";
    an_undeclared_column_is_no_condition "SELECT count(*) FROM data WHERE hidden = 42";
    an_undeclared_column_is_no_order "SELECT x FROM data ORDER BY hidden LIMIT 1";
    an_undeclared_column_makes_no_groups "SELECT count(*) FROM data GROUP BY hidden";
    an_undeclared_column_makes_no_windows "SELECT rank() OVER (ORDER BY hidden) FROM data LIMIT 1";
    the_row_number_is_not_read "SELECT rowid FROM data LIMIT 1";
    the_row_number_is_not_read_by_its_other_name "SELECT max(_rowid_) FROM data";
    the_row_number_is_no_order "SELECT x FROM data ORDER BY oid LIMIT 1";
    double_quotes_do_not_make_a_column_text "SELECT avg(\"reaction\") FROM data";
    joined_text_is_not_doubled_and_doubled "SELECT length(y || y) FROM data";
    text_is_not_grouped_together "SELECT length(group_concat(y)) FROM data";
    text_is_not_grouped_together_by_another_name "SELECT length(string_agg(y, '')) FROM data";
    text_is_not_concatenated "SELECT length(concat(y, y)) FROM data";
    zeros_do_not_fill_the_memory "SELECT length(zeroblob(1000000000))";
    random_bytes_do_not_fill_the_memory "SELECT length(randomblob(1000000000))";
    a_width_does_not_fill_the_memory "SELECT length(printf('%1000000000d', 1))";
    a_width_by_another_name_does_not_fill_the_memory "SELECT length(format('%1000000000d', 1))";
    hexadecimal_digits_do_not_fill_the_memory "SELECT length(hex(hex(hex(y)))) FROM data";
    zeros_in_hexadecimal_do_not_fill_the_memory "SELECT length(hex(zeroblob(500000000)))";
    quotes_do_not_fill_the_memory "SELECT length(quote(quote(quote(y)))) FROM data";
    a_replacement_does_not_fill_the_memory "SELECT length(replace(y, 'a', 'aaaa')) FROM data";
    characters_do_not_fill_the_memory "SELECT char(1, 2, 3)";
    json_does_not_fill_the_memory "SELECT length(json_group_array(y)) FROM data";
    json_is_not_extracted_with_an_arrow "SELECT '[1]' -> 0";
    nobody_waits_for_like "SELECT count(*) FROM data WHERE y LIKE '%a%a%a%a%a%a%b'";
    nobody_waits_for_glob "SELECT count(*) FROM data WHERE y GLOB '*a*a*a*a*a*b'";
    nobody_waits_for_like_as_a_function "SELECT like('%a%a%a%', y) FROM data";
    nobody_waits_for_trim "SELECT trim(y, 'bcda') FROM data";
    no_expression_is_matched "SELECT y REGEXP 'a*' FROM data";
    there_is_no_full_text_search "SELECT y MATCH 'a' FROM data";
    nothing_is_random "SELECT random()";
    the_library_does_not_tell_its_version "SELECT sqlite_version()";
    the_library_does_not_tell_how_it_was_compiled "SELECT sqlite_compileoption_get(0)";
    nothing_is_logged "SELECT sqlite_log(1, y) FROM data";
    the_last_row_is_not_told "SELECT last_insert_rowid()";
    nothing_counts_changes "SELECT total_changes()";
    a_recursion_does_not_go_on_for_ever
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    a_recursion_needs_no_word_for_it
        "WITH data(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM data) SELECT count(*) FROM data";
    a_question_mark_is_no_value "SELECT ?";
    a_numbered_parameter_is_no_value "SELECT ?1 + x FROM data";
    a_named_parameter_is_no_value "SELECT :x";
    an_at_parameter_is_no_value "SELECT @x";
    a_dollar_parameter_is_no_value "SELECT $x";
    a_mark_that_sqlite_takes_for_space_hides_no_sum "SELECT sum \u{feff}(y) FROM data";
    a_mark_that_sqlite_takes_for_space_hides_no_select
        &format!("SELECT 1 FROM {}data{}", "(\u{feff}SELECT x+x AS x FROM ".repeat(30), ")".repeat(30));
    a_letter_outside_quotes_is_plain "SELECT x AS größe FROM data";
    a_with_does_not_name_others_again_and_again
        "WITH a AS (SELECT 1 AS x), b AS (SELECT a.x FROM a, a AS z), c AS (SELECT b.x FROM b, b AS z),
            d AS (SELECT c.x FROM c, c AS z), e AS (SELECT d.x FROM d, d AS z), f AS (SELECT e.x FROM e, e AS z),
            g AS (SELECT f.x FROM f, f AS z), h AS (SELECT g.x FROM g, g AS z), i AS (SELECT h.x FROM h, h AS z),
            j AS (SELECT i.x FROM i, i AS z), k AS (SELECT j.x FROM j, j AS z), l AS (SELECT k.x FROM k, k AS z),
            m AS (SELECT l.x FROM l, l AS z) SELECT count(*) FROM m, m AS y, m AS z";
    nothing_is_behind_a_nul "SELECT 1\0; DROP TABLE data";
    no_control_character_reaches_a_terminal "SELECT 1 AS '\u{1b}[2J'";
    a_statement_of_a_megabyte_is_too_long &format!("SELECT 1{}", "+1".repeat(500_000));
    sums_do_not_nest_without_end &format!("SELECT 1{}", "+1".repeat(8_000));
    parentheses_do_not_nest_without_end &format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    subqueries_do_not_nest_without_end
        &format!("SELECT 1 FROM {}data{}", "(SELECT x FROM ".repeat(500), ")".repeat(500));
    signs_do_not_nest_without_end &format!("SELECT {}x FROM data", "- ".repeat(5_000));
    unions_do_not_go_on_for_ever &format!("SELECT x FROM data{}", " UNION SELECT 1".repeat(900));
    tables_are_not_joined_without_end &format!("SELECT count(*) FROM data{}", ", data".repeat(900));
    what_leaves_a_parenthesis_is_no_statement "SELECT 1) UNION SELECT x FROM (secret";
    the_answer_does_not_name_itself "SELECT count(*) FROM [the answer]";
    what_was_read_is_not_there_any_more "SELECT count(*) FROM [the fields]";
}

attempts! { stopped:
    rows_that_never_end_are_stopped
        "SELECT sum(a.x * b.x * c.x) FROM data a, data b, data c, data d, data e, data f, data g, data h,
            data i, data j, data k, data l, data m, data n, data o, data p, data q, data r, data s, data t,
            data u, data v, data w, data y, data z, data aa, data bb, data cc, data dd, data ee, data ff";
    a_search_that_never_ends_is_stopped
        "SELECT (SELECT count(*) FROM data a, data b, data c, data d, data e, data f, data g, data h, data i,
            data j, data k, data l, data m, data n, data o, data p, data q, data r, data s, data t, data u,
            data v WHERE a.x + b.x + c.x + d.x + e.x + f.x + g.x + h.x + i.x + j.x + k.x + l.x + m.x + n.x < 0)";
}

attempts! { given_up:
    columns_do_not_name_columns_again_and_again
        &format!("SELECT max(x) FROM {}data{}", "(SELECT x + x AS x FROM ".repeat(30), ")".repeat(30));
    expressions_do_not_name_expressions_again_and_again
        &format!("WITH a0 AS (SELECT x FROM data){} SELECT x FROM a24",
            (0..24).map(|n| format!(", a{} AS (SELECT x * x AS x FROM a{n})", n + 1)).collect::<String>());
}
