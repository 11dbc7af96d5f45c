//! Where the owner's tables are, and how what a question declares of them gets into memory.

mod config;
mod csv;
mod sqlite;

use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use formix_proto::query::Table;
use libsql::Connection;
use zeroize::Zeroizing;

use super::ResponderError;
use super::program::Program;
use super::sandbox::code;

pub use config::Source;
pub(super) use config::resolve;

/// The most bytes of one value. Functions that compare text take up to the square of that.
const MOST_BYTES: usize = 64 << 10;

/// The most bytes that a program may print for a table.
const MOST_PRINTED: usize = 256 << 20;

/// What a SQLite database begins with, <https://sqlite.org/fileformat.html>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What a source has for a question, before it is looked into.
pub(super) enum Data {
    /// A table of a database.
    Sqlite { file: PathBuf, table: String },
    /// CSV, one part below the other.
    Csv { parts: Vec<Part>, delimiter: u8 },
}

/// CSV, and what errors call it.
pub(super) struct Part {
    name: PathBuf,
    /// What a program printed; else it is in the file of that name.
    printed: Option<Zeroizing<Vec<u8>>>,
}

/// Puts the declared columns of one table into memory.
pub(super) struct Loader<'a> {
    pub(super) table: &'a Table,
    pub(super) connection: &'a Connection,
    pub(super) until: Instant,
}

impl Source {
    /// Looks whether a table of that name can be asked for, and its file is there.
    pub(super) fn check(&self, name: &str) -> Result<(), ResponderError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.chars().all(is_plain) || !name.starts_with(|c: char| !c.is_ascii_digit()) {
            return Err(ResponderError::TableName(name.to_owned()));
        }
        match self {
            Self::File { path, .. } => std::fs::metadata(path).map(drop).map_err(unreadable(path)),
            Self::Program { .. } => Ok(()),
        }
    }

    /// Runs the program, or looks what the file is.
    pub(super) async fn fetch(&self, declared: &Table) -> Result<Data, ResponderError> {
        match self {
            Self::Program { program, args, delimiter, directory } => {
                let name = program.clone();
                let program = Program {
                    path: program.clone(),
                    args: args.clone(),
                    directory: directory.clone(),
                };
                let printed = program.run(&[], MOST_PRINTED).await?;
                Ok(Data::csv(vec![Part { name, printed: Some(printed) }], *delimiter))
            }
            Self::File { path, table, .. } if is_sqlite(path)? => {
                let table = table.as_ref().unwrap_or(&declared.name).clone();
                Ok(Data::Sqlite { file: path.clone(), table })
            }
            Self::File { path, table: Some(_), .. } => Err(ResponderError::NotSqlite(path.clone())),
            Self::File { path, table: None, delimiter } => {
                let part = |name| Part { name, printed: None };
                Ok(Data::csv(files(path)?.into_iter().map(part).collect(), *delimiter))
            }
        }
    }
}

impl Data {
    fn csv(parts: Vec<Part>, delimiter: Option<char>) -> Self {
        let delimiter = delimiter.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
        Self::Csv { parts, delimiter }
    }
}

impl Part {
    fn open(&self) -> Result<Box<dyn Read + '_>, ResponderError> {
        Ok(match &self.printed {
            Some(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            None => {
                let file = File::open(&self.name).map_err(unreadable(&self.name))?;
                Box::new(BufReader::new(file))
            }
        })
    }
}

impl Loader<'_> {
    pub(super) async fn load(&self, data: &Data) -> Result<(), ResponderError> {
        match data {
            Data::Sqlite { file, table } => self.copy(file, table).await,
            Data::Csv { parts, delimiter } => self.read(parts, *delimiter).await,
        }
    }

    fn failed<'a>(&'a self, file: &'a Path) -> impl Fn(libsql::Error) -> ResponderError + 'a {
        move |error| match code::of(&error) {
            code::FULL => ResponderError::TooLarge(self.table.name.clone()),
            code => ResponderError::Table {
                file: file.to_owned(),
                table: self.table.name.clone(),
                code,
            },
        }
    }

    fn missing(&self, column: &str) -> ResponderError {
        ResponderError::NoColumn { table: self.table.name.clone(), column: column.to_owned() }
    }
}

/// The file, or the CSV files in the directory, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, ResponderError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable(path))? {
        let file = entry.map_err(unreadable(path))?.path();
        let kind = file.extension().unwrap_or_default();
        if kind.eq_ignore_ascii_case("csv") {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() { Err(ResponderError::NoFiles(path.to_owned())) } else { Ok(files) }
}

fn is_sqlite(path: &Path) -> Result<bool, ResponderError> {
    if path.is_dir() {
        return Ok(false);
    }
    let mut start = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start));
    read.map(|_| start == MAGIC).map_err(unreadable(path))
}

fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> ResponderError + '_ {
    |source| ResponderError::Source { file: file.to_owned(), source }
}
