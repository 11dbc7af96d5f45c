//! `formix up` and `formix down`: a network of background processes on this machine.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::Range;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use formix_node::config::{Member, Network, NodeConfig, PolicyConfig};
use formix_node::control::{ControlError, Request, call_promptly, stop};
use formix_node::home::{ANALYST, Home, HomeError, NodeHome};
use formix_node::key;
use formix_node::lock::Lock;
use formix_node::node::NodeError;
use formix_node::responder::ResponderConfig;
use formix_proto::directory::Role;
use serde_json::json;
use tokio::task::JoinSet;

use crate::args::Up;
use crate::failure::Failure;
use crate::output::Output;

/// The pause between two looks at a node that is starting, and the maximum number of looks.
const POLL: (Duration, u32) = (Duration::from_millis(20), 500);

/// The number of light nodes of a new network, unless the command line gives another.
const NEW_LIGHTS: usize = 5;

/// The rules of a light node that answers at random, as `formix up` writes them.
const MADE_UP: &str = "\
# What this node answers without asking you: see docs/consent.md. Once node.toml has it answer from real
# data, this rule no longer applies, and every question waits for you in `formix inbox`.
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
    for (name, _) in requested(args, home) {
        home.check_length(&name)?;
    }
    let _alone = alone(home, output).await?;
    let network = grow(args, home)?;
    if network.policy.min_participants < 3 {
        output
            .line("A test network: its policy allows results over fewer than three participants.");
    }
    if network.policy.answer_after.is_zero() {
        output.line(
            "A test network: its light nodes answer at once, and when that is may tell what.",
        );
    }
    let random = random_lights(&network, home);
    if random > 0 {
        let lights = network.with_role(Role::Light).count();
        output.line(&format!(
            "{random} of {lights} light nodes are test nodes, which return random answers."
        ));
        output.line(
            "Test nodes decline questions with SQL. To answer from real data, see docs/data.md:",
        );
        output.line("nodes with real data always ask you first.");
    }
    let mut starting = Vec::new();
    for member in &network.nodes {
        match call_promptly(home, &member.name, &Request::Reload).await {
            Ok(_) => output.line(&format!("{:<16}already running", member.name)),
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
            output.line(&format!("{:<16}started as process {pid}", member.name));
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
    Network::load(&home.network_file())?;
    let _alone = alone(home, output).await?;
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
        output.line("No node was running.");
    }
    let status = if failed.is_empty() { "stopped" } else { "error" };
    output.result(&json!({ "status": status, "stopped": stopped, "failed": failed }));
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits until no other command starts or stops nodes of this home, and keeps others from it.
async fn alone(home: &Home, output: Output) -> Result<Lock, Failure> {
    let mut is_noted = false;
    loop {
        match home.start_and_stop_alone()? {
            Ok(lock) => return Ok(lock),
            Err(holder) if !is_noted => output.note(&format!(
                "Another `formix up` or `formix down` is at work on {} ({holder}): waiting until it is done.",
                home.path().display()
            )),
            Err(_) => tokio::time::sleep(POLL.0).await,
        }
        is_noted = true;
    }
}

/// The network of this home, with at least the nodes that `args` ask for. Existing nodes stay as they are.
fn grow(args: &Up, home: &Home) -> Result<Network, Failure> {
    let _not_of_one_process = home.share()?;
    let requested = requested(args, home);
    let mut network = existing_or_new(args, home)?;
    let known: BTreeSet<_> = network.nodes.iter().map(|member| member.name.clone()).collect();
    let mut ports = Vec::new();
    for (name, role) in requested.into_iter().filter(|(name, _)| !known.contains(name)) {
        network.nodes.push(create(home, name, role, &mut ports)?);
    }
    network.save(&home.network_file())?;
    Ok(network)
}

/// The nodes that `args` ask for, in a network as it is now.
fn requested(args: &Up, home: &Home) -> Vec<(String, Role)> {
    let lights = args.light.unwrap_or(if home.network_file().exists() { 0 } else { NEW_LIGHTS });
    let heavies = (1..=args.heavy).map(|number| (format!("heavy-{number}"), Role::Heavy));
    let lights = (1..=lights).map(|number| (format!("light-{number}"), Role::Light));
    let analyst = (ANALYST.to_owned(), Role::Proposer);
    std::iter::once(analyst).chain(heavies).chain(lights).collect()
}

fn existing_or_new(args: &Up, home: &Home) -> Result<Network, Failure> {
    let file = home.network_file();
    if !file.exists() {
        let Up { min_participants, answer_after, .. } = *args;
        let policy = PolicyConfig { min_participants, answer_after, ..PolicyConfig::default() };
        return Ok(Network { policy, nodes: Vec::new() });
    }
    let network = Network::load(&file)?;
    if network.nodes.iter().any(|member| !home.node(&member.name).config().exists()) {
        return Err(HomeError::OfOneProcess(home.path().to_owned()).into());
    }
    Ok(network)
}

/// Creates a node's key and configuration. Files that exist already are the owner's: they are used as
/// they are, or refused.
fn create(
    home: &Home,
    name: String,
    role: Role,
    ports: &mut Vec<UdpSocket>,
) -> Result<Member, Failure> {
    let place = home.node(&name);
    place.make()?;
    let identity = key::load_or_create(&place.key())?;
    let config = match place.config().exists() {
        true => NodeConfig::load(&place.config(), &name, role)?,
        false => write_config(&place, &name, role, ports)?,
    };
    Ok(Member { name, role, id: identity.id(), address: config.listen })
}

fn write_config(
    place: &NodeHome,
    name: &str,
    role: Role,
    ports: &mut Vec<UdpSocket>,
) -> Result<NodeConfig, Failure> {
    let listen = (role == Role::Heavy).then(|| free_port(ports)).transpose()?;
    let responder = (role == Role::Light).then_some(ResponderConfig::Random {});
    let config = NodeConfig { name: name.to_owned(), role, listen, responder };
    config.save(&place.config())?;
    if role == Role::Light && !place.consent().exists() {
        let (file, written) = (place.consent(), fs::write(place.consent(), MADE_UP));
        written.map_err(|error| HomeError::Io { path: file, error })?;
    }
    Ok(config)
}

/// How many light nodes answer at random. A configuration that cannot be read is reported by its node.
fn random_lights(network: &Network, home: &Home) -> usize {
    let answers_at_random = |member: &&Member| {
        let config = NodeConfig::load(&home.node(&member.name).config(), &member.name, Role::Light);
        config.is_ok_and(|config| matches!(config.responder, Some(ResponderConfig::Random { .. })))
    };
    network.with_role(Role::Light).filter(answers_at_random).count()
}

/// Ports for heavy nodes: below those that systems give to whoever asks for any, so that nobody is given one
/// between the choice and the start of its node.
const PORTS: Range<u16> = 16_384..32_768;

/// A free port, held in `ports` until all ports have been chosen.
fn free_port(ports: &mut Vec<UdpSocket>) -> Result<SocketAddr, Failure> {
    let mut first = [0; 2];
    let drawn = getrandom::fill(&mut first).map_err(NodeError::Randomness);
    drawn.map_err(|error| Failure::Other(error.into()))?;
    let first = usize::from(u16::from_le_bytes(first)) % PORTS.len();
    let mut all = PORTS.cycle().skip(first).take(PORTS.len());
    let free = |port| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        UdpSocket::bind(address).ok().map(|socket| (address, socket))
    };
    let (address, socket) = all.find_map(free).ok_or_else(|| {
        Failure::Other(format!("no UDP port of 127.0.0.1 is free from {PORTS:?}").into())
    })?;
    ports.push(socket);
    Ok(address)
}

/// Starts a node in its own process group, so that it outlives the shell and Ctrl-C does not reach it.
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

/// Waits until a node answers its owner; `false` if its process has ended, or is not ready in time.
async fn running(home: &Home, member: &Member, mut child: Child) -> bool {
    let (pause, looks) = POLL;
    for _ in 0..looks {
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
