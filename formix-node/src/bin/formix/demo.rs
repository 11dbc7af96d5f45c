//! `formix demo`: a whole network, once, with the truth beside its result.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use formix_node::FormixNetwork;
use formix_node::home::{Home, HomeError, Scratch};
use formix_node::network::{NetworkBuilder, Proposing};
use formix_node::process::told_to_end;
use formix_node::report::{Report, stage_name};
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::Decimal;
use formix_proto::machine::Event;
use formix_proto::outcome::Outcome;
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::args::Demo;
use crate::failure::Failure;
use crate::logging;
use crate::output::{INTERRUPTED, Output};
use crate::study;

/// The heavy nodes that are asked; there may be more.
const COMMITTEE: [&str; 3] = ["heavy-1", "heavy-2", "heavy-3"];
/// How long after its deadline an outcome is waited for.
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
    let scratch = if args.keep { None } else { Some(Scratch::new()?) };
    let home = scratch.as_ref().map_or(home, Scratch::home);
    // Before anything is written into it.
    drop(home.lock()?);
    logging::of_many_nodes(home, level)?;
    tokio::select! {
        code = compute(args, home, &answers, output) => {
            if args.keep {
                output.line(&format!("The network's files are in {}.", home.path().display()));
            }
            code
        }
        signalled = told_to_end() => {
            signalled?;
            output.line("Interrupted: the network is stopped.");
            output.result(&json!({ "status": "interrupted" }));
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn compute(
    args: &Demo,
    home: &Home,
    answers: &Answers,
    output: Output,
) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let (heavy, light) = (args.heavy, answers.count());
    output.line(&format!(
        "Starting {heavy} heavy and {light} light nodes, each with its own key, log and QUIC endpoint."
    ));
    output.line("A local test network: its policy allows sums over fewer than three participants.");
    let network = start(args, home, answers).await?;
    output.line(&format!("All nodes run after {} ms.", begun.elapsed().as_millis()));
    let code = ask(args, &network, answers, output).await?;
    network.shutdown().await?;
    Ok(code)
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

/// Gives each person's node that person's file, and a query over it for a way to answer.
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

/// A domain that takes all these answers, without saying more about them than their size.
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

/// Shows what happens at the primary, until its computation has ended.
async fn follow(mut events: Receiver<Event>, begun: Instant, output: Output) {
    let say = |text: &str| output.line(&format!("{:>6} ms  {text}", begun.elapsed().as_millis()));
    loop {
        match events.recv().await {
            Ok(Event::Progress { stage, .. }) => say(stage_name(stage)),
            Ok(Event::Answers { answered, declined, enrolled, .. })
                if (answered + declined) % (enrolled / 10).max(1) == 0 =>
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

/// The report, and beside it the truth computed openly.
fn show(report: &Report, truth: Option<Decimal>, output: Output) -> ExitCode {
    let truth = truth.map(|truth| truth.normalize().to_string());
    let code = output.describe(report);
    if let Some(truth) = &truth {
        output.line(&format!("true sum      {truth}, computed openly from the same data"));
    }
    let exact = truth.as_ref().map(|truth| report.row.result.as_ref() == Some(truth));
    output.result(&Beside { report, truth: truth.clone(), exact });
    code
}

/// The report with the truth beside it, for programs.
#[derive(Serialize)]
struct Beside<'a> {
    #[serde(flatten)]
    report: &'a Report,
    truth: Option<String>,
    exact: Option<bool>,
}
