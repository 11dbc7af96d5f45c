//! Commands that talk to the analyst's node of a running network, or read its history.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use formix_node::config::Network;
use formix_node::control::{ControlError, Request, Response, call, call_promptly, find};
use formix_node::history::{Archive, ComputationRow, State};
use formix_node::home::{ANALYST, Home};
use formix_node::process::StopSignals;
use formix_node::report::Report;
use serde_json::json;

use crate::args::{Export, Propose};
use crate::export;
use crate::failure::Failure;
use crate::output::{INTERRUPTED, Output};
use crate::question;
use crate::text::printable;

/// How long nodes are waited for before the command says so.
const UNHEARD: Duration = Duration::from_secs(5);
/// The pause between two looks at whether they can be reached.
const LOOK: Duration = Duration::from_secs(1);

/// How long the outcome is waited for, and whether it was already said that somebody is unreachable.
pub(crate) struct Patience {
    timeout: Option<Duration>,
    said: bool,
}

pub(crate) async fn propose(
    args: &Propose,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let request = Request::Propose(Box::new(question::read(args, home)?));
    let mut asked = std::pin::pin!(analyst(home, &request));
    let prompt = tokio::time::timeout(UNHEARD, &mut asked).await;
    let said = prompt.is_err() && args.wait;
    if said {
        output.note(
            "The committee has not taken the question in 5 s: a heavy node does not run, or cannot be reached (see `formix status`). The question goes on.",
        );
    }
    let answer = match prompt {
        Ok(answer) => answer,
        Err(_) => asked.await,
    };
    let Response::Proposed(id) = answer? else { return Err(unexpected()) };
    if args.wait {
        output.line(&format!("asked         {id}"));
        let patience = Patience { timeout: None, said };
        return wait(&id, patience, &Export::default(), home, output).await;
    }
    let report = one(home, Request::Show { id }).await?;
    Ok(output.report(&report))
}

pub(crate) async fn list(most: usize, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let reports = history(home, most).await?;
    for report in &reports {
        let id = report.row.comp_id.short();
        let (status, result) = (report.status().to_string(), printable(&headline(&report.row)));
        let prompt = printable(&report.row.proposal.spec.prompt);
        output.line(&format!("{id}  {status:<10}  {result:<16}  {prompt}"));
    }
    if reports.is_empty() {
        output.line("Nothing has been asked yet: see `formix propose --help`.");
    }
    let reports: Vec<_> = reports.iter().map(Report::list_json).collect();
    output.result(&json!({ "computations": reports }));
    Ok(ExitCode::SUCCESS)
}

/// The result if it is a single number, else its kind, or why the computation failed.
fn headline(row: &ComputationRow) -> String {
    match (&row.state, &row.result) {
        (State::Failed(failure), _) => failure.to_string(),
        (State::Completed { .. }, Some(result)) => result.clone(),
        (State::Completed { .. }, None) => format!("({})", row.schema.kind()),
        (State::Open(_), _) => String::new(),
    }
}

pub(crate) async fn show(
    id: &str,
    export: &Export,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let report = match one(home, Request::Show { id: id.to_owned() }).await {
        Err(Failure::Control(ControlError::NotRunning(_))) => recorded(home, id)?,
        report => report?,
    };
    export::report(&report, export, output)
}

pub(crate) async fn wait(
    id: &str,
    patience: Patience,
    export: &Export,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    let show = || one(home, Request::Show { id: id.to_owned() });
    let begun = show().await?;
    let id = begun.row.comp_id.to_string();
    let ended = async {
        if let Some(until) = begun.still_open() {
            output.note(&format!("Waiting for answers until {until}, while owners decide."));
        }
        one(home, Request::Wait { id: id.clone() }).await
    };
    let goes_on = |why: &str| {
        output.note(&format!("{why}: the question goes on, and `formix wait {id}` waits for it."));
    };
    let unreachable = async {
        say_who_is_unreachable(&id, home, output).await;
        std::future::pending().await
    };
    // Before it says that it waits.
    let mut signals = StopSignals::listen()?;
    tokio::select! {
        biased;
        _ = signals.received() => {
            goes_on("Interrupted");
            output.result(&json!({ "status": "interrupted", "comp_id": id }));
            Ok(ExitCode::from(INTERRUPTED))
        }
        report = ended => export::report(&report?, export, output),
        never = unreachable, if !patience.said => never,
        () = patience.ends() => {
            goes_on("It has not ended yet");
            output.report(&show().await?);
            Ok(ExitCode::FAILURE)
        }
    }
}

