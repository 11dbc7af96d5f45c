//! Where the owner's tables are, and how what a question declares of them gets into memory.

mod config;
mod csv;
mod quotes;
mod sqlite;

use std::fs::File;
use std::io::{BufReader, Read};
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

/// What a source has for a question, as long as nobody has looked into it.
pub(super) enum Data {
    /// CSV that a program printed.
    Printed { program: PathBuf, text: Zeroizing<Vec<u8>>, delimiter: u8 },
    /// Whatever is there.
    Stored { path: PathBuf, table: Option<String>, delimiter: u8 },
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
    text: Option<&'a [u8]>,
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
            Self::File { path, .. } => Kind::of(path).map(drop),
            Self::Program { .. } => Ok(()),
        }
    }

    /// Runs the program, if it is one.
    pub(super) async fn fetch(&self) -> Result<Data, ResponderError> {
        let byte = |c: Option<char>| c.and_then(|c| u8::try_from(c).ok()).unwrap_or(b',');
        match self.clone() {
            Self::File { path, table, delimiter } => {
                Ok(Data::Stored { path, table, delimiter: byte(delimiter) })
            }
            Self::Program { program, args, delimiter, directory } => {
                let run = Program { path: program.clone(), args, directory };
                let text = run.run(&[], MOST_PRINTED).await?;
                Ok(Data::Printed { program, text, delimiter: byte(delimiter) })
            }
        }
    }
}

impl Kind {
    fn of(path: &Path) -> Result<Self, ResponderError> {
        let found = std::fs::metadata(path).map_err(unreadable(path))?;
        if found.is_dir() {
            return Ok(Self::Directory);
        }
        // Opening anything else might wait for ever.
        if !found.is_file() {
            return Err(ResponderError::NotAFile(path.to_owned()));
        }
        let mut start = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
            .map_err(unreadable(path))?;
        Ok(if start == MAGIC { Self::Sqlite } else { Self::Csv })
    }
}

impl Part<'_> {
    fn stored(name: PathBuf) -> Self {
        Self { name, text: None }
    }

    fn open(&self) -> Result<Box<dyn Read + '_>, ResponderError> {
        Ok(match self.text {
            Some(text) => Box::new(text),
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
            Data::Printed { program, text, delimiter } => {
                let part = Part { name: program.clone(), text: Some(text) };
                self.read(&[part], *delimiter).await
            }
            Data::Stored { path, table, delimiter } => match (Kind::of(path)?, table) {
                (Kind::Sqlite, table) => {
                    self.copy(path, table.as_ref().unwrap_or(&self.table.name)).await
                }
                (_, Some(_)) => Err(ResponderError::NotSqlite(path.clone())),
                (Kind::Directory, None) => self.read(&files(path)?, *delimiter).await,
                (Kind::Csv, None) => self.read(&[Part::stored(path.clone())], *delimiter).await,
            },
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

/// The CSV files in a directory, by name. A file that is lost or is none is not left out without a word.
fn files(directory: &Path) -> Result<Vec<Part<'_>>, ResponderError> {
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
        true => Err(ResponderError::NoFiles(directory.to_owned())),
        false => Ok(files.into_iter().map(Part::stored).collect()),
    }
}

fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> ResponderError + '_ {
    |source| ResponderError::Source { file: file.to_owned(), source }
}
