//! The rows of a statement's result, one after the other.

use std::borrow::Cow;

use libsql::{Connection, Row, Value};

use super::SqlError;
use super::authorizer::Names;
use super::sandbox::{evaluation, refusal};
use super::worker::{MAX_TEXT, Scalar};

/// How many columns the statement's rows have, if it may be run.
pub(super) async fn columns(
    connection: &Connection,
    names: &Names,
    sql: &str,
) -> Result<usize, SqlError> {
    // Nothing of the data is read before the first step, so that this error can be shown.
    let columns = connection.prepare(sql).await.map_err(refusal)?.column_count();
    names.check(connection).await?;
    Ok(columns)
}

/// Runs the statement, and reads its values, row by row. More rows or values than these are an error.
pub(super) async fn read(
    connection: &Connection,
    names: &Names,
    sql: &str,
    most_rows: u64,
    most_values: usize,
) -> Result<Vec<Scalar<'static>>, SqlError> {
    let columns = columns(connection, names, sql).await?;
    let statement = connection.prepare(&readable(sql, columns)).await.map_err(refusal)?;
    let mut rows = statement.query(()).await.map_err(evaluation)?;
    let (mut values, mut count, mut text) = (Vec::new(), 0, 0);
    while let Some(row) = rows.next().await.map_err(evaluation)? {
        count += 1;
        if count > most_rows {
            return Err(SqlError::ManyRows(most_rows));
        }
        for column in 0..columns {
            if values.len() == most_values {
                return Err(SqlError::ManyCells(most_values));
            }
            let value = value(&row, 2 * i32::try_from(column).unwrap_or(i32::MAX))?;
            if let Scalar::Text(word) = &value {
                text += word.len();
            }
            if text > MAX_TEXT {
                return Err(SqlError::LongText(MAX_TEXT));
            }
            values.push(value);
        }
    }
    Ok(values)
}

/// The same rows, each value after the name of its type, and text as bytes: libsql panics over text
/// that is not UTF-8. The rows stay in their order, because SQLite keeps that of the one part of a
/// `FROM` where nothing else is asked for.
fn readable(sql: &str, columns: usize) -> String {
    let list =
        |column: &dyn Fn(usize) -> String| (0..columns).map(column).collect::<Vec<_>>().join(", ");
    let names = list(&|place| format!("[{place}]"));
    let values = list(&|place| {
        format!(
            "typeof([{place}]), iif(typeof([{place}]) = 'text', CAST([{place}] AS BLOB), [{place}])"
        )
    });
    format!("WITH [the answer]({names}) AS (\n{sql}\n) SELECT {values} FROM [the answer]")
}

fn value(row: &Row, place: i32) -> Result<Scalar<'static>, SqlError> {
    let kind = row.get_value(place).map_err(evaluation)?;
    match row.get_value(place + 1).map_err(evaluation)? {
        Value::Null => Ok(Scalar::Missing),
        Value::Integer(number) => Ok(Scalar::Integer(number)),
        Value::Real(number) if number.is_infinite() => Err(SqlError::Infinite),
        Value::Real(number) => Ok(Scalar::Real(number)),
        Value::Blob(bytes) if kind == Value::Text("text".to_owned()) => String::from_utf8(bytes)
            .map(|text| Scalar::Text(Cow::Owned(text)))
            .map_err(|_| SqlError::NotText),
        Value::Blob(_) | Value::Text(_) => Err(SqlError::NotText),
    }
}
