//! How a responder is written down in a node's configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use formix_proto::answer::Answer;
use serde::{Deserialize, Serialize};

use super::source::resolve;
use super::{Command, Fixed, Query, QueryLimits, Random, Responder, ResponderError, Source};

/// How a light node gets its answers: a table with the key `kind`, such as
/// `{ kind = "query", tables = { sleep = { source = "sleep.csv" } } }`.
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
    /// What the question's `SELECT` says of the owner's tables: see [`Query`].
    Query {
        /// How long it may take, and what it reads with it.
        #[serde(default = "query_limit", with = "crate::duration")]
        time_limit: Duration,
        /// How many rows its result may have.
        #[serde(default = "most_rows")]
        max_rows: u64,
        /// Where the tables are that may be asked, by the names that questions know them by.
        tables: BTreeMap<String, Source>,
    },
}

impl ResponderConfig {
    /// A query responder over these tables, with the limits that are not said.
    pub fn query(tables: impl IntoIterator<Item = (String, Source)>) -> Self {
        let tables = tables.into_iter().collect();
        Self::Query { time_limit: query_limit(), max_rows: most_rows(), tables }
    }

    /// Makes the responder. Relative paths start at `base`, the directory of the configuration, where
    /// programs run, too.
    ///
    /// # Errors
    ///
    /// When the answer is not a number, a time limit is zero, or a table's name or file is wrong.
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
            Self::Query { time_limit, max_rows, tables } => {
                let limits =
                    QueryLimits { time: *time_limit, rows: *max_rows, ..QueryLimits::default() };
                Box::new(Query::new(tables.clone(), base, limits)?)
            }
        })
    }
}

fn command_limit() -> Duration {
    Duration::from_secs(30)
}

fn query_limit() -> Duration {
    QueryLimits::default().time
}

fn most_rows() -> u64 {
    QueryLimits::default().rows
}
