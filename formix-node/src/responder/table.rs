//! A CSV file as a table: one header line, then one row a line.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use libsql::{Connection, Value};

use super::ResponderError;
use super::source::{code, quoted, unreadable};

/// The most bytes in a row.
const MOST_BYTES: usize = 64 << 10;

/// Reads the file into a new table. A number is stored as a number, an empty field as NULL, and
/// everything else as text.
pub(super) async fn load(
    file: &Path,
    table: &str,
    connection: &Connection,
) -> Result<(), ResponderError> {
    let opened = File::open(file).map_err(unreadable(file))?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(BufReader::new(opened));
    let header = reader.headers().map_err(|error| malformed(file, error))?.clone();
    let names = columns(&header).map_err(|what| wrong(file, 1, what))?;
    let failed = |error: libsql::Error| ResponderError::Table {
        file: file.to_owned(),
        table: table.to_owned(),
        code: code::of(&error),
    };
    let create = format!("BEGIN; CREATE TABLE {} ({})", quoted(table), names.join(", "));
    connection.execute_batch(&create).await.map_err(failed)?;
    let places = vec!["?"; names.len()].join(", ");
    let insert = format!("INSERT INTO {} VALUES ({places})", quoted(table));
    let insert = connection.prepare(&insert).await.map_err(failed)?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| malformed(file, error))? {
        if record.as_slice().len() > MOST_BYTES {
            return Err(wrong(file, line(&record), "the row is longer than 64 KiB"));
        }
        insert.reset();
        insert.execute(record.iter().map(value).collect::<Vec<_>>()).await.map_err(failed)?;
    }
    connection.execute_batch("COMMIT").await.map_err(failed).map(drop)
}

fn columns(header: &StringRecord) -> Result<Vec<String>, &'static str> {
    let mut seen = Vec::new();
    for name in header {
        let name = name.trim_start_matches('\u{feff}');
        let lower = name.to_ascii_lowercase();
        match () {
            () if name.is_empty() => return Err("a column has no name"),
            () if name.contains('\0') => return Err("a column's name has a NUL in it"),
            () if seen.contains(&lower) => return Err("two columns have the same name"),
            () => seen.push(lower),
        }
    }
    if seen.is_empty() { Err("there is no header line") } else { Ok(names(header)) }
}

fn names(header: &StringRecord) -> Vec<String> {
    header.iter().map(|name| quoted(name.trim_start_matches('\u{feff}'))).collect()
}

/// Words such as `inf` and `nan` are text, though Rust reads them as numbers.
fn value(field: &str) -> Value {
    let numeric = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    if field.is_empty() {
        return Value::Null;
    }
    if !field.chars().all(numeric) {
        return Value::Text(field.to_owned());
    }
    match (field.parse(), field.parse::<f64>()) {
        (Ok(integer), _) => Value::Integer(integer),
        (_, Ok(real)) if real.is_finite() => Value::Real(real),
        _ => Value::Text(field.to_owned()),
    }
}

/// The errors of the reader, without the data that they hold.
fn malformed(file: &Path, error: csv::Error) -> ResponderError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => unreadable(file)(source),
        csv::ErrorKind::Utf8 { .. } => wrong(file, line, "not UTF-8"),
        csv::ErrorKind::UnequalLengths { .. } => {
            wrong(file, line, "it has more or fewer fields than the header")
        }
        _ => wrong(file, line, "not CSV"),
    }
}

fn wrong(file: &Path, line: u64, what: &'static str) -> ResponderError {
    ResponderError::Csv { file: file.to_owned(), line, what }
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}
