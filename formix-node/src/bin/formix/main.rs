//! The `formix` command.

mod args;
mod client;
mod consent;
mod demo;
mod export;
mod failure;
mod interrupt;
mod log_file;
mod logging;
mod open_files;
mod output;
mod pending;
mod question;
mod result;
mod studies;
mod study;
mod text;
mod up;

use std::process::ExitCode;

use clap::Parser;
use formix_node::config::Network;
use formix_node::home::Home;
use formix_node::process::StopSignals;
use formix_node::responder::worker;
use formix_proto::directory::Role;

use args::{Cli, Command, QuestionCommand, RunCommand};
use failure::Failure;
use output::Output;

fn main() -> ExitCode {
    if let Some(code) = worker::begin() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    open_files::raise_limit();
    let output = Output::new(cli.json);
    let outcome = start(cli, output).and_then(|code| output.complete().map(|()| code));
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            output.failed(&failure);
            failure.code()
        }
    }
}

/// Prints the help that was asked for, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    // Arguments that do not parse cannot say whether `--json` is among them.
    if error.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let text = error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
        Output::new(true).result(&serde_json::json!({ "status": "error", "error": what }));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn start(cli: Cli, output: Output) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Other(Box::new(error)))?;
    let outcome = runtime.block_on(dispatch(cli, output));
    // A responder that never returns must not keep a stopped node alive.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(cli: Cli, output: Output) -> Result<ExitCode, Failure> {
    let home = Home::resolve(cli.home)?;
    let level = &cli.log_level;
    logging::check(level)?;
    match cli.command {
        Command::Demo(demo) => demo::run(&demo, &home, level, output).await,
        Command::Study(study) => studies::run(&study, level, output).await,
        Command::Up(up) => up::up(&up, &home, level, output).await,
        Command::Down => up::down(&home, output).await,
        Command::Status => client::status(&home, output).await,
        Command::Propose(propose) => client::propose(&propose, &home, output).await,
        Command::Question { command: QuestionCommand::Check(check) } => {
            question::check(&check, &home, output)
        }
        Command::List { max } => client::list(max, &home, output).await,
        Command::Show { id, export } => client::show(&id, &export, &home, output).await,
        Command::Wait { id, timeout, export } => {
            client::wait(&id, client::Patience::of(timeout), &export, &home, output).await
        }
        Command::Consent(command) => consent::run(&command, &home, output).await,
        Command::Heavy { command } => run(command, Role::Heavy, &home, level, output).await,
        Command::Light { command } => run(command, Role::Light, &home, level, output).await,
        Command::Proposer { command } => run(command, Role::Proposer, &home, level, output).await,
    }
}

async fn run(
    command: RunCommand,
    role: Role,
    home: &Home,
    level: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let RunCommand::Run { name } = command;
    // First of all: a signal from now on is not lost, and stops the node once it runs.
    let signals = StopSignals::listen()?;
    // Only an enrolled name becomes part of a path.
    Network::load(&home.network_file())?.member(&name)?;
    logging::of_one_node(home, &name, level)?;
    formix_node::process::run(home, &name, role, signals).await.inspect_err(|error| {
        tracing::error!(target: logging::PRINTED, %error, "stopped");
    })?;
    output.result(&serde_json::json!({ "status": "stopped" }));
    Ok(ExitCode::SUCCESS)
}
