//! Commands for the owner of a light node: pending questions, previews of answers, and decisions.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use formix_node::clock::now;
use formix_node::config::Network;
use formix_node::consent::{self, Choice, Entry, Inbox, PendingView, Preview, Span};
use formix_node::control::{ControlError, Request, Response, call};
use formix_node::home::Home;
use formix_proto::directory::Role;
use formix_proto::query::{Query, Table};
use formix_proto::time::Time;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::Output;
use crate::text::printable;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the questions that wait for your decision
    #[command(after_help = "Example: formix inbox light-1")]
    Inbox(OfNode),
    /// Show what your light node would answer, without sending it
    #[command(after_help = "\
Example: formix preview light-1 3f2a

Exit status: 0 if the node would answer, 1 if it would decline.")]
    Preview(OfQuestion),
    /// Answer a pending question
    #[command(after_help = "Example: formix approve light-1 3f2a")]
    Approve(OfQuestion),
    /// Decline a pending question
    #[command(after_help = "Example: formix deny light-1 3f2a")]
    Deny(OfQuestion),
    /// Answer a pending question, now and whenever the same node asks it again
    Always(Always),
    /// Show all decisions of a light node, each with the rule or the person behind it
    #[command(after_help = "Example: formix audit light-1")]
    Audit(OfNode),
}

#[derive(Debug, Args)]
pub(crate) struct OfNode {
    /// The light node's name; optional if this home has only one
    node: Option<String>,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct OfQuestion {
    /// The light node's name; optional if this home has only one
    node: Option<String>,
    /// The question's id, or the start of it, as `formix inbox` shows it
    id: String,
}

#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "\
This adds a rule to nodes/NAME/consent.toml, before all others. You can change it there.

Examples:
  formix always light-1 3f2a                 answer it from now on
  formix always light-1 3f2a --cooldown 7d   answer it once in seven days, and ask you otherwise
  formix always light-1 3f2a --deny          decline it from now on"
)]
pub(crate) struct Always {
    #[command(flatten)]
    question: OfQuestion,
    /// Decline the question instead, now and from now on
    #[arg(long, conflicts_with = "cooldown")]
    deny: bool,
    /// Answer at most once within this time without asking you
    #[arg(long, value_parser = formix_node::duration::parse, value_name = "DURATION")]
    cooldown: Option<Duration>,
}

