//! Commands that talk to the analyst's node of a running network, or read its history.

use std::process::ExitCode;
use std::time::Duration;

use formix_node::config::Network;
use formix_node::control::{ControlError, Request, Response, call, call_promptly, find};
use formix_node::home::{ANALYST, Home};
use formix_node::process::told_to_end;
use formix_node::report::Report;
use formix_node::store::{ComputationRow, read_computations};
use serde_json::json;

use crate::args::{Export, Propose};
use crate::export;
use crate::failure::Failure;
use crate::output::{INTERRUPTED, Output, printable};
use crate::question;

/// How many computations an id is looked up among.
const SEARCHED: usize = 100_000;

pub(crate) async fn propose(
    args: &Propose,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let request = Request::Propose(Box::new(question::read(args, home)?));
    let Response::Proposed(id) = analyst(home, &request).await? else { return Err(unexpected()) };
    if args.wait {
        output.line(&format!("asked         {id}"));
        return wait(&id, None, &Export::default(), home, output).await;
    }
    let report = one(home, Request::Show { id }).await?;
    Ok(output.report(&report))
}

pub(crate) async fn list(most: usize, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let reports = history(home, most).await?;
    for Report { row, .. } in &reports {
        let result = row.result.clone().or_else(|| row.failure.clone()).or_else(|| kind(row));
        let id = row.comp_id.get(..8).unwrap_or(&row.comp_id);
        let prompt = printable(&row.computation_prompt);
        output.line(&format!(
            "{id}  {:<10}  {:<16}  {prompt}",
            row.status,
            printable(&result.unwrap_or_default())
        ));
    }
    if reports.is_empty() {
        output.line("Nothing has been asked yet: see `formix propose --help`.");
    }
    output.result(&json!({ "computations": reports }));
    Ok(ExitCode::SUCCESS)
}

/// What a result is that is more than one number.
fn kind(row: &ComputationRow) -> Option<String> {
    let schema = row.summary.as_ref().and_then(|_| row.schema());
    schema.map(|schema| format!("({})", schema.statistic.kind))
}

pub(crate) async fn show(
    id: &str,
    export: &Export,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let report = match one(home, Request::Show { id: id.to_owned() }).await {
        Err(Failure::Control(ControlError::NotRunning(_))) => recorded(home, id).await?,
        report => report?,
    };
    export::report(&report, export, output)
}

pub(crate) async fn wait(
    id: &str,
    timeout: Option<Duration>,
    export: &Export,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let show = || one(home, Request::Show { id: id.to_owned() });
    let begun = show().await?;
    let id = begun.row.comp_id.as_str();
    let ended = async {
        if let Some(until) = begun.still_open() {
            output.note(&format!("Waiting for answers until {until}, while owners decide."));
        }
        one(home, Request::Wait { id: id.to_owned() }).await
    };
    let goes_on = |why: &str| {
        output.note(&format!("{why}: the question goes on, and `formix wait {id}` waits for it."));
    };
    tokio::select! {
        // It listens for signals before it says that it waits.
        biased;
        signalled = told_to_end() => {
            signalled?;
            goes_on("Interrupted");
            output.result(&json!({ "status": "interrupted", "comp_id": id }));
            Ok(ExitCode::from(INTERRUPTED))
        }
        report = ended => export::report(&report?, export, output),
        () = patience(timeout) => {
            goes_on("It has not ended yet");
            output.report(&show().await?);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Ends when nobody wants to wait any longer.
async fn patience(timeout: Option<Duration>) {
    match timeout {
        Some(span) => tokio::time::sleep(span).await,
        None => std::future::pending().await,
    }
}

pub(crate) async fn status(home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let network = Network::load(&home.network_file())?;
    let mut nodes = Vec::new();
    for member in &network.nodes {
        let (running, state) = match call_promptly(home, &member.name, &Request::Status).await {
            Ok(Response::Status(status)) => {
                let state = format!("running, process {}", status.pid);
                (Some(status), state)
            }
            Err(ControlError::Stuck(_)) => (None, "does not answer".to_owned()),
            _ => (None, "not running".to_owned()),
        };
        let address = member.address.map(|address| address.to_string()).unwrap_or_default();
        let role = member.role.to_string();
        let id = member.id.short();
        output.line(&format!("{:<16}{role:<10}{id}  {state:<24}{address}", member.name));
        nodes.push(json!({
            "name": member.name,
            "role": role,
            "uid": member.id.to_string(),
            "running": running.is_some(),
            "pid": running.map(|status| status.pid),
            "address": member.address,
        }));
    }
    output.result(&json!({
        "nodes": nodes,
        "least_participants": network.policy.least_participants,
    }));
    Ok(ExitCode::SUCCESS)
}

async fn analyst(home: &Home, request: &Request) -> Result<Response, Failure> {
    Ok(call(home, ANALYST, request).await?)
}

async fn one(home: &Home, request: Request) -> Result<Report, Failure> {
    match analyst(home, &request).await? {
        Response::Report(report) => Ok(*report),
        _ => Err(unexpected()),
    }
}

/// From the running node, or from its log when it does not run.
async fn history(home: &Home, most: usize) -> Result<Vec<Report>, Failure> {
    match analyst(home, &Request::List { most }).await {
        Ok(Response::Reports(reports)) => Ok(reports),
        Ok(_) => Err(unexpected()),
        Err(Failure::Control(ControlError::NotRunning(_))) => {
            let rows = read_computations(&home.node(ANALYST).database(), most)?;
            Ok(rows.into_iter().map(Report::recorded).collect())
        }
        Err(failure) => Err(failure),
    }
}

async fn recorded(home: &Home, beginning: &str) -> Result<Report, Failure> {
    let reports = history(home, SEARCHED).await?;
    let ids = reports.iter().map(|report| report.row.comp_id.as_str());
    let id = find(ids, beginning).map_err(Failure::Usage)?.to_string();
    let found = reports.into_iter().find(|report| report.row.comp_id == id);
    found.ok_or_else(|| Failure::Usage(format!("no computation {id} was proposed here")))
}

fn unexpected() -> Failure {
    Failure::Control(ControlError::Garbled(ANALYST.to_owned()))
}
