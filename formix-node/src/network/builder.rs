//! What a network is to be, before it starts.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;

use formix_proto::directory::Role;

use super::{FormixNetwork, NetworkError, bind, launch, member};
use crate::config::{Member, Network, PolicyConfig};
use crate::home::{ANALYST, Home, Scratch};
use crate::node::{BoundNode, RunningNode};
use crate::responder::ResponderConfig;

/// Describes a network; [`start`](Self::start) starts it.
#[derive(Debug, Clone)]
pub struct NetworkBuilder {
    heavies: usize,
    lights: Vec<(Option<String>, ResponderConfig)>,
    home: Option<PathBuf>,
    policy: PolicyConfig,
}

impl Default for NetworkBuilder {
    /// Three heavy nodes, five light nodes with random answers, and a policy for tests on one machine.
    fn default() -> Self {
        Self { heavies: 3, lights: Vec::new(), home: None, policy: PolicyConfig::local_test() }
            .light(5)
    }
}

impl NetworkBuilder {
    /// How many heavy nodes.
    pub fn heavy(mut self, count: usize) -> Self {
        self.heavies = count;
        self
    }

    /// How many light nodes; each answers at random, for trying things out.
    pub fn light(mut self, count: usize) -> Self {
        self.lights = vec![(None, ResponderConfig::Random {}); count];
        self
    }

    /// One light node per answer.
    pub fn answers<A: ToString>(mut self, answers: impl IntoIterator<Item = A>) -> Self {
        let fixed = |answer: A| (None, ResponderConfig::Fixed { value: answer.to_string() });
        self.lights = answers.into_iter().map(fixed).collect();
        self
    }

    /// These light nodes, by name and how they answer. A responder's relative paths are in the node's
    /// directory, `nodes/NAME` of the home.
    pub fn lights(mut self, lights: impl IntoIterator<Item = (String, ResponderConfig)>) -> Self {
        self.lights = lights.into_iter().map(|(name, how)| (Some(name), how)).collect();
        self
    }

    /// Keeps the network's files here, for good: a later start goes on where this one stopped.
    pub fn home(mut self, path: impl Into<PathBuf>) -> Self {
        self.home = Some(path.into());
        self
    }

    /// The policy; one for tests on one machine if not said.
    pub fn policy(mut self, policy: PolicyConfig) -> Self {
        self.policy = policy;
        self
    }

    /// Starts every node.
    pub async fn start(self) -> Result<FormixNetwork, NetworkError> {
        let scratch = if self.home.is_none() { Some(Scratch::new()?) } else { None };
        let home = match (self.home, &scratch) {
            (None, Some(scratch)) => scratch.home().clone(),
            (path, _) => Home::resolve(path)?,
        };
        let lock = home.lock()?;
        let mut network = Network { policy: self.policy, nodes: Vec::new() };
        let mut bound = Vec::new();
        let mut join = |name: Option<String>, role, responder: Option<&ResponderConfig>| {
            let name = name.unwrap_or_else(|| next_name(&network, role));
            let node = bind(&home, &name, role, responder)?;
            network.nodes.push(member(&node));
            bound.push(node);
            Ok::<(), NetworkError>(())
        };
        join(Some(ANALYST.to_owned()), Role::Proposer, None)?;
        for _ in 0..self.heavies {
            join(None, Role::Heavy, None)?;
        }
        for (name, responder) in self.lights {
            join(name, Role::Light, Some(&responder))?;
        }
        network.save(&home.network_file())?;
        let nodes = launch_all(bound, &network).await?;
        Ok(FormixNetwork {
            nodes: nodes.into(),
            network: network.into(),
            home,
            _lock: lock,
            _scratch: scratch,
        })
    }
}

/// The next free `heavy-N`, `light-N` or `proposer-N`.
pub(super) fn next_name(network: &Network, role: Role) -> String {
    let numbered = |member: &&Member| member.name.starts_with(&format!("{role}-"));
    let first = network.with_role(role).filter(numbered).count() + 1;
    let names = (first..).map(|number| format!("{role}-{number}"));
    names.skip_while(|name| network.member(name).is_ok()).take(1).collect()
}

/// Opening a log waits for the disk: all wait together. The nodes stay in order.
async fn launch_all(
    bound: Vec<BoundNode>,
    network: &Network,
) -> Result<Vec<RunningNode>, NetworkError> {
    let network = Arc::new(network.clone());
    let launching: Vec<_> = bound
        .into_iter()
        .map(|node| {
            let network = Arc::clone(&network);
            tokio::task::spawn_blocking(move || launch(node, &network))
        })
        .collect();
    let mut nodes = Vec::with_capacity(launching.len());
    for node in launching {
        nodes.push(node.await.unwrap_or_else(|defect| resume_unwind(defect.into_panic()))?);
    }
    Ok(nodes)
}