pub(crate) async fn run(
    command: &Command,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Inbox(of) => inbox(&node(home, of.node.as_deref())?, home, output).await?,
        Command::Preview(of) => return preview(of, home, output).await,
        Command::Approve(of) => decide(of, Choice::Approve, "approved", home, output).await?,
        Command::Deny(of) => decide(of, Choice::Deny, "denied", home, output).await?,
        Command::Always(always) => decide_always(always, home, output).await?,
        Command::Audit(of) => audit(&node(home, of.node.as_deref())?, home, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn inbox(node: &str, home: &Home, output: Output) -> Result<(), Failure> {
    let Response::Inbox(inbox) = call(home, node, &Request::Inbox).await? else {
        return Err(garbled(node));
    };
    let Inbox { warning, questions } = &inbox;
    if let Some(warning) = warning {
        output.line(&format!(
            "Your rules cannot be used, so every question waits for you: {}",
            printable(warning)
        ));
    }
    match questions.len() {
        0 => output.line(&format!("{node}: no pending questions.")),
        1 => output.line(&format!("{node}: one pending question.")),
        count => output.line(&format!("{node}: {count} pending questions.")),
    }
    for question in questions {
        output.line("");
        describe(question, output);
    }
    if !questions.is_empty() {
        output.line("");
        output.line(&format!(
            "`formix preview {node} ID` shows your answer; `approve`, `deny` or `always` decides."
        ));
    }
    output.result(&of_node(node, &inbox));
    Ok(())
}

/// Fails if the node would decline, for any reason.
async fn preview(of: &OfQuestion, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let node = node(home, of.node.as_deref())?;
    let request = Request::Preview { id: of.id.clone() };
    let Response::Preview(preview) = call(home, &node, &request).await? else {
        return Err(garbled(&node));
    };
    let Preview { pending, answer, declines } = &*preview;
    describe(pending, output);
    output.line("");
    if let Some(cells) = answer {
        let shown = |cell: &Option<consent::Disclosed>| match cell {
            Some(text) => printable(&text.0),
            None => "no value".to_owned(),
        };
        let cells: Vec<_> = cells.iter().map(shown).collect();
        output.line(&format!("your answer   {}", cells.join(", ")));
    }
    if let Some(reason) = declines {
        let but = if answer.is_some() { "but" } else { "no answer" };
        output.line(&format!("{but:<14}{}", printable(reason)));
    }
    output.line("Nothing was sent: only you see this.");
    output.result(&of_node(&node, &*preview));
    Ok(if declines.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn decide(
    of: &OfQuestion,
    choice: Choice,
    done: &str,
    home: &Home,
    output: Output,
) -> Result<(), Failure> {
    let node = node(home, of.node.as_deref())?;
    call(home, &node, &Request::Decide { id: of.id.clone(), choice }).await?;
    output.line(&format!("{node}: {done} {}.", printable(&of.id)));
    output.result(&json!({ "status": done, "node": node }));
    Ok(())
}

async fn decide_always(always: &Always, home: &Home, output: Output) -> Result<(), Failure> {
    let Always { question: OfQuestion { node: name, id }, deny, cooldown } = always;
    let node = node(home, name.as_deref())?;
    let (choice, done) =
        if *deny { (Choice::Deny, "denied") } else { (Choice::Approve, "approved") };
    let request = Request::Always { id: id.clone(), choice, cooldown: cooldown.map(Span) };
    call(home, &node, &request).await?;
    let rules = home.node(&node).consent();
    let limit = cooldown.map_or_else(String::new, |span| {
        format!(" at most once in {},", humantime::format_duration(span))
    });
    let verb = if *deny { "denies" } else { "approves" };
    output.line(&format!("{node}: {done} {}.", printable(id)));
    output.line(&format!(
        "The first rule in {} {verb} this question{limit} from now on: change it there.",
        rules.display()
    ));
    output.result(&json!({ "status": done, "node": node, "rules": rules }));
    Ok(())
}

fn audit(node: &str, home: &Home, output: Output) -> Result<(), Failure> {
    let log = consent::read(&home.node(node).consent_log());
    let entries = log.map_err(|error| Failure::Other(Box::new(error)))?;
    if !entries.is_empty() {
        output.line(
            "A node declines an allowed question if it has no answer, or one that is out of range:",
        );
        output.line("its node.log says when, and why.");
        output.line("");
    }
    for Entry { past, prompt, reveals, .. } in &entries {
        let subject = &past.subject;
        let proposer = subject.proposer_name.clone().unwrap_or_else(|| subject.proposer.short());
        let (when, id) = (past.when(), past.comp_id.short());
        let decision = format!("{} {}", past.verdict, past.by);
        output.line(&format!("{when}  {id}  {decision}: {proposer} asked {}", printable(prompt)));
        output.line(&format!("{:26}{}", "", printable(reveals)));
    }
    if entries.is_empty() {
        output.line(&format!("{node}: no decisions yet."));
    }
    output.result(&json!({ "node": node, "decisions": entries }));
    Ok(())
}

/// Everything that its owner has to know about a question, for people.
fn describe(question: &PendingView, output: Output) {
    let left = Time(question.deadline).since(now());
    let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
    let id = question.comp_id.get(..8).unwrap_or(&question.comp_id);
    output
        .line(&format!("{id}      from {}, {left} left to decide", printable(&question.proposer)));
    let field = |name: &str, text: &str| output.line(&format!("  {name:<12}{}", printable(text)));
    field("asks", &question.prompt);
    if let Some(Query { sql, tables }) = &question.query {
        field("sql", sql);
        field("reads", &reads(tables));
    }
    field("reveals", &question.reveals);
    field("over", &format!("a minimum of {} participants", question.min_participants));
    field("committee", &question.committee.join(", "));
    field("otherwise", &question.rules);
    field("digest", &question.question.to_string());
    field("status", &format!("waiting for you: {}", question.why));
}

/// `sleep (day, reaction_ms)`
fn reads(tables: &[Table]) -> String {
    let table = |table: &Table| format!("{} ({})", table.name, table.columns.join(", "));
    match tables {
        [] => "no declared table".to_owned(),
        tables => tables.iter().map(table).collect::<Vec<_>>().join(", "),
    }
}

/// The named node; if none is named, the only light node of this home.
fn node(home: &Home, named: Option<&str>) -> Result<String, Failure> {
    let network = Network::load(&home.network_file())?;
    if let Some(name) = named {
        return Ok(network.member(name)?.name.clone());
    }
    let own = network.with_role(Role::Light).map(|member| &member.name);
    let own: Vec<_> = own.filter(|name| home.node(name).config().exists()).cloned().collect();
    match &own[..] {
        [only] => Ok(only.clone()),
        [] => Err(Failure::Usage(
            "this home has no light node: `formix up --light 1` creates one".to_owned(),
        )),
        _ => Err(Failure::Usage(format!(
            "this home has several light nodes: name one of {}",
            own.join(", ")
        ))),
    }
}

/// What a node reports, with its name.
fn of_node<'a, T: Serialize>(node: &'a str, said: &'a T) -> impl Serialize + 'a {
    #[derive(Serialize)]
    struct OfNode<'a, T> {
        node: &'a str,
        #[serde(flatten)]
        said: &'a T,
    }
    OfNode { node, said }
}

fn garbled(node: &str) -> Failure {
    Failure::Control(ControlError::Garbled(node.to_owned()))
}
