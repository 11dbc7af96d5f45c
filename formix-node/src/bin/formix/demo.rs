//! `formix demo`: a whole network, one question, and the open result beside the private one.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use formix_node::FormixNetwork;
use formix_node::home::{Home, HomeError, Scratch};
use formix_node::network::{NetworkBuilder, Proposing};
use formix_node::process::StopSignals;
use formix_node::report::{Report, ReportJson, StatusName};
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::Decimal;
use formix_proto::machine::Event;
use formix_proto::outcome::Outcome;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::args::Demo;
use crate::failure::Failure;
use crate::output::Output;
use crate::{interrupt, logging, open_files, study};

/// The committee; there may be more heavy nodes.
const COMMITTEE: [&str; 3] = ["heavy-1", "heavy-2", "heavy-3"];
/// How long to wait for an outcome after the deadline.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the light nodes' answers come from.
enum Answers {
    Study,
    Given(Vec<Decimal>),
    Random(usize),
}

pub(crate) async fn run(
    args: &Demo,
    home: &Home,
    level: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let answers = answers(args);
    open_files::check(1 + args.heavy + answers.count())?;
    // Before there is anything that an interruption would have to remove.
    let signals = StopSignals::listen()?;
    let scratch = if args.keep { None } else { Some(Scratch::new()?) };
    let home = scratch.as_ref().map_or(home, Scratch::home);
    // A home in use is refused before anything is written into it.
    drop(home.lock()?);
    logging::of_many_nodes(home, level)?;
    let network = started(args, home, &answers, output).await?;
    let asking = ask(args, &network, &answers, output);
    let code = interrupt::or(signals, asking, output).await;
    network.shutdown().await?;
    if args.keep {
        output.line(&format!("The network's files are in {}.", home.path().display()));
    }
    code
}

async fn started(
    args: &Demo,
    home: &Home,
    answers: &Answers,
    output: Output,
) -> Result<FormixNetwork, Failure> {
    let begun = Instant::now();
    let (heavy, light) = (args.heavy, answers.count());
    output.line(&format!(
        "Starting {heavy} heavy and {light} light nodes, each with its own key, log and QUIC endpoint."
    ));
    output.line("A test network: its policy allows results over fewer than three participants.");
    let network = start(args, home, answers).await?;
    output.line(&format!("All nodes are running after {} ms.", begun.elapsed().as_millis()));
    Ok(network)
}

fn answers(args: &Demo) -> Answers {
    match args.light {
        Some(count) => Answers::Random(count),
        None if args.answers.is_empty() => Answers::Study,
        None => Answers::Given(args.answers.clone()),
    }
}

impl Answers {
    fn count(&self) -> usize {
        match self {
            Self::Study => study::PEOPLE.len(),
            Self::Given(answers) => answers.len(),
            Self::Random(count) => *count,
        }
    }

    fn truth(&self) -> Option<Decimal> {
        match self {
            Self::Study => study::truth().ok(),
            Self::Given(answers) => Some(answers.iter().sum()),
            Self::Random(_) => None,
        }
    }
}

async fn start(args: &Demo, home: &Home, answers: &Answers) -> Result<FormixNetwork, Failure> {
    let network = FormixNetwork::builder().heavy(args.heavy).home(home.path());
    let network = match answers {
        Answers::Study => study_lights(network, home)?,
        Answers::Given(answers) => network.answers(answers),
        Answers::Random(count) => network.light(*count),
    };
    Ok(network.start().await?)
}

/// Gives each person's node that person's file, and has it answer with queries over the file.
fn study_lights(network: NetworkBuilder, home: &Home) -> Result<NetworkBuilder, Failure> {
    let mut lights = Vec::new();
    for (subject, file) in study::PEOPLE {
        let name = format!("subject-{subject}");
        let own = home.node(&name).make()?.join("reaction.csv");
        fs::write(&own, file).map_err(|error| HomeError::Io { path: own, error })?;
        let tables = [(study::TABLE.to_owned(), Source::file("reaction.csv"))];
        lights.push((name, ResponderConfig::query(tables)));
    }
    Ok(network.lights(lights))
}

