//! Arguments about questions and results.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use formix_node::question::{Fault, Question};
use formix_proto::Decimal;
use formix_proto::query::{Query, Table};
use formix_proto::seat::{MAX_SEATS, MIN_SEATS, SizeError};
use formix_proto::statistic::{Domain, Fields, Schema};

use super::number;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix propose question.toml --wait       whatever the file asks for: see docs/questions.md
  formix propose \"How many hours did you sleep last night?\" --max 24 --decimals 1 --wait
  formix propose \"Mean reaction time\" --sql 'SELECT avg(ms) FROM sleep' --table sleep=ms --max 2000")]
pub(crate) struct Propose {
    /// A question's file, which ends in .toml or .json; or the question itself, for people who answer
    /// with a number each, which are added up
    #[arg(value_name = "FILE or QUESTION")]
    pub(crate) asked: String,
    #[command(flatten)]
    pub(crate) terms: Terms,
    /// Wait for the outcome, and show it
    #[arg(long)]
    pub(crate) wait: bool,
}

/// Where else a result goes.
#[derive(Debug, Default, Args)]
pub(crate) struct Export {
    /// All numbers of the result as CSV, on standard output and nothing else, or in a file
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub(crate) csv: Option<PathBuf>,
    /// A drawing of the result
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// Terms that a question's file states itself.
#[derive(Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Terms of a question without a file")]
pub(crate) struct Terms {
    /// The question, for programs: one SELECT over each owner's tables
    #[arg(long, value_name = "SELECT", requires = "tables")]
    sql: Option<String>,
    /// A table that it reads, and its columns
    #[arg(long = "table", value_parser = table, value_name = "NAME=COLUMN,...", requires = "sql")]
    tables: Vec<Table>,
    /// The smallest answer [default: 0]
    #[arg(long, value_parser = number, allow_negative_numbers = true)]
    min: Option<Decimal>,
    /// The largest answer [default: 1000]
    #[arg(long, value_parser = number, allow_negative_numbers = true)]
    max: Option<Decimal>,
    /// Decimal places that are kept of an answer [default: 2]
    #[arg(long)]
    decimals: Option<u8>,
    /// How long answers are accepted; it ends earlier when all are in [default: 60s]
    #[arg(long, value_parser = formix_node::duration::parse, value_name = "SPAN")]
    deadline: Option<Duration>,
    /// The minimum number of answers that may be revealed [default: 3]
    #[arg(long)]
    min_participants: Option<u32>,
    /// The maximum number of answers [default: the number of light nodes]
    #[arg(long)]
    max_participants: Option<u32>,
    /// The heavy nodes, by name, the primary first: three to seven [default: any three]
    #[arg(long, value_parser = names, value_name = "A,B,C")]
    committee: Option<Names>,
}

/// Names in one argument: clap takes a list for an argument that may be repeated.
#[derive(Debug, Clone, PartialEq)]
struct Names(Vec<String>);

impl Terms {
    /// The question of that prompt on these terms.
    pub(crate) fn question(&self, prompt: &str) -> Result<Question, Fault> {
        let (question, domain) = (Question::new(prompt), Domain::default());
        let sum = Fields::of_kind("sum")
            .with("min", self.min.unwrap_or(domain.min()))
            .with("max", self.max.unwrap_or(domain.max()))
            .with("decimals", u64::from(self.decimals.unwrap_or(domain.decimals())));
        let schema = Schema::read(&sum).map_err(|error| error.within("statistic"))?;
        let query = |sql: &String| Query { sql: sql.clone(), tables: self.tables.clone() };
        Ok(Question {
            schema,
            query: self.sql.as_ref().map(query),
            deadline: self.deadline.unwrap_or(question.deadline),
            min_participants: self.min_participants.unwrap_or(question.min_participants),
            max_participants: self.max_participants,
            committee: self.committee.clone().map(|Names(names)| names),
            ..question
        })
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum QuestionCommand {
    /// Explain what a question computes, what it costs, and what it reveals to whom
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The question's file
    pub(crate) file: PathBuf,
    /// Explain it for this many participants [default: what the question says, or the number of light nodes]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) participants: Option<u32>,
}

/// `sleep=day,reaction_ms`
fn table(text: &str) -> Result<Table, String> {
    let (name, columns) = text.split_once('=').ok_or("NAME=COLUMN,... is needed")?;
    Ok(Table { name: name.to_owned(), columns: columns.split(',').map(str::to_owned).collect() })
}

/// Splits the names of a committee.
fn names(text: &str) -> Result<Names, String> {
    let names: Vec<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match names.len() {
        MIN_SEATS..=MAX_SEATS => Ok(Names(names)),
        count => Err(SizeError(count).to_string()),
    }
}
