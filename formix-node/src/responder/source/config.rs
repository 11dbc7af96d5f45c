//! How a table's source is written down in a node's configuration.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Where a table of the owner's is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Source {
    /// A CSV file, a directory of them, or a SQLite database.
    File {
        /// Where it is.
        path: PathBuf,
        /// The table in the database; the one of the same name if not said.
        table: Option<String>,
        /// What separates a CSV file's fields; a comma if not said.
        delimiter: Option<char>,
    },
    /// A program that prints CSV.
    Program {
        /// A path, or a name to look up in `PATH`.
        program: PathBuf,
        /// Its arguments.
        args: Vec<String>,
        /// What separates fields; a comma if not said.
        delimiter: Option<char>,
        /// Where it runs; where the node was started if not said.
        directory: Option<PathBuf>,
    },
}

/// A source as it is written in `node.toml`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    program: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delimiter: Option<char>,
}

/// Why what is written is no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum WrittenError {
    #[error("a table needs a `source` (a file or directory) or a `program`")]
    Nowhere,
    #[error("a table has a `source` or a `program`, not both")]
    Both,
    #[error("`args` are for a `program`")]
    Args,
    #[error("`table` is for a `source` that is a SQLite database")]
    Table,
    #[error(
        "a `delimiter` is one ASCII character other than quotes, letters, digits and line ends"
    )]
    Delimiter,
}

impl TryFrom<Written> for Source {
    type Error = WrittenError;

    fn try_from(written: Written) -> Result<Self, WrittenError> {
        let Written { source, table, program, args, delimiter } = written;
        let separates = |c: char| c == '\t' || (c.is_ascii_punctuation() && c != '"');
        if !delimiter.is_none_or(separates) {
            return Err(WrittenError::Delimiter);
        }
        match (source, program) {
            (None, None) => Err(WrittenError::Nowhere),
            (Some(_), Some(_)) => Err(WrittenError::Both),
            (Some(_), None) if !args.is_empty() => Err(WrittenError::Args),
            (None, Some(_)) if table.is_some() => Err(WrittenError::Table),
            (Some(path), None) => Ok(Self::File { path, table, delimiter }),
            (None, Some(program)) => {
                Ok(Self::Program { program, args, delimiter, directory: None })
            }
        }
    }
}

impl From<Source> for Written {
    fn from(source: Source) -> Self {
        match source {
            Source::File { path, table, delimiter } => {
                Self { source: Some(path), table, program: None, args: Vec::new(), delimiter }
            }
            Source::Program { program, args, delimiter, .. } => {
                Self { source: None, table: None, program: Some(program), args, delimiter }
            }
        }
    }
}

impl Source {
    /// A file, a directory or a database, as it is.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File { path: path.into(), table: None, delimiter: None }
    }

    /// The same, where relative paths start there, and programs run there.
    pub(in crate::responder) fn in_directory(mut self, base: &Path) -> Self {
        match &mut self {
            Self::File { path, .. } => *path = base.join(&*path),
            Self::Program { program, directory, .. } => {
                *program = resolve(program, base);
                *directory = Some(base.to_owned());
            }
        }
        self
    }
}

/// A bare name is left for `PATH`.
pub(in crate::responder) fn resolve(program: &Path, base: &Path) -> PathBuf {
    let is_bare = program.components().count() == 1 && !program.starts_with(".");
    if is_bare { program.to_owned() } else { base.join(program) }
}
