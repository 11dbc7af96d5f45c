//! Commands for the owner of a light node: what waits, what would be answered, and what becomes of it.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use formix_node::clock::now;
use formix_node::config::Network;
use formix_node::consent::{self, Choice, Entry, Inbox, Preview, Span, Waiting};
use formix_node::control::{ControlError, Request, Response, call};
use formix_node::home::Home;
use formix_proto::directory::Role;
use formix_proto::query::{Query, Table};
use formix_proto::time::Time;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, printable};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the questions that wait for a light node's owner to decide
    Inbox(OfNode),
    /// Work out what a light node would answer, and show it to its owner alone
    Preview(OfQuestion),
    /// Answer a question that waits
    Approve(OfQuestion),
    /// Decline a question that waits
    Deny(OfQuestion),
    /// Answer a question that waits now and whenever the same node asks it again
    Always(Always),
    /// Show what was decided about questions so far
    Audit(OfNode),
}

#[derive(Debug, Args)]
pub(crate) struct OfNode {
    /// The light node's name; may be left out where there is only one
    node: Option<String>,
}

#[derive(Debug, Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct OfQuestion {
    /// The light node's name; may be left out where there is only one
    node: Option<String>,
    /// The question's id, or the beginning of it
    id: String,
}

#[derive(Debug, Args)]
#[command(
    allow_missing_positional = true,
    after_help = "\
It puts a rule before the others in nodes/NAME/consent.toml, which you may change.

Example: formix always light-1 3f2a --cooldown 7d"
)]
pub(crate) struct Always {
    #[command(flatten)]
    question: OfQuestion,
    /// Decline it, now and from now on
    #[arg(long, conflicts_with = "cooldown")]
    deny: bool,
    /// Answer it without asking once in this time, and ask otherwise
    #[arg(long, value_parser = formix_node::duration::parse, value_name = "SPAN")]
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
        Command::Always(always) => for_good(always, home, output).await?,
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
        output.line(&format!("Everything is asked: {}", printable(warning)));
    }
    match questions.len() {
        0 => output.line(&format!("No question waits for the owner of {node}.")),
        1 => output.line(&format!("One question waits for the owner of {node}.")),
        count => output.line(&format!("{count} questions wait for the owner of {node}.")),
    }
    for question in questions {
        output.line("");
        describe(question, output);
    }
    if !questions.is_empty() {
        output.line("");
        output.line(&format!(
            "`formix preview {node} ID` shows you what you would answer; `approve`, `deny` and `always` decide."
        ));
    }
    output.result(&of_node(node, &inbox));
    Ok(())
}

/// It fails where the node would decline, whatever the cause.
async fn preview(of: &OfQuestion, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let node = node(home, of.node.as_deref())?;
    let request = Request::Preview { id: of.id.clone() };
    let Response::Preview(preview) = call(home, &node, &request).await? else {
        return Err(garbled(&node));
    };
    let Preview { waiting, answer, declines } = &*preview;
    describe(waiting, output);
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
    output.line("Nothing was sent, and nobody but you was shown this.");
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
    output.line(&format!("{node} has {done} {}.", printable(&of.id)));
    output.result(&json!({ "status": done, "node": node }));
    Ok(())
}

async fn for_good(always: &Always, home: &Home, output: Output) -> Result<(), Failure> {
    let Always { question: OfQuestion { node: name, id }, deny, cooldown } = always;
    let node = node(home, name.as_deref())?;
    let (choice, done) =
        if *deny { (Choice::Deny, "denied") } else { (Choice::Approve, "approved") };
    let request = Request::Always { id: id.clone(), choice, cooldown: cooldown.map(Span) };
    call(home, &node, &request).await?;
    let rules = home.node(&node).consent();
    output.line(&format!("{node} has {done} {}, now and from now on.", printable(id)));
    output.line(&format!("The first rule of {} says so.", rules.display()));
    output.result(&json!({ "status": done, "node": node, "rules": rules }));
    Ok(())
}

fn audit(node: &str, home: &Home, output: Output) -> Result<(), Failure> {
    let log = consent::read(&home.node(node).consent_log());
    let entries = log.map_err(|error| Failure::Other(Box::new(error)))?;
    if !entries.is_empty() {
        output.line(
            "What was allowed, the node was to answer. It still declined where it had no answer,",
        );
        output.line("or one that the question does not take: its log has that, and why.");
        output.line("");
    }
    for Entry { past, prompt, reveals, .. } in &entries {
        let subject = &past.subject;
        let asker = subject.proposer_name.clone().unwrap_or_else(|| subject.proposer.short());
        let (when, id) = (past.when(), past.comp_id.short());
        let decision = format!("{} {}", past.verdict, past.by);
        output.line(&format!("{when}  {id}  {decision}: {asker} asks {}", printable(prompt)));
        output.line(&format!("{:26}{}", "", printable(reveals)));
    }
    if entries.is_empty() {
        output.line(&format!("Nothing was decided at {node} yet."));
    }
    output.result(&json!({ "node": node, "decisions": entries }));
    Ok(())
}

/// The question with everything that its owner has to know, for people.
fn describe(question: &Waiting, output: Output) {
    let left = Time(question.deadline).since(now());
    let left = humantime::format_duration(Duration::from_secs(left.as_secs()));
    let id = question.comp_id.get(..8).unwrap_or(&question.comp_id);
    output.line(&format!("{id}      asked by {}, {left} left", printable(&question.proposer)));
    let field = |name: &str, text: &str| output.line(&format!("  {name:<12}{}", printable(text)));
    field("asks", &question.prompt);
    if let Some(Query { sql, tables }) = &question.query {
        field("sql", sql);
        field("reads", &reads(tables));
    }
    field("tells", &question.reveals);
    field("over", &format!("at least {} participants", question.min_participants));
    field("added by", &question.committee.join(", "));
    field("otherwise", &question.rules);
    field("digest", &question.question.to_string());
    field("waits", &format!("because {}", question.why));
}

/// `sleep (day, reaction_ms)`
fn reads(tables: &[Table]) -> String {
    let table = |table: &Table| format!("{} ({})", table.name, table.columns.join(", "));
    match tables {
        [] => "no table that it names".to_owned(),
        tables => tables.iter().map(table).collect::<Vec<_>>().join(", "),
    }
}

/// The node that is meant: if none is named, the only light node that this home runs.
fn node(home: &Home, named: Option<&str>) -> Result<String, Failure> {
    let network = Network::load(&home.network_file())?;
    if let Some(name) = named {
        return Ok(network.member(name)?.name.clone());
    }
    let own = network.with_role(Role::Light).map(|member| &member.name);
    let own: Vec<_> = own.filter(|name| home.node(name).config().exists()).cloned().collect();
    match &own[..] {
        [only] => Ok(only.clone()),
        [] => Err(Failure::Usage("this home has no light node".to_owned())),
        _ => Err(Failure::Usage(format!("name one of {}", own.join(", ")))),
    }
}

/// What a node says, beside its name.
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
