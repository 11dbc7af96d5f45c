//! How a responder is written down in a node's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use formix_proto::answer::Answer;
use serde::{Deserialize, Serialize};

use super::{Command, Fixed, Query, Random, Responder, ResponderError};

/// How a light node gets its answers: a table with the key `kind`, such as
/// `{ kind = "query", source = "sleep.csv", table = "data" }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum ResponderConfig {
    /// Always the same answer.
    Fixed {
        /// The answer, in decimal notation.
        value: String,
    },
    /// A random answer. For tests.
    Random {},
    /// Whatever a program answers: see [`Command`].
    Command {
        /// The program: a path, or a name to look up in `PATH`.
        program: PathBuf,
        /// Its arguments.
        #[serde(default)]
        args: Vec<String>,
        /// How long it may take.
        #[serde(default = "command_limit", with = "crate::duration")]
        time_limit: Duration,
    },
    /// What the question's query says of the owner's table: see [`Query`].
    Query {
        /// A CSV file, or a SQLite database.
        source: PathBuf,
        /// The table that may be asked: one of the database, or what the CSV file is called in queries.
        #[serde(default = "table")]
        table: String,
        /// How long it may take.
        #[serde(default = "query_limit", with = "crate::duration")]
        time_limit: Duration,
    },
}

impl ResponderConfig {
    /// Makes the responder. Relative paths start at `base`, the directory of the configuration, where
    /// a command runs, too.
    ///
    /// # Errors
    ///
    /// When the answer is not a number, the time limit is zero, or the source is not there.
    pub fn build(&self, base: &Path) -> Result<Box<dyn Responder>, ResponderError> {
        let base = &std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
        Ok(match self {
            Self::Fixed { value } => Box::new(Fixed(Answer::parse(value)?)),
            Self::Random {} => Box::new(Random),
            Self::Command { program, args, time_limit } => {
                let program = resolve(program, base);
                let command = Command::new(program, args.clone(), *time_limit)?;
                Box::new(command.in_directory(base.to_owned()))
            }
            Self::Query { source, table, time_limit } => {
                Box::new(Query::new(&base.join(source), table, *time_limit)?)
            }
        })
    }
}

/// A bare name is left for `PATH`.
fn resolve(program: &Path, base: &Path) -> PathBuf {
    let is_bare = program.components().count() == 1 && !program.starts_with(".");
    if is_bare { program.to_owned() } else { base.join(program) }
}

fn table() -> String {
    "data".to_owned()
}

fn command_limit() -> Duration {
    Duration::from_secs(30)
}

fn query_limit() -> Duration {
    Duration::from_secs(10)
}
