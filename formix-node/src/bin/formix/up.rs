//! `formix up` and `formix down`: a network of background processes on this machine.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use formix_node::config::{Member, Network, NodeConfig, PolicyConfig};
use formix_node::control::{ControlError, Request, call_promptly, stop};
use formix_node::home::{ANALYST, Home, HomeError, NodeHome};
use formix_node::key;
use formix_node::responder::ResponderConfig;
use formix_proto::directory::Role;
use serde_json::json;
use tokio::task::JoinSet;

use crate::args::Up;
use crate::failure::Failure;
use crate::output::Output;

/// How often a node that starts is asked whether it runs, and how many times.
const POLL: (Duration, u32) = (Duration::from_millis(20), 500);

/// The rules of a light node that answers at random.
const MADE_UP: &str = "\
# What this node answers without asking you: see docs/consent.md. Once node.toml says how to answer from
# real data, this rule is about nothing any more, and every question waits in `formix inbox`.
[[rule]]
verdict = \"allow\"
made_up = true
";

pub(crate) async fn up(
    args: &Up,
    home: &Home,
    level: &str,
    output: Output,
) -> Result<ExitCode, Failure> {
    let network = grow(args, home)?;
    if network.policy.least_participants < 3 {
        output.line("A test network: its policy allows sums over fewer than three participants.");
    }
    if network.with_role(Role::Light).next().is_some() {
        output.line("Light nodes answer without asking only while they make their answers up.");
        output.line("While they do, they decline questions with SQL: docs/data.md tells how to change that.");
    }
    let mut starting = Vec::new();
    for member in &network.nodes {
        match call_promptly(home, &member.name, &Request::Reload).await {
            Ok(_) => output.line(&format!("{:<16}runs already", member.name)),
            Err(ControlError::NotRunning(_)) => {
                starting.push((member, spawn(member, home, level)?))
            }
            Err(error) => return Err(error.into()),
        }
    }
    let (mut started, mut failed) = (Vec::new(), Vec::new());
    for (member, child) in starting {
        let pid = child.id();
        if running(home, member, child).await {
            output.line(&format!("{:<16}started, process {pid}", member.name));
            started.push(&member.name);
        } else {
            let log = home.node(&member.name).log();
            output.line(&format!("{:<16}did not start: see {}", member.name, log.display()));
            failed.push(&member.name);
        }
    }
    output.result(&json!({
        "status": if failed.is_empty() { "running" } else { "error" },
        "heavy_nodes": network.with_role(Role::Heavy).count(),
        "light_nodes": network.with_role(Role::Light).count(),
        "started": started,
        "failed": failed,
    }));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) async fn down(home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let network = Network::load(&home.network_file())?;
    let mut stopping = JoinSet::new();
    for Member { name, .. } in network.nodes {
        let home = home.clone();
        stopping.spawn(async move { (stop(&home, &name).await, name) });
    }
    let mut outcomes = stopping.join_all().await;
    outcomes.sort_by(|(_, a), (_, b)| a.cmp(b));
    let (mut stopped, mut failed) = (Vec::new(), Vec::new());
    for (outcome, name) in outcomes {
        match outcome {
            Ok(()) => {
                output.line(&format!("{name:<16}stopped"));
                stopped.push(name);
            }
            Err(ControlError::NotRunning(_)) => {}
            Err(error) => {
                output.line(&format!("{name:<16}{error}"));
                failed.push(name);
            }
        }
    }
    if stopped.is_empty() && failed.is_empty() {
        output.line("Nothing runs.");
    }
    let status = if failed.is_empty() { "stopped" } else { "error" };
    output.result(&json!({ "status": status, "stopped": stopped, "failed": failed }));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The network of this home with at least so many nodes; what is there already stays as it is.
fn grow(args: &Up, home: &Home) -> Result<Network, Failure> {
    let _alone = home.share()?;
    let file = home.network_file();
    let mut network = match file.exists() {
        true => Network::load(&file)?,
        false => Network {
            policy: PolicyConfig {
                least_participants: args.least_participants,
                ..PolicyConfig::default()
            },
            nodes: Vec::new(),
        },
    };
    if network.nodes.iter().any(|member| !home.node(&member.name).config().exists()) {
        return Err(HomeError::OfOneProcess(home.path().to_owned()).into());
    }
    let mut wanted = vec![(ANALYST.to_owned(), Role::Proposer)];
    wanted.extend((1..=args.heavy).map(|number| (format!("heavy-{number}"), Role::Heavy)));
    wanted.extend((1..=args.light).map(|number| (format!("light-{number}"), Role::Light)));
    let known: BTreeSet<_> = network.nodes.iter().map(|member| member.name.clone()).collect();
    let mut ports = Vec::new();
    for (name, role) in wanted.into_iter().filter(|(name, _)| !known.contains(name)) {
        network.nodes.push(create(home, name, role, &mut ports)?);
    }
    network.save(&file)?;
    Ok(network)
}

/// Makes a node's key and configuration.
fn create(
    home: &Home,
    name: String,
    role: Role,
    ports: &mut Vec<UdpSocket>,
) -> Result<Member, Failure> {
    let place = home.node(&name);
    place.make()?;
    let identity = key::load_or_create(&place.key())?;
    let address = (role == Role::Heavy).then(|| free_port(ports)).transpose()?;
    let responder = (role == Role::Light).then_some(ResponderConfig::Random {});
    let config = NodeConfig { name: name.clone(), role, listen: address, responder };
    config.save(&place.config())?;
    if role == Role::Light {
        allow_made_up(&place)?;
    }
    Ok(Member { name, role, id: identity.id(), address })
}

/// Answers that are made up are nobody's: the node gives them without asking, until it has others.
fn allow_made_up(place: &NodeHome) -> Result<(), Failure> {
    let file = place.consent();
    let written = fs::write(&file, MADE_UP);
    written.map_err(|error| HomeError::Io { path: file, error }.into())
}

/// A port that is free now, held in `ports` until all have been chosen.
fn free_port(ports: &mut Vec<UdpSocket>) -> Result<SocketAddr, Failure> {
    let choose = || {
        let socket = UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        Ok((socket.local_addr()?, socket))
    };
    let (address, socket) =
        choose().map_err(|error: std::io::Error| Failure::Other(Box::new(error)))?;
    ports.push(socket);
    Ok(address)
}

/// Starts a node in a process group of its own: it outlives the shell, and Ctrl-C is not for it.
fn spawn(member: &Member, home: &Home, level: &str) -> Result<Child, Failure> {
    let kind = member.role.to_string();
    let log = home.node(&member.name).log();
    let spawned = File::options().create(true).append(true).open(&log).and_then(|errors| {
        Command::new(std::env::current_exe()?)
            .args([&*kind, "run", &member.name, "--log-level", level, "--home"])
            .arg(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .process_group(0)
            .spawn()
    });
    spawned.map_err(|error| HomeError::Io { path: log, error }.into())
}

/// Waits until a node that was started answers its owner; says no if it has ended instead.
async fn running(home: &Home, member: &Member, mut child: Child) -> bool {
    let (pause, most) = POLL;
    for _ in 0..most {
        if call_promptly(home, &member.name, &Request::Status).await.is_ok() {
            return true;
        }
        if let Ok(Some(_)) = child.try_wait() {
            return false;
        }
        tokio::time::sleep(pause).await;
    }
    false
}