impl Patience {
    pub(crate) fn of(timeout: Option<Duration>) -> Self {
        Self { timeout, said: false }
    }

    /// Ends when nobody wants to wait any longer.
    async fn ends(&self) {
        match self.timeout {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    }
}

/// Says once which nodes a computation waits for in vain, if they have been unreachable for [`UNHEARD`].
async fn say_who_is_unreachable(id: &str, home: &Home, output: Output) {
    let mut since = None;
    while let Ok(report) = one(home, Request::Show { id: id.to_owned() }).await {
        if report.unreachable.is_empty() {
            since = None;
        } else if since.get_or_insert_with(Instant::now).elapsed() >= UNHEARD {
            let whom = report.unreachable.join(", ");
            return output.note(&format!(
                "No connection to {whom} for 5 s (see `formix status`): the question waits for it."
            ));
        }
        tokio::time::sleep(LOOK).await;
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
            Err(ControlError::NotRunning(name)) => (None, unreachable(home, &name)?),
            Err(ControlError::Stuck(_)) => (None, "does not answer".to_owned()),
            Err(error) => (None, error.to_string()),
            Ok(_) => return Err(unexpected()),
        };
        let address = member.address.map(|address| address.to_string()).unwrap_or_default();
        let role = member.role.to_string();
        let id = member.id.short();
        output.line(&format!("{:<16}{role:<10}{id}  {state:<24}{address}", member.name));
        let trouble = running.as_ref().and_then(|status| status.trouble.as_deref());
        if let Some(trouble) = trouble {
            output.field("", trouble);
        }
        nodes.push(json!({
            "name": member.name,
            "role": role,
            "uid": member.id.to_string(),
            "running": running.is_some(),
            "pid": running.as_ref().map(|status| status.pid),
            "address": member.address,
            "trouble": trouble,
        }));
    }
    output.result(&json!({
        "nodes": nodes,
        "min_participants": network.policy.min_participants,
    }));
    Ok(ExitCode::SUCCESS)
}

/// How a node is that nobody can ask.
fn unreachable(home: &Home, name: &str) -> Result<String, Failure> {
    Ok(match home.node(name).holder()? {
        Some(holder) => format!("no control socket, {holder}"),
        None => "not running".to_owned(),
    })
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
            let rows = archive(home)?.map(|archive| archive.newest(most)).transpose()?;
            Ok(rows.unwrap_or_default().into_iter().map(Report::recorded).collect())
        }
        Err(failure) => Err(failure),
    }
}

/// From the log of the analyst's node, which does not run.
fn recorded(home: &Home, beginning: &str) -> Result<Report, Failure> {
    let archive = archive(home)?;
    let ids = archive.as_ref().map(Archive::ids).transpose()?.unwrap_or_default();
    let id = find(ids, beginning).map_err(Failure::Usage)?;
    let row = archive.map(|archive| archive.computation(id)).transpose()?.flatten();
    let gone = || Failure::Usage(format!("no computation {id} was proposed here"));
    row.map(Report::recorded).ok_or_else(gone)
}

fn archive(home: &Home) -> Result<Option<Archive>, Failure> {
    Ok(Archive::open(&home.node(ANALYST).database())?)
}

fn unexpected() -> Failure {
    Failure::Control(ControlError::Garbled(ANALYST.to_owned()))
}
