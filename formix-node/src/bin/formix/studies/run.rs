//! Starts a study's network, asks its questions all at once, and shows what came of them.

use std::fs;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use formix_node::FormixNetwork;
use formix_node::home::{Home, HomeError, Scratch};
use formix_node::process::told_to_end;
use formix_node::report::Report;
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::id::ComputationId;
use serde_json::json;

use super::table::{Row, beside};
use super::{Inquiry, Study, study};
use crate::args::StudyArgs;
use crate::failure::Failure;
use crate::logging;
use crate::output::Output;

/// How long a study may take, whatever its questions say.
const DEADLINE: Duration = Duration::from_secs(120);
/// How long after its deadline an outcome is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run(
    args: &StudyArgs,
    level: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let study = study(args.name).map_err(Failure::Usage)?;
    let scratch = Scratch::new()?;
    let home = scratch.home();
    logging::of_many_nodes(home, level)?;
    tokio::select! {
        code = conduct(&study, home, output) => code,
        signalled = told_to_end() => {
            signalled?;
            output.line("Interrupted: the network is stopped.");
            output.result(&json!({ "status": "interrupted" }));
            Ok(ExitCode::from(130))
        }
    }
}

async fn conduct(study: &Study, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    output.line(study.title);
    let begun = Instant::now();
    let network = start(study, home).await?;
    output.line(&format!(
        "3 heavy and {} light nodes run after {} ms, each light node beside its own data.",
        study.lights.len(),
        begun.elapsed().as_millis()
    ));
    let begun = Instant::now();
    let mut asked = Vec::new();
    for inquiry in &study.inquiries {
        asked.push(ask(&network, inquiry).await?);
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
    network.shutdown().await?;
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
    Ok(FormixNetwork::builder().heavy(3).home(home.path()).lights(lights).start().await?)
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
        let count = report.row.participants_count.unwrap_or(0);
        output.line(&format!(
            "  {:<16} {:>16} {:>16}",
            format!("{count} answers"),
            "in private",
            "openly"
        ));
        rows.iter().for_each(|row| output.line(&row.line()));
        shown.push(json!({ "question": inquiry.question.prompt, "report": report, "rows": rows }));
    }
    let all_match = results.iter().all(|(inquiry, report)| {
        beside(report.row.summary.as_ref(), &inquiry.truth).iter().all(|row: &Row| row.matches)
    });
    output.line("");
    output.line(if all_match {
        "Everything is as one finds it who sees all the data."
    } else {
        "Something differs from what one finds who sees all the data."
    });
    output.result(&json!({ "study": study.title, "matches": all_match, "questions": shown }));
    if all_match { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
