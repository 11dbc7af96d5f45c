//! The rows of a query's result as the cells of an answer.

use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{Cells, Statistic};
use libsql::{Connection, Row, Value};

use super::ResponderError;
use super::authorizer::Names;
use super::sandbox::{evaluation, refusal};

/// How many cells an answer has at the most, its group's label included.
pub(super) fn most_cells(statistic: &Statistic) -> usize {
    let (Cells::Exactly(count) | Cells::AtMost(count)) = statistic.measure.cells();
    count.saturating_add(statistic.groups.iter().count())
}

/// What stands for an answer where there is no row: no value, or no option that is chosen.
fn nothing(statistic: &Statistic) -> Answer {
    let label = statistic.groups.iter().count();
    let count = match statistic.measure.cells() {
        Cells::Exactly(_) => most_cells(statistic),
        Cells::AtMost(_) => label,
    };
    Answer::new(vec![Cell::missing(); count])
}

/// How many columns the statement's rows have, if it may be run.
pub(super) async fn columns(
    connection: &Connection,
    names: &Names,
    sql: &str,
) -> Result<usize, ResponderError> {
    // Nothing of the data is read before the first step, so that this error can be shown.
    let columns = connection.prepare(sql).await.map_err(refusal)?.column_count();
    names.check(connection).await?;
    Ok(columns)
}

/// Runs the statement, and reads its rows one after the other.
pub(super) async fn read(
    connection: &Connection,
    names: &Names,
    sql: &str,
    statistic: &Statistic,
    max_rows: u64,
) -> Result<Answer, ResponderError> {
    let columns = columns(connection, names, sql).await?;
    let statement = connection.prepare(&readable(sql, columns)).await.map_err(refusal)?;
    let mut rows = statement.query(()).await.map_err(evaluation)?;
    let most = most_cells(statistic);
    let (mut cells, mut count) = (Vec::new(), 0);
    while let Some(row) = rows.next().await.map_err(evaluation)? {
        count += 1;
        if count > max_rows {
            return Err(ResponderError::ManyRows(max_rows));
        }
        for column in 0..columns {
            if cells.len() == most {
                return Err(ResponderError::ManyCells(most));
            }
            cells.push(cell(&row, 2 * i32::try_from(column).unwrap_or(i32::MAX))?);
        }
    }
    Ok(if count == 0 { nothing(statistic) } else { Answer::new(cells) })
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

fn cell(row: &Row, place: i32) -> Result<Cell, ResponderError> {
    let kind = row.get_value(place).map_err(evaluation)?;
    match row.get_value(place + 1).map_err(evaluation)? {
        Value::Null => Ok(Cell::missing()),
        Value::Integer(number) => Ok(Cell::from(formix_proto::Decimal::from(number))),
        Value::Real(number) if number.is_infinite() => Err(ResponderError::Infinite),
        Value::Real(number) => Ok(Cell::from(number)),
        Value::Blob(bytes) if kind == Value::Text("text".to_owned()) => {
            let bytes = zeroize::Zeroizing::new(bytes);
            std::str::from_utf8(&bytes).map(Cell::text).map_err(|_| ResponderError::NotText)
        }
        Value::Blob(_) | Value::Text(_) => Err(ResponderError::NotText),
    }
}
