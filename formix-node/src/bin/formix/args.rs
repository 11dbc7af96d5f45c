//! What the command line takes.

mod question;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use formix_proto::Decimal;

pub(crate) use question::{Check, Export, Propose, QuestionCommand, Terms};

use crate::consent;

/// Private map, secure reduce: the answer to a question, without seeing anybody's data.
#[derive(Debug, Parser)]
#[command(
    name = "formix",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  formix demo                              eighteen people's reaction times, summed in private
  formix up --heavy 3 --light 5            a network of background processes on this machine
  formix propose \"How many hours did you sleep?\" --max 24 --wait
  formix status                            what runs, and where
  formix down                              stop it; `up` goes on where it stopped

Exit status: 0 done, 1 it did not work or a computation failed, 2 the command line or a
configuration is wrong, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Where the network's files are [default: ~/.formix]
    #[arg(long, global = true, env = "FORMIX_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, trace, or tracing directives
    #[arg(
        long,
        global = true,
        env = "FORMIX_LOG_LEVEL",
        default_value = "info",
        value_name = "LEVEL"
    )]
    pub(crate) log_level: String,
    /// Ends standard output with one JSON object; all else goes to standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a whole network once, in this process, over real data or answers of your own
    Demo(Demo),
    /// Ask questions of real data in private, with the truth computed openly beside each answer
    Study(StudyArgs),
    /// Start a network of background processes on this machine, or whichever of it is not running
    Up(Up),
    /// Stop the network; nothing is erased
    Down,
    /// Show what runs
    Status,
    /// Ask a question
    Propose(Propose),
    /// Questions in files
    Question {
        #[command(subcommand)]
        command: QuestionCommand,
    },
    /// List the newest questions
    List {
        /// How many
        #[arg(long, default_value_t = 20)]
        most: usize,
    },
    /// Show a question and what became of it
    Show {
        /// Its id, or the beginning of it
        id: String,
        #[command(flatten)]
        export: Export,
    },
    /// Wait for a question's end, and show it
    Wait {
        /// Its id, or the beginning of it
        id: String,
        /// Give up waiting after this long; the question goes on
        #[arg(long, value_parser = formix_node::duration::parse, value_name = "SPAN")]
        timeout: Option<Duration>,
        #[command(flatten)]
        export: Export,
    },
    #[command(flatten)]
    Consent(consent::Command),
    /// Heavy nodes, in the foreground
    Heavy {
        #[command(subcommand)]
        command: RunCommand,
    },
    /// Light nodes, in the foreground
    Light {
        #[command(subcommand)]
        command: RunCommand,
    },
    /// Nodes that only ask, in the foreground
    Proposer {
        #[command(subcommand)]
        command: RunCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Run one node from its configuration, nodes/NAME/node.toml, until SIGINT or SIGTERM
    Run {
        /// The node's name
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix demo                        the sleep-restriction study: 18 light nodes, one per person
  formix demo --answers 11,20,72     three light nodes with these answers: result 103
  formix demo --light 50 --heavy 5   fifty light nodes with random answers
  formix demo --json 2>/dev/null     only the result, for a program")]
pub(crate) struct Demo {
    /// Heavy nodes
    #[arg(long, value_parser = at_least_three, default_value = "3")]
    pub(crate) heavy: usize,
    /// Light nodes with random answers, in place of the study
    #[arg(long, conflicts_with = "answers")]
    pub(crate) light: Option<usize>,
    /// One light node per answer, in place of the study
    #[arg(long, value_parser = number, value_delimiter = ',', value_name = "N,N,...", allow_hyphen_values = true)]
    pub(crate) answers: Vec<Decimal>,
    /// How long answers are accepted; it ends earlier when all are in
    #[arg(long, value_parser = formix_node::duration::parse, default_value = "30s", value_name = "SPAN")]
    pub(crate) deadline: Duration,
    /// The least number of answers that may be revealed
    #[arg(long, default_value_t = 3)]
    pub(crate) min_participants: u32,
    /// Keep the network's files in the home directory
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix study sleep       mean and spread of reaction times by day, and of each person's own trend
  formix study diabetes    442 light nodes: a histogram, means by sex, a regression with ten columns

Exit status: 0 if every answer is the truth, 1 if not.")]
pub(crate) struct StudyArgs {
    /// Which study
    pub(crate) name: StudyName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyName {
    /// Reaction times of 18 people on ten days of sleep restriction
    Sleep,
    /// How a disease progressed in 442 patients
    Diabetes,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A light node answers at random until its owner says otherwise in nodes/NAME/node.toml, which it
reads when it starts (`formix down`, `formix up`); from then on it asks its owner (`formix inbox`).
For example

  [responder]
  kind = \"query\"
  [responder.tables]
  sleep = { source = \"/home/me/sleep.csv\" }

Example: formix up --heavy 3 --light 5")]
pub(crate) struct Up {
    /// Heavy nodes that there should be
    #[arg(long, value_parser = at_least_three, default_value = "3")]
    pub(crate) heavy: usize,
    /// Light nodes that there should be
    #[arg(long, default_value_t = 5)]
    pub(crate) light: usize,
    /// The smallest min_participants of a new network; below 3 is for tests with made-up data
    #[arg(long, default_value_t = 3)]
    pub(crate) least_participants: u32,
}

fn number(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| "not a decimal number".to_owned())
}

fn at_least_three(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= 3 => Ok(count),
        Ok(_) => Err("a computation needs three heavy nodes".to_owned()),
        Err(_) => Err("not a whole number".to_owned()),
    }
}
