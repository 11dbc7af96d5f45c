//! Configuration: the nodes of a network (`network.toml`), and one of them (`node.toml`).

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use formix_proto::directory::{Directory, Role};
use formix_proto::id::NodeId;
use formix_proto::policy::Policy;
use formix_transport::peers::{Peer, Peers};
use serde::{Deserialize, Serialize};

use crate::consent::RuleError;
use crate::duration;
use crate::home::HomeError;
use crate::responder::ResponderConfig;
pub(crate) use file::{line_of, parse, read, read_if_there, replace, syntax, write};
use file::{load, save};

/// `network.toml`: the same on every node of a network.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The bounds that every node of this network sets on proposals.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// The enrolled nodes.
    #[serde(default, rename = "node")]
    pub nodes: Vec<Member>,
}

/// One enrolled node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The digest of its public key.
    #[serde(with = "hex_id")]
    pub id: NodeId,
    /// The address it listens on; heavy nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
}

/// A network's policy, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// The smallest `min_participants` that a question may have. Below 3 is for tests on one machine only.
    pub min_participants: u32,
    /// The longest time from a proposal to its deadline.
    #[serde(with = "duration")]
    pub horizon: Duration,
    /// How long a committee may take to get ready, before it collects answers.
    #[serde(with = "duration")]
    pub prepare_within: Duration,
    /// How long a committee may take to reveal, after the deadline.
    #[serde(with = "duration")]
    pub reveal_within: Duration,
    /// How long after it was asked a light node answers, whatever it answers: time to find the answer in. With
    /// `0s` it answers as soon as it knows, and when that is may tell what: for tests only.
    #[serde(with = "duration")]
    pub answer_after: Duration,
}

/// `node.toml`: one node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// Its name, which is also the name of its directory.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The address it listens on; heavy nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Where its answers come from; light nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<ResponderConfig>,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] HomeError),
    /// Its text is wrong.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// There is no network in this home.
    #[error("no network in {}: `formix up` creates one", .0.display())]
    NoNetwork(PathBuf),
    /// The network is another user's.
    #[error("{}: permission denied: run this as the user who started the network", .0.display())]
    Forbidden(PathBuf),
    /// Its content is wrong.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: ContentError,
    },
    /// No node has this name.
    #[error("no node is called `{name}`: use one of {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names of the nodes that are enrolled.
        known: String,
    },
}

/// What is wrong with the content of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// Not the name of a node.
    #[error("`{0}` is not a node's name: use 1 to 32 of the characters a-z, 0-9 and -")]
    Name(String),
    /// Two nodes share a name or a key.
    #[error("node `{0}` is enrolled twice: every node needs its own name and its own id")]
    Twice(String),
    /// A heavy node has no address.
    #[error("heavy node `{name}` has no address: add `{key} = \"IP:PORT\"`")]
    NoAddress {
        /// The node.
        name: String,
        /// The key that its address belongs to.
        key: &'static str,
    },
    /// Other nodes cannot dial a heavy node at its address.
    #[error(
        "other nodes cannot reach heavy node `{name}` at {address}: give the IP address and the port that it listens on"
    )]
    NoDestination {
        /// The node.
        name: String,
        /// Its address.
        address: SocketAddr,
    },
    /// The configuration of another node.
    #[error(
        "this is the configuration of `{name}`, a {role} node, not of `{expected}`, a {expected_role} node: correct the file, or name the right node"
    )]
    OtherNode {
        /// The node's name.
        name: String,
        /// Its role.
        role: Role,
        /// The name of the node that the configuration should be for.
        expected: String,
        /// The role of that node.
        expected_role: Role,
    },
    /// The network is empty.
    #[error("no node is enrolled: the file is empty or incomplete")]
    NoNodes,
    /// Every question is allowed by default.
    #[error(
        "`default = \"allow\"` would answer questions that you have not thought of: use \"ask\" or \"deny\", and write a rule for what you allow"
    )]
    AllowsByDefault,
    /// A rule of consent is wrong.
    #[error("rule {number}: {error}")]
    Rule {
        /// The number of the rule, from 1.
        number: usize,
        /// What is wrong with it.
        error: RuleError,
    },
    /// Rules of consent in a form that no rule can be inserted into.
    #[error("the rules are not written as [[rule]] tables: add the rule by hand")]
    NotATable,
}

impl ConfigError {
    /// What the operating system reports, if it is that.
    fn kind(&self) -> Option<ErrorKind> {
        match self {
            Self::File(HomeError::Io { error, .. }) => Some(error.kind()),
            _ => None,
        }
    }
}

impl ContentError {
    pub(crate) fn of(self, path: &Path) -> ConfigError {
        ConfigError::Content { path: path.to_owned(), what: self }
    }
}

