//! CSV as a table: one header line, then one row a line.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use libsql::{Statement, Value};

use super::quotes::{Quotes, Unclosed};
use super::{Loader, MOST_BYTES, Part, unreadable};
use crate::responder::{CsvError, SqlError};

/// A table that is being filled, one part after the other.
struct Sheet {
    insert: Statement,
    /// The first part's header.
    header: Option<StringRecord>,
    /// Of each declared column, whether it holds numbers and nothing else so far.
    numeric: Vec<bool>,
}

impl Loader<'_> {
    /// Reads all parts into one table. A column all of whose fields are numbers, or empty, holds numbers.
    /// Every other column holds text, and nothing else. An empty field is NULL.
    pub(super) async fn read(
        &self,
        source: &Path,
        parts: impl IntoIterator<Item = Result<Part<'_>, SqlError>>,
        delimiter: u8,
    ) -> Result<(), SqlError> {
        let failed = self.failed(source);
        let names: Vec<_> = self.table.columns.iter().map(|name| format!("[{name}]")).collect();
        let create = format!("BEGIN; CREATE TABLE [the fields] ({})", names.join(", "));
        self.connection.execute_batch(&create).await.map_err(&failed)?;
        let insert =
            format!("INSERT INTO [the fields] VALUES ({})", vec!["?"; names.len()].join(", "));
        let insert = self.connection.prepare(&insert).await.map_err(&failed)?;
        let mut sheet = Sheet { insert, header: None, numeric: vec![true; names.len()] };
        for part in parts {
            self.append(part?, delimiter, &mut sheet).await?;
        }
        let cast = |(name, numeric): (&String, &bool)| {
            let kind = if *numeric { "NUMERIC" } else { "TEXT" };
            format!("CAST({name} AS {kind}) AS {name}")
        };
        let casts: Vec<_> = names.iter().zip(&sheet.numeric).map(cast).collect();
        let convert = format!(
            "CREATE TABLE [{}] AS SELECT {} FROM [the fields]; DROP TABLE [the fields]; COMMIT",
            self.table.name,
            casts.join(", ")
        );
        self.connection.execute_batch(&convert).await.map_err(&failed).map(drop)
    }

    async fn append(
        &self,
        part: Part<'_>,
        delimiter: u8,
        sheet: &mut Sheet,
    ) -> Result<(), SqlError> {
        let (file, failed) = (&*part.name, self.failed(&part.name));
        let text = Quotes::new(part.text, delimiter);
        let mut reader =
            ReaderBuilder::new().trim(Trim::All).delimiter(delimiter).from_reader(text);
        let header = reader.headers().map_err(|error| malformed(file, error))?;
        let header: StringRecord =
            header.iter().map(|name| name.trim_matches('\u{feff}')).collect();
        if sheet.header.get_or_insert_with(|| header.clone()) != &header {
            return Err(wrong(file, 1, CsvError::OtherHeader));
        }
        let places = self.places(file, &header)?;
        let mut record = StringRecord::new();
        while reader.read_record(&mut record).map_err(|error| malformed(file, error))? {
            if record.as_slice().len() > MOST_BYTES {
                return Err(wrong(file, line(&record), CsvError::LongRow));
            }
            let fields = places.iter().map(|place| record.get(*place).unwrap_or_default());
            let numeric = sheet.numeric.iter_mut();
            let values: Vec<_> = fields.zip(numeric).map(|(text, all)| value(text, all)).collect();
            sheet.insert.reset();
            sheet.insert.execute(values).await.map_err(&failed)?;
        }
        Ok(())
    }

    /// Where the declared columns are.
    fn places(&self, file: &Path, header: &StringRecord) -> Result<Vec<usize>, SqlError> {
        if header.is_empty() {
            return Err(wrong(file, 1, CsvError::NoHeader));
        }
        let lower: Vec<_> = header.iter().map(str::to_ascii_lowercase).collect();
        let place = |column: &String| {
            let same = |name: &String| name.eq_ignore_ascii_case(column);
            match lower.iter().filter(|name| same(name)).count() {
                0 => Err(self.missing(column)),
                1 => Ok(lower.iter().position(same).unwrap_or_default()),
                _ => Err(wrong(file, 1, CsvError::SameName)),
            }
        };
        self.table.columns.iter().map(place).collect()
    }
}

fn value(field: &str, numeric: &mut bool) -> Value {
    if field.is_empty() {
        return Value::Null;
    }
    *numeric &= is_number(field);
    Value::Text(field.to_owned())
}

/// Words such as `inf` and `nan` are text, though Rust reads them as numbers.
fn is_number(field: &str) -> bool {
    let numeric = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    field.chars().all(numeric) && field.parse().is_ok_and(f64::is_finite)
}

/// The errors of the reader, without the data that they hold.
fn malformed(file: &Path, error: csv::Error) -> SqlError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => match source.downcast() {
            Ok(Unclosed(opened)) => wrong(file, opened, CsvError::Quote),
            Err(source) => unreadable(file)(source),
        },
        csv::ErrorKind::Utf8 { .. } => wrong(file, line, CsvError::NotUtf8),
        csv::ErrorKind::UnequalLengths { .. } => wrong(file, line, CsvError::Fields),
        _ => wrong(file, line, CsvError::NotCsv),
    }
}

fn wrong(file: &Path, line: u64, what: CsvError) -> SqlError {
    SqlError::Csv { file: file.to_owned(), line, what }
}

fn line(record: &StringRecord) -> u64 {
    record.position().map_or(1, csv::Position::line)
}
