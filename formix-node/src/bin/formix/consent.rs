//! Commands for the owner of a light node: pending questions, previews of answers, and decisions.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use formix_node::clock::now;
use formix_node::config::Network;
use formix_node::consent::{self, Choice, Entry, Inbox, Span};
use formix_node::control::{ControlError, Request, Response, call};
use formix_node::home::Home;
use formix_proto::directory::Role;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, width};
use crate::pending::{self, Detail};
use crate::text::{printable, quoted_prose};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the questions that wait for your decision, or all there is to one of them
    #[command(after_help = "\
Examples:
  formix inbox light-1        every question that waits
  formix inbox light-1 3f2a   one of them, to the last option, edge and domain")]
    Inbox(OfInbox),
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
pub(crate) struct OfInbox {
    /// The light node's name; optional if this home has only one
    node: Option<String>,
    /// One question's id, or the start of it: shows it in full
    id: Option<String>,
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
  formix always light-1 3f2a                 answer it once a day, and ask you otherwise
  formix always light-1 3f2a --cooldown 7d   answer it once in seven days, and ask you otherwise
  formix always light-1 3f2a --deny          decline it from now on"
)]
pub(crate) struct Always {
    #[command(flatten)]
    question: OfQuestion,
    /// Decline the question instead, now and from now on
    #[arg(long, conflicts_with = "cooldown")]
    deny: bool,
    /// Answer at most one question about these columns within this time without asking you; `0s` sets no limit
    #[arg(long, value_parser = formix_node::duration::parse, value_name = "DURATION", default_value = "1d")]
    cooldown: Duration,
}

pub(crate) async fn run(
    command: &Command,
    home: &Home,
    output: Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Inbox(of) => inbox(of, home, output).await?,
        Command::Preview(of) => return preview(of, home, output).await,
        Command::Approve(of) => decide(of, Choice::Approve, "approved", home, output).await?,
        Command::Deny(of) => decide(of, Choice::Deny, "denied", home, output).await?,
        Command::Always(always) => decide_always(always, home, output).await?,
        Command::Audit(of) => audit(&node(home, of.node.as_deref())?, home, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn inbox(of: &OfInbox, home: &Home, output: Output) -> Result<(), Failure> {
    let node = &*node(home, of.node.as_deref())?;
    let Response::Inbox(mut inbox) = call(home, node, &Request::Inbox).await? else {
        return Err(garbled(node));
    };
    let detail = of.id.as_ref().map_or(Detail::Short, |_| Detail::Full);
    if let Some(id) = &of.id {
        only(&mut inbox, id)?;
    }
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
        output.lines(pending::question(question, now(), detail, width()));
    }
    if !questions.is_empty() {
        output.line("");
        output.line(&format!(
            "`formix preview {node} ID` shows your answer, `formix inbox {node} ID` all there is to a question; `approve`, `deny` or `always` decides."
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
    output.lines(pending::question(&preview.pending, now(), Detail::Full, width()));
    output.line("");
    output.lines(pending::answer(&preview, width()));
    output.result(&of_node(&node, &*preview));
    Ok(if preview.declines.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
    let cooldown = (!deny).then_some(Span(*cooldown));
    let request = Request::Always { id: id.clone(), choice, cooldown };
    call(home, &node, &request).await?;
    let rules = home.node(&node).consent();
    let limit = cooldown.filter(|span| !span.0.is_zero()).map_or_else(String::new, |span| {
        format!(" at most once in {},", humantime::format_duration(span.0))
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
        let (when, id, proposer) = (past.when(), past.comp_id.short(), &past.subject.proposer);
        output.line(&format!("{when}  {id}  {} {}: {proposer} asked", past.verdict, past.by));
        output.lines(quoted_prose(prompt, width()));
        output.lines(quoted_prose(reveals, width()));
    }
    if entries.is_empty() {
        output.line(&format!("{node}: no decisions yet."));
    }
    output.result(&json!({ "node": node, "decisions": entries }));
    Ok(())
}

/// Leaves the one question whose id starts like this.
fn only(inbox: &mut Inbox, id: &str) -> Result<(), Failure> {
    let start = id.to_ascii_lowercase();
    inbox.questions.retain(|question| question.comp_id.starts_with(&start));
    match inbox.questions.len() {
        1 => Ok(()),
        0 => Err(Failure::Usage(format!("no pending question has an id that starts with {id}"))),
        _ => {
            Err(Failure::Usage(format!("several pending questions have ids that start with {id}")))
        }
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
