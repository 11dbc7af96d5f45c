//! What a question's statement may read: SQLite asks about everything that it names.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use formix_proto::query::Table;
use libsql::{AuthAction, AuthContext, Authorization, Connection};

use super::SqlError;
use super::sandbox::{evaluation, quoted};

/// The functions that a statement may use: those that only look at the data, and whose cost and result
/// grow no faster than the text they are given. (`like`, `glob` and `trim` can take for ever, or nearly, and
/// cannot be stopped; `printf`, `replace`, `hex` and their like make text of any length.)
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "count",
    "date",
    "datetime",
    "dense_rank",
    "first_value",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "lower",
    "max",
    "min",
    "nullif",
    "rank",
    "round",
    "row_number",
    "sign",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "typeof",
    "unixepoch",
    "upper",
];

/// From here on only the declared columns can be read. Gives back what [`Names::check`] needs.
pub(super) async fn allow_only(
    connection: &Connection,
    tables: Vec<Table>,
) -> Result<Arc<Names>, SqlError> {
    connection.execute_batch("PRAGMA query_only = ON").await.map_err(evaluation)?;
    let names = Arc::new(Names { tables, others: Mutex::default() });
    let asked = Arc::clone(&names);
    let hook = move |context: &AuthContext<'_>| match asked.allow(context) {
        true => Authorization::Allow,
        false => Authorization::Deny,
    };
    connection.authorizer(Some(Arc::new(hook))).map_err(evaluation)?;
    Ok(names)
}

/// What a statement may name.
pub(super) struct Names {
    tables: Vec<Table>,
    /// What it names beside, of which it reads no column.
    others: Mutex<BTreeSet<String>>,
}

impl Names {
    /// Everything that is not named here is denied.
    fn allow(&self, context: &AuthContext<'_>) -> bool {
        match context.action {
            AuthAction::Select => true,
            AuthAction::Read { table_name, column_name: "" } => {
                context.database_name.is_none_or(|name| name == "main") && self.mentions(table_name)
            }
            AuthAction::Read { table_name, column_name } => {
                let same = |name: &String| name.eq_ignore_ascii_case(column_name);
                context.database_name == Some("main")
                    && self.table(table_name).is_some_and(|table| table.columns.iter().any(same))
            }
            AuthAction::Function { function_name } => {
                FUNCTIONS.iter().any(|name| function_name.eq_ignore_ascii_case(name))
            }
            _ => false,
        }
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// A table of which no column is read (`SELECT count(*) FROM x`) may be one that the statement itself
    /// defines (`WITH x AS ...`), which SQLite does not say here.
    fn mentions(&self, table: &str) -> bool {
        if self.table(table).is_none() {
            self.others.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned());
        }
        true
    }

