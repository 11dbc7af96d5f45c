//! Starts a study's network, asks all its questions at once, and shows the results.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use formix_node::FormixNetwork;
use formix_node::home::{Home, HomeError, Scratch};
use formix_node::process::StopSignals;
use formix_node::report::Report;
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::id::ComputationId;
use serde_json::json;

use super::table::{Row, beside};
use super::{Inquiry, Study, study};
use crate::args::StudyArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::{interrupt, logging, open_files};

/// The deadline of each question, in place of the one in its file.
const DEADLINE: Duration = Duration::from_secs(120);
/// How long to wait for an outcome after the deadline.
const PATIENCE: Duration = Duration::from_secs(60);
/// The heavy nodes of a study's network.
const HEAVIES: usize = 3;

pub(crate) async fn run(
    args: &StudyArgs,
    level: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let study = study(args.name).map_err(Failure::Usage)?;
    open_files::check(1 + HEAVIES + study.lights.len())?;
    // Before there is anything that an interruption would have to remove.
    let signals = StopSignals::listen()?;
    let scratch = Scratch::new()?;
    let home = scratch.home();
    logging::of_many_nodes(home, level)?;
    output.line(study.title);
    let begun = Instant::now();
    let network = start(&study, home).await?;
    output.line(&format!(
        "{HEAVIES} heavy and {} light nodes are running after {} ms, each light node with its own data.",
        study.lights.len(),
        begun.elapsed().as_millis()
    ));
    let code = interrupt::or(signals, conduct(&study, &network, output), output).await;
    network.shutdown().await?;
    code
}

/// Asks all questions of a study, and shows the results.
async fn conduct(
    study: &Study,
    network: &FormixNetwork,
    output: Output,
) -> Result<ExitCode, Failure> {
    let begun = Instant::now();
    let mut asked = Vec::new();
    for inquiry in &study.inquiries {
        asked.push(ask(network, inquiry).await?);
    }
    let mut results = Vec::new();
    for (inquiry, id) in study.inquiries.iter().zip(asked) {
        let report = network.wait_within(id, DEADLINE + PATIENCE).await?;
        results.push((inquiry, report));
    }
    output.line(&format!(
        "{} questions answered in {} ms.",
        results.len(),
        begun.elapsed().as_millis()
    ));
    Ok(show(study, &results, output))
}

async fn start(study: &Study, home: &Home) -> Result<FormixNetwork, Failure> {
    let mut lights = Vec::new();
    for (name, csv) in &study.lights {
        let own = home.node(name).make()?.join("own.csv");
        fs::write(&own, csv).map_err(|error| HomeError::Io { path: own, error })?;
        let tables = [(study.table.to_owned(), Source::file("own.csv"))];
        lights.push((name.clone(), ResponderConfig::query(tables)));
    }
    Ok(FormixNetwork::builder().heavy(HEAVIES).home(home.path()).lights(lights).start().await?)
}

async fn ask(network: &FormixNetwork, inquiry: &Inquiry) -> Result<ComputationId, Failure> {
    let question = network.put(inquiry.question.clone());
    Ok(question.deadline(DEADLINE).send().await?)
}

fn show(study: &Study, results: &[(&Inquiry, Report)], output: Output) -> ExitCode {
    let mut shown = Vec::new();
    for (inquiry, report) in results {
        let rows = beside(report.row.summary.as_ref(), &inquiry.truth);
        output.line("");
        output.line(&inquiry.question.prompt);
        let count = report.row.participants_count().unwrap_or(0);
        output.line(&format!(
            "  {:<16} {:>16} {:>16}",
            format!("{count} answers"),
            "in private",
            "openly"
        ));
        rows.iter().for_each(|row| output.line(&row.line()));
        shown.push(
            json!({ "question": inquiry.question.prompt, "report": report.json(), "rows": rows }),
        );
    }
    let all_match = results.iter().all(|(inquiry, report)| {
        beside(report.row.summary.as_ref(), &inquiry.truth).iter().all(|row: &Row| row.matches)
    });
    output.line("");
    output.line(if all_match {
        "Every private result equals the openly computed one."
    } else {
        "Some private results differ from the openly computed ones: see the rows marked DIFFERS."
    });
    output.result(&json!({ "study": study.title, "matches": all_match, "questions": shown }));
    if all_match { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
