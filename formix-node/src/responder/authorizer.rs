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
