//! Whether owners' nodes would run a statement, found out before anybody is asked.

use formix_proto::query::{Query, Table};
use libsql::Connection;

use super::sandbox::{evaluation, quoted};
use super::{ResponderError, authorizer, cells, sandbox, statement};

/// Enough for tables with nothing in them.
const MOST_TABLES: u64 = 16 << 20;

/// How many columns the rows of a question's statement have. It is compiled as a light node compiles it,
/// over empty tables as declared, and not run.
pub(crate) async fn columns(query: &Query) -> Result<usize, ResponderError> {
    let sql = statement::guarded(&query.sql)?;
    let connection = sandbox::open(MOST_TABLES).await?;
    for table in &query.tables {
        create(&connection, table).await?;
    }
    let names = authorizer::allow_only(&connection, query.tables.clone()).await?;
    cells::columns(&connection, &names, &sql).await
}

async fn create(connection: &Connection, table: &Table) -> Result<(), ResponderError> {
    let columns: Vec<_> = table.columns.iter().map(|name| quoted(name)).collect();
    let sql = format!("CREATE TABLE {} ({})", quoted(&table.name), columns.join(", "));
    connection.execute_batch(&sql).await.map(drop).map_err(evaluation)
}
