//! The command line.

mod question;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use formix_proto::Decimal;

pub(crate) use question::{Check, Export, Propose, QuestionCommand, Terms};

use crate::consent;

/// Compute statistics across organisations without moving or revealing their data
#[derive(Debug, Parser)]
#[command(
    name = "formix",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  formix demo                              sum the reaction times of eighteen people in private
  formix up --heavy 3 --light 5            start a network of background processes here
  formix propose \"How many hours did you sleep?\" --max 24 --wait
  formix status                            show which nodes run, and where
  formix down                              stop the network; `formix up` continues it

Exit status:
  0    success
  1    the command or a computation failed
  2    the command line or a configuration is wrong
  130  interrupted"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The directory of the network's files [default: ~/.formix]
    #[arg(long, global = true, env = "FORMIX_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// The detail of the logs: error, warn, info, debug, trace, or tracing directives
    #[arg(
        long,
        global = true,
        env = "FORMIX_LOG_LEVEL",
        default_value = "info",
        value_name = "LEVEL"
    )]
    pub(crate) log_level: String,
    /// Print one JSON object on standard output, and everything else on standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a whole network in this process, ask it one question, and check the result
    Demo(Demo),
    /// Answer questions about real data in private, and compare each with the open result
    Study(StudyArgs),
    /// Start a network of background processes on this machine, or the nodes that do not run
    Up(Up),
    /// Stop the network; `formix up` continues where it stopped
    Down,
    /// Show the nodes of the network, and which of them run
    Status,
    /// Ask the network a question
    Propose(Propose),
    /// Check questions in files
    Question {
        #[command(subcommand)]
        command: QuestionCommand,
    },
    /// List the newest computations, with their status and result
    #[command(after_help = "Example: formix list --max 100")]
    List {
        /// The maximum number of computations to list
        #[arg(long, default_value_t = 20, value_name = "N")]
        max: usize,
    },
    /// Show a computation and its result
    #[command(after_help = "\
Examples:
  formix show 3f2a                   as text
  formix show 3f2a --csv result.csv  the numbers as a file")]
    Show {
        /// The computation's id, or the start of it
        id: String,
        #[command(flatten)]
        export: Export,
    },
    /// Wait until a computation ends, and show its result
    #[command(after_help = "Example: formix wait 3f2a --timeout 5min")]
    Wait {
        /// The computation's id, or the start of it
        id: String,
        /// Stop waiting after this time; the computation continues
        #[arg(long, value_parser = formix_node::duration::parse, value_name = "DURATION")]
        timeout: Option<Duration>,
        #[command(flatten)]
        export: Export,
    },
    #[command(flatten)]
    Consent(consent::Command),
    /// Run a heavy node in the foreground
    Heavy {
        #[command(subcommand)]
        command: RunCommand,
    },
    /// Run a light node in the foreground
    Light {
        #[command(subcommand)]
        command: RunCommand,
    },
    /// Run a proposer, a node that only asks, in the foreground
    Proposer {
        #[command(subcommand)]
        command: RunCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunCommand {
    /// Run one node from its configuration, nodes/NAME/node.toml, until SIGINT, SIGTERM or SIGHUP
    Run {
        /// The node's name, as in network.toml
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix demo                        a sleep-restriction study: 18 light nodes, one per person
  formix demo --answers 11,20,72     three light nodes with these answers: the sum is 103
  formix demo --light 50 --heavy 5   fifty light nodes with random answers
  formix demo --json 2>/dev/null     only the result, as JSON")]
pub(crate) struct Demo {
    /// The number of heavy nodes
    #[arg(long, value_parser = three_or_more, default_value = "3", value_name = "N")]
    pub(crate) heavy: usize,
    /// The number of light nodes with random answers, instead of the study
    #[arg(long, conflicts_with = "answers", value_name = "N")]
    pub(crate) light: Option<usize>,
    /// The answers, one light node for each, instead of the study
    #[arg(long, value_parser = number, value_delimiter = ',', value_name = "N,N,...", allow_hyphen_values = true)]
    pub(crate) answers: Vec<Decimal>,
    /// How long to wait for answers; ends early when all have arrived
    #[arg(long, value_parser = formix_node::duration::parse, default_value = "30s", value_name = "DURATION")]
    pub(crate) deadline: Duration,
    /// The minimum number of participants for a result to be revealed
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) min_participants: u32,
    /// Keep the network's files, in the directory given by --home
    #[arg(long)]
    pub(crate) keep: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formix study sleep       18 light nodes: reaction times by day, and each person's trend
  formix study diabetes    442 light nodes: a histogram, means by sex, a regression on ten columns

Exit status: 0 if every private result equals the open one, 1 if not.")]
pub(crate) struct StudyArgs {
    /// The study
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
A new light node is a test node: it returns random answers. To answer from real data, give it a
responder in nodes/NAME/node.toml, for example

  [responder]
  kind = \"query\"
  [responder.tables]
  sleep = { source = \"/home/me/sleep.csv\" }

Restart the node to apply this (`formix down`, `formix up`). From then on it asks its owner before
it answers (`formix inbox`). Files that exist already are never overwritten.

Examples:
  formix up --heavy 3 --light 5      create and start a network of nine nodes
  formix up                          start what does not run; without a network, create one")]
pub(crate) struct Up {
    /// The number of heavy nodes; missing ones are created
    #[arg(long, value_parser = three_or_more, default_value = "3", value_name = "N")]
    pub(crate) heavy: usize,
    /// The number of light nodes; missing ones are created [default: 5 in a new network]
    #[arg(long, value_name = "N")]
    pub(crate) light: Option<usize>,
    /// The smallest min_participants that a new network allows; below 3 is for tests only
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub(crate) min_participants: u32,
    /// How long light nodes of a new network take to answer, whatever they answer, so that the time tells
    /// nothing; 0s answers at once, for tests only
    #[arg(long, value_parser = formix_node::duration::parse, default_value = "5s", value_name = "DURATION")]
    pub(crate) answer_after: Duration,
}

fn number(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| "not a decimal number of at most 28 digits".to_owned())
}

fn three_or_more(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= 3 => Ok(count),
        Ok(_) => Err("a computation needs at least three heavy nodes".to_owned()),
        Err(_) => Err("not a whole number".to_owned()),
    }
}