    /// Makes sure that nothing exists outside the statement of what it names and may not read. To be
    /// asked when it has been prepared.
    pub(super) async fn check(&self, connection: &Connection) -> Result<(), SqlError> {
        let others =
            std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner));
        for name in others {
            let probe = connection.prepare(&format!("SELECT 1 FROM {}", quoted(&name))).await;
            let is_none = |error: libsql::Error| error.to_string().contains("no such table: ");
            if !probe.is_err_and(is_none) {
                return Err(SqlError::Refused(format!("access to {name} is prohibited")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::database::block_on;
    use crate::responder::sandbox;

    use super::*;

    /// Everything that SQLite calls a function and a statement may not use.
    const REFUSED: &str = "
        -> ->> bm25 changes char concat concat_ws cume_dist current_date current_time current_timestamp
        format fts3_tokenizer fts5 fts5_get_locale fts5_locale fts5_source_id glob group_concat hex
        highlight json json_array json_array_length json_error_position json_extract json_group_array
        json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace
        json_set json_type json_valid jsonb jsonb_array jsonb_extract jsonb_group_array jsonb_group_object
        jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set last_insert_rowid
        libsql_vector_idx like likelihood likely load_extension ltrim match matchinfo nth_value ntile
        octet_length offsets optimize percent_rank printf quote random randomblob replace rtreecheck
        rtreedepth rtreenode rtrim snippet soundex sqlite_compileoption_get sqlite_compileoption_used
        sqlite_log sqlite_source_id sqlite_version string_agg subtype timediff total_changes trim unhex
        unicode unlikely vector vector16 vector1bit vector32 vector64 vector8 vector_distance_cos
        vector_distance_l2 vector_extract vectorb16 zeroblob";

    /// Each function that there is, and with how many arguments it can be called.
    async fn functions(connection: &Connection) -> Vec<(String, usize)> {
        let list = "SELECT name, max(narg) FROM pragma_function_list GROUP BY name ORDER BY name";
        let mut rows = connection.query(list, ()).await.unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.next().await.unwrap() {
            let arguments = usize::try_from(row.get::<i64>(1).unwrap()).unwrap_or(2);
            found.push((row.get(0).unwrap(), arguments));
        }
        found
    }

    /// A function that a new SQLite brings is in neither list, and somebody has to say what it is.
    #[test]
    fn of_every_function_of_sqlite_it_is_known_whether_a_statement_may_use_it() {
        block_on(async {
            let connection = sandbox::open(1 << 20).await.unwrap();
            let there = functions(&connection).await;
            let names: BTreeSet<_> = there.iter().map(|(name, _)| name.as_str()).collect();
            let refused: BTreeSet<_> = REFUSED.split_whitespace().collect();
            let allowed: BTreeSet<_> = FUNCTIONS.iter().copied().collect();
            assert!(refused.is_disjoint(&allowed));
            assert_eq!(names, refused.union(&allowed).copied().collect());

            let _names = allow_only(&connection, Vec::new()).await.unwrap();
            for (name, arguments) in &there {
                let list = vec!["1"; *arguments].join(", ");
                let call = format!("SELECT [{name}]({list})");
                let error = connection.prepare(&call).await.map(drop).err();
                let refusal = format!("not authorized to use function: {name}");
                let is_refused =
                    error.as_ref().is_some_and(|error| error.to_string().contains(&refusal));
                assert_eq!(is_refused, refused.contains(&**name), "{call}: {error:?}");
            }
        });
    }

    /// What SQLite asks about, of this table, this column and this database, and whether it is to be allowed.
    fn actions<'a>(
        table_name: &'a str,
        column_name: &'a str,
        database: Option<&'a str>,
        is_declared: bool,
    ) -> Vec<(AuthContext<'a>, bool)> {
        use AuthAction::*;
        let (index_name, trigger_name, view_name, module_name) = ("x", "x", "x", "x");
        let pragma_value = Some("x");
        let reads = [(Select, true), (Read { table_name, column_name }, is_declared)];
        let others = [
            Unknown { code: 99, arg1: Some(table_name), arg2: None },
            CreateIndex { index_name, table_name },
            CreateTable { table_name },
            CreateTempIndex { index_name, table_name },
            CreateTempTable { table_name },
            CreateTempTrigger { trigger_name, table_name },
            CreateTempView { view_name },
            CreateTrigger { trigger_name, table_name },
            CreateView { view_name },
            Delete { table_name },
            DropIndex { index_name, table_name },
            DropTable { table_name },
            DropTempIndex { index_name, table_name },
            DropTempTable { table_name },
            DropTempTrigger { trigger_name, table_name },
            DropTempView { view_name },
            DropTrigger { trigger_name, table_name },
            DropView { view_name },
            Insert { table_name },
            Pragma { pragma_name: "table_info", pragma_value },
            Pragma { pragma_name: "query_only", pragma_value: None },
            Update { table_name, column_name },
            Attach { filename: ":memory:" },
            Detach { database_name: "main" },
            AlterTable { database_name: "main", table_name },
            Reindex { index_name },
            Analyze { table_name },
            CreateVtable { table_name, module_name },
            DropVtable { table_name, module_name },
            Function { function_name: "load_extension" },
            Recursive,
        ];
        let all = reads.into_iter().chain(others.map(|action| (action, false)));
        let context = |action| AuthContext { action, database_name: database, accessor: None };
        all.map(|(action, is_allowed)| (context(action), is_allowed)).collect()
    }

    /// Everything that SQLite asks about is refused, whatever it is about, but to read what is declared.
    #[test]
    fn of_everything_that_sqlite_asks_about_only_to_read_the_declared_columns_is_allowed() {
        let columns = vec!["Age".to_owned(), "sex".to_owned()];
        let tables = vec![Table { name: "People".into(), columns }];
        let names = Names { tables, others: Mutex::default() };
        for (table, is_table) in [("people", true), ("PEOPLE", true), ("others", false)] {
            for (column, is_column) in [("age", true), ("SEX", true), ("name", false)] {
                for (database, is_main) in
                    [(Some("main"), true), (Some("temp"), false), (Some("x"), false), (None, false)]
                {
                    let is_declared = is_table && is_column && is_main;
                    for (context, is_allowed) in actions(table, column, database, is_declared) {
                        assert_eq!(names.allow(&context), is_allowed, "{context:?}");
                    }
                }
            }
        }
        assert!(names.others.lock().unwrap().is_empty(), "nothing is left to be checked later");
    }

    #[test]
    fn the_clock_has_no_keyword() {
        block_on(async {
            let connection = sandbox::open(1 << 20).await.unwrap();
            let _names = allow_only(&connection, Vec::new()).await.unwrap();
            for word in ["current_date", "CURRENT_TIME", "current_timestamp"] {
                let error =
                    connection.prepare(&format!("SELECT {word}")).await.map(drop).unwrap_err();
                assert!(error.to_string().contains("not authorized to use function"), "{error}");
            }
        });
    }
}