fn question<'a>(args: &Demo, network: &'a FormixNetwork, answers: &Answers) -> Proposing<'a> {
    let question = match answers {
        Answers::Study => network.propose(study::PROMPT).query(study::query()).number(
            Decimal::ZERO,
            study::MAX,
            study::DECIMALS,
        ),
        Answers::Given(given) => {
            let (min, max, decimals) = domain(given);
            network.propose("What is your number?").number(min, max, decimals)
        }
        Answers::Random(_) => network.propose("Pick a number."),
    };
    question.deadline(args.deadline).min_participants(args.min_participants)
}

/// A domain that contains all these answers, and reveals only their order of magnitude.
fn domain(answers: &[Decimal]) -> (Decimal, Decimal, u8) {
    let decimals = answers.iter().map(|answer| answer.normalize().scale()).max().unwrap_or(0);
    let largest = answers.iter().map(Decimal::abs).max().unwrap_or(Decimal::ONE);
    let mut bound = Decimal::ONE_HUNDRED;
    while bound < largest {
        bound *= Decimal::TEN;
    }
    let negative = answers.iter().any(|answer| answer.is_sign_negative() && !answer.is_zero());
    let min = if negative { -bound } else { Decimal::ZERO };
    (min, bound, u8::try_from(decimals).unwrap_or(u8::MAX))
}

async fn ask(
    args: &Demo,
    network: &FormixNetwork,
    answers: &Answers,
    output: Output,
) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let primary = network.node(COMMITTEE[0]).map(|node| node.events());
    let followed = primary.map(|events| tokio::spawn(follow(events, begun, output)));
    let id = question(args, network, answers).committee(COMMITTEE).send().await?;
    let report = network.wait_within(id, args.deadline + PATIENCE).await?;
    if let Some(followed) = followed {
        let _ = followed.await;
    }
    Ok(show(&report, answers.truth(), output))
}

/// Shows the events at the primary until its computation ends. Answers are counted in ten steps.
async fn follow(mut events: Receiver<Event>, begun: Instant, output: Output) {
    let say = |text: &str| output.line(&format!("{:>6} ms  {text}", begun.elapsed().as_millis()));
    loop {
        match events.recv().await {
            Ok(Event::Progress { stage, .. }) => say(&StatusName::from(stage).to_string()),
            Ok(Event::Answers { answered, declined, enrolled, .. })
                if is_step(answered + declined, enrolled) =>
            {
                say(&format!("{answered} of {enrolled} answers, {declined} declined"));
            }
            Ok(Event::Ended { outcome: Outcome::Completed(_), .. }) => return say("completed"),
            Ok(Event::Ended { .. }) => return say("failed"),
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Whether this is one of ten steps to the last answer.
fn is_step(received: u32, enrolled: u32) -> bool {
    received == enrolled || received.is_multiple_of(enrolled.div_ceil(10).max(1))
}

/// Shows the report, and the open result beside it.
fn show(report: &Report, truth: Option<Decimal>, output: Output) -> ExitCode {
    let truth = truth.map(|truth| truth.normalize().to_string());
    let code = output.describe(report);
    if let Some(truth) = &truth {
        output.line(&format!("open sum      {truth}, computed from the same data without Formix"));
    }
    let exact = truth.as_ref().map(|truth| report.row.result.as_ref() == Some(truth));
    output.result(&Beside { report: report.json(), truth: truth.clone(), exact });
    code
}

/// The report and the open result, for programs.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(flatten)]
    report: ReportJson<'a>,
    truth: Option<String>,
    exact: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::is_step;

    #[test]
    fn answers_are_counted_in_ten_steps_and_the_last() {
        for (enrolled, lines) in [(1, 1), (3, 3), (10, 10), (11, 6), (18, 9), (19, 10), (442, 10)] {
            let shown = (1..=enrolled).filter(|received| is_step(*received, enrolled)).count();
            assert_eq!(shown, lines, "{enrolled}");
        }
    }
}
