//! What the command line takes of questions and results.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use formix_node::question::{Number, Question};
use formix_proto::Decimal;
use formix_proto::query::{Query, Table};

use super::number;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix propose question.toml --wait       whatever the file asks for: see docs/questions.md
  formix propose \"How many hours did you sleep last night?\" --max 24 --decimals 1 --wait
  formix propose \"Mean reaction time\" --sql 'SELECT avg(ms) FROM sleep' --table sleep=ms --max 2000")]
pub(crate) struct Propose {
    /// A question's file, which ends in .toml or .json; or the question itself, for people, whose
    /// answers are numbers that are added up
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

/// What a file says itself.
#[derive(Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "Terms of a question without a file")]
pub(crate) struct Terms {
    /// The question, for programs: one SELECT over each owner's tables
    #[arg(long, value_name = "SELECT", requires = "tables")]
    sql: Option<String>,
    /// A table that it reads, and its columns
    #[arg(long = "table", value_parser = table, value_name = "NAME=COLUMN,...", requires = "sql")]
    tables: Vec<Table>,
    /// The least answer [default: 0]
    #[arg(long, value_parser = number, allow_negative_numbers = true)]
    min: Option<Decimal>,
    /// The greatest answer [default: 1000]
    #[arg(long, value_parser = number, allow_negative_numbers = true)]
    max: Option<Decimal>,
    /// Decimal places that are kept of an answer [default: 2]
    #[arg(long)]
    decimals: Option<u8>,
    /// How long answers are accepted; it ends earlier when all are in [default: 60s]
    #[arg(long, value_parser = formix_node::duration::parse, value_name = "SPAN")]
    deadline: Option<Duration>,
    /// The least number of answers that may be revealed [default: 3]
    #[arg(long)]
    min_participants: Option<u32>,
    /// The greatest number of answers [default: the number of light nodes]
    #[arg(long)]
    max_participants: Option<u32>,
    /// The three heavy nodes, by name [default: any three]
    #[arg(long, value_parser = three_names, value_name = "A,B,C")]
    committee: Option<[String; 3]>,
}

impl Terms {
    /// The question of that prompt on these terms.
    pub(crate) fn question(&self, prompt: &str) -> Question {
        let mut question = Question::new(prompt);
        let wanted = &mut question.statistic;
        wanted.min = self.min.map(Number).or(wanted.min);
        wanted.max = self.max.map(Number).or(wanted.max);
        wanted.decimals = self.decimals.or(wanted.decimals);
        let query = |sql: &String| Query { sql: sql.clone(), tables: self.tables.clone() };
        Question {
            query: self.sql.as_ref().map(query),
            deadline: self.deadline.unwrap_or(question.deadline),
            min_participants: self.min_participants.unwrap_or(question.min_participants),
            max_participants: self.max_participants,
            committee: self.committee.clone(),
            ..question
        }
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
    /// As if so many could take part [default: what the question says, or the number of light nodes]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) participants: Option<u32>,
}

/// `sleep=day,reaction_ms`
fn table(text: &str) -> Result<Table, String> {
    let (name, columns) = text.split_once('=').ok_or("NAME=COLUMN,... is needed")?;
    Ok(Table { name: name.to_owned(), columns: columns.split(',').map(str::to_owned).collect() })
}

fn three_names(text: &str) -> Result<[String; 3], String> {
    let names: Vec<_> = text.split(',').map(str::to_owned).collect();
    names.try_into().map_err(|_| "three names are needed, with commas between them".to_owned())
}