impl Network {
    /// Reads and checks `network.toml`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let network: Self = load(path).map_err(|error| match error.kind() {
            Some(ErrorKind::NotFound) => {
                ConfigError::NoNetwork(path.parent().unwrap_or(path).to_owned())
            }
            Some(ErrorKind::PermissionDenied) => ConfigError::Forbidden(path.to_owned()),
            _ => error,
        })?;
        network.check().map_err(|what| what.of(path))?;
        Ok(network)
    }

    /// Writes it, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), ConfigError> {
        self.check().map_err(|what| what.of(path))?;
        save(path, self)
    }

    fn check(&self) -> Result<(), ContentError> {
        if self.nodes.is_empty() {
            return Err(ContentError::NoNodes);
        }
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for member in &self.nodes {
            check_name(&member.name)?;
            if !names.insert(&member.name) || !ids.insert(member.id) {
                return Err(ContentError::Twice(member.name.clone()));
            }
            if member.role == Role::Heavy {
                member.check_address()?;
            }
        }
        Ok(())
    }

    /// The node with that name.
    pub fn member(&self, name: &str) -> Result<&Member, ConfigError> {
        self.nodes.iter().find(|member| member.name == name).ok_or_else(|| ConfigError::Unknown {
            name: name.to_owned(),
            known: self.nodes.iter().map(|node| node.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// The nodes of one role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.nodes.iter().filter(move |member| member.role == role)
    }

    /// The enrolled nodes, for the protocol.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::new(self.nodes.iter().map(|member| (member.id, member.role)).collect())
    }

    /// The enrolled nodes and their addresses, for the transport.
    pub fn peers(&self) -> Arc<Peers> {
        let peer =
            |member: &Member| (member.id, Peer { role: member.role, address: member.address });
        Arc::new(self.nodes.iter().map(peer).collect())
    }

    /// The names of the nodes.
    pub fn names(&self) -> BTreeMap<NodeId, String> {
        self.nodes.iter().map(|member| (member.id, member.name.clone())).collect()
    }

    /// Who is enrolled, for consent.
    pub fn enrolled(&self) -> Enrolled {
        let light_nodes = self.with_role(Role::Light).count();
        Enrolled {
            names: self.names(),
            light_nodes: u32::try_from(light_nodes).unwrap_or(u32::MAX),
        }
    }
}

/// Who is enrolled, as far as it matters to an owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Enrolled {
    /// What the nodes are called.
    pub names: BTreeMap<NodeId, String>,
    /// How many light nodes there are: each question is put to all of them.
    pub light_nodes: u32,
}

impl Member {
    /// Whether others can dial it.
    fn check_address(&self) -> Result<(), ContentError> {
        let name = self.name.clone();
        match self.address {
            None => Err(ContentError::NoAddress { name, key: "address" }),
            Some(address) if address.port() == 0 || address.ip().is_unspecified() => {
                Err(ContentError::NoDestination { name, address })
            }
            Some(_) => Ok(()),
        }
    }
}

impl NodeConfig {
    /// Reads and checks the `node.toml` of the node with this name and role.
    pub fn load(path: &Path, name: &str, role: Role) -> Result<Self, ConfigError> {
        let node: Self = load(path)?;
        node.check().map_err(|what| what.of(path))?;
        if node.name != name || node.role != role {
            let other = ContentError::OtherNode {
                name: node.name,
                role: node.role,
                expected: name.to_owned(),
                expected_role: role,
            };
            return Err(other.of(path));
        }
        Ok(node)
    }

    /// Writes it, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), ConfigError> {
        self.check().map_err(|what| what.of(path))?;
        save(path, self)
    }

    fn check(&self) -> Result<(), ContentError> {
        check_name(&self.name)?;
        match self.role == Role::Heavy && self.listen.is_none() {
            true => Err(ContentError::NoAddress { name: self.name.clone(), key: "listen" }),
            false => Ok(()),
        }
    }
}

impl PolicyConfig {
    /// A policy for test networks on one machine: it reveals results over a single participant, and answers
    /// leave as soon as they are known.
    pub fn local_test() -> Self {
        Self { min_participants: 1, answer_after: Duration::ZERO, ..Self::default() }
    }

    /// The policy, for the protocol.
    pub fn policy(&self) -> Policy {
        Policy {
            min_participants: self.min_participants,
            horizon: self.horizon,
            prepare_within: self.prepare_within,
            reveal_within: self.reveal_within,
            answer_after: self.answer_after,
            ..Policy::default()
        }
    }
}

impl Default for PolicyConfig {
    fn default() -> Self {
        let Policy {
            min_participants, horizon, prepare_within, reveal_within, answer_after, ..
        } = Policy::default();
        Self { min_participants, horizon, prepare_within, reveal_within, answer_after }
    }
}

/// Names become directories, so they hold no character that is special to a shell or a file system.
pub(crate) fn check_name(name: &str) -> Result<(), ContentError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = (1..=32).contains(&name.len()) && name.chars().all(plain);
    fits.then_some(()).ok_or_else(|| ContentError::Name(name.to_owned()))
}

mod hex_id {
    use formix_proto::id::NodeId;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(id: &NodeId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<NodeId, D::Error> {
        String::deserialize(de)?.parse().map_err(de::Error::custom)
    }
}
