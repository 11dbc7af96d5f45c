//! Where the owner's tables are, and how what a question declares of them gets into memory.

mod config;
mod csv;
mod quotes;
mod sqlite;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use formix_proto::query::Table;
use libsql::Connection;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::program::Program;
use super::sandbox::{code, evaluation, quoted};
use super::sql_error::path;
use super::{ResponderError, SqlError};

pub use config::Source;
pub(super) use config::resolve;

/// The most bytes of one value. Functions that compare text take up to the square of that.
const MOST_BYTES: usize = 64 << 10;

/// The most bytes that a program may print for a table.
const MOST_PRINTED: usize = 256 << 20;

/// What a SQLite database begins with, <https://sqlite.org/fileformat.html>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What a source has for a question, as long as nobody has looked into it.
#[derive(Serialize, Deserialize)]
pub(super) enum Data {
    /// No row, where the statement alone is of interest.
    Nothing,
    /// CSV of so many bytes that a program printed.
    Printed {
        #[serde(with = "path")]
        program: PathBuf,
        bytes: u64,
        delimiter: u8,
    },
    /// Whatever is there.
    Stored {
        #[serde(with = "path")]
        path: PathBuf,
        table: Option<String>,
        delimiter: u8,
    },
}

/// What is at a path.
enum Kind {
    Directory,
    Sqlite,
    Csv,
}

/// CSV, and what errors call it.
struct Part<'a> {
    name: PathBuf,
    text: Box<dyn Read + 'a>,
}

/// Puts the declared columns of one table into memory.
pub(super) struct Loader<'a> {
    pub(super) table: &'a Table,
    pub(super) connection: &'a Connection,
}

impl Source {
    /// Looks whether a table of that name can be asked for, and its file is there.
    pub(super) fn check(&self, name: &str) -> Result<(), ResponderError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_plain) || !name.starts_with(|c: char| !c.is_ascii_digit()) {
            return Err(ResponderError::TableName(name.to_owned()));
        }
        match self {
            Self::File { path, .. } => Ok(Kind::of(path).map(drop)?),
            Self::Program { .. } => Ok(()),
        }
    }

    /// Runs the program, if it is one: what it printed comes beside.
    pub(super) async fn fetch(&self) -> Result<(Data, Option<Zeroizing<Vec<u8>>>), ResponderError> {
        let byte = |c: Option<char>| c.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
        match self.clone() {
            Self::File { path, table, delimiter } => {
                Ok((Data::Stored { path, table, delimiter: byte(delimiter) }, None))
            }
            Self::Program { program, args, delimiter, directory } => {
                let run = Program { path: program.clone(), args, directory };
                let text = run.run(&[], MOST_PRINTED).await?;
                let (bytes, delimiter) = (text.len() as u64, byte(delimiter));
                Ok((Data::Printed { program, bytes, delimiter }, Some(text)))
            }
        }
    }
}

impl Kind {
    fn of(path: &Path) -> Result<Self, SqlError> {
        let found = std::fs::metadata(path).map_err(unreadable(path))?;
        if found.is_dir() {
            return Ok(Self::Directory);
        }
        // Opening anything else might wait for ever.
        if !found.is_file() {
            return Err(SqlError::NotAFile(path.to_owned()));
        }
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
            .map_err(unreadable(path))?;
        Ok(if start == MAGIC { Self::Sqlite } else { Self::Csv })
    }
}

impl Part<'_> {
    fn open(name: PathBuf) -> Result<Self, SqlError> {
        let file = File::open(&name).map_err(unreadable(&name))?;
        Ok(Self { name, text: Box::new(BufReader::new(file)) })
    }
}

impl Loader<'_> {
    /// What programs have printed comes from `printed`, one after the other.
    pub(super) async fn load(&self, data: &Data, printed: &mut impl Read) -> Result<(), SqlError> {
        match data {
            Data::Nothing => self.create().await,
            Data::Printed { program, bytes, delimiter } => {
                let part = Part { name: program.clone(), text: Box::new(printed.take(*bytes)) };
                self.read(program, [Ok(part)], *delimiter).await
            }
            Data::Stored { path, table, delimiter } => match (Kind::of(path)?, table) {
                (Kind::Sqlite, table) => {
                    self.copy(path, table.as_ref().unwrap_or(&self.table.name)).await
                }
                (_, Some(_)) => Err(SqlError::NotSqlite(path.clone())),
                (Kind::Directory, None) => {
                    let parts = files(path)?.into_iter().map(Part::open);
                    self.read(path, parts, *delimiter).await
                }
                (Kind::Csv, None) => self.read(path, [Part::open(path.clone())], *delimiter).await,
            },
        }
    }

    /// The table, without a row.
    async fn create(&self) -> Result<(), SqlError> {
        let columns: Vec<_> = self.table.columns.iter().map(|name| quoted(name)).collect();
        let sql = format!("CREATE TABLE {} ({})", quoted(&self.table.name), columns.join(", "));
        self.connection.execute_batch(&sql).await.map(drop).map_err(evaluation)
    }

    fn failed<'a>(&'a self, file: &'a Path) -> impl Fn(libsql::Error) -> SqlError + 'a {
        move |error| match code::of(&error) {
            code::FULL | code::NOMEM => SqlError::TooLarge(self.table.name.clone()),
            code => SqlError::Table { file: file.to_owned(), table: self.table.name.clone(), code },
        }
    }

    fn missing(&self, column: &str) -> SqlError {
        SqlError::NoColumn { table: self.table.name.clone(), column: column.to_owned() }
    }
}

/// The CSV files in a directory, by name. A file that is lost or is none is not left out without a word.
fn files(directory: &Path) -> Result<Vec<PathBuf>, SqlError> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
        let file = entry.map_err(unreadable(directory))?.path();
        let is_csv = file.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("csv"));
        if is_csv && !matches!(Kind::of(&file)?, Kind::Directory) {
            files.push(file);
        }
    }
    files.sort();
    match files.is_empty() {
        true => Err(SqlError::NoFiles(directory.to_owned())),
        false => Ok(files),
    }
}

fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> SqlError + '_ {
    |source| SqlError::Source { file: file.to_owned(), source }
}
