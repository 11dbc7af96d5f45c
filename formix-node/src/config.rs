//! Configuration: who is enrolled (`network.toml`) and what one node is (`node.toml`).

mod file;

use std::collections::{BTreeMap, BTreeSet};
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
    /// The rules that every node here holds proposals to.
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
    /// What people call it.
    pub name: String,
    /// What it is enrolled as.
    pub role: Role,
    /// The digest of its public key.
    #[serde(with = "hex_id")]
    pub id: NodeId,
    /// Where it listens; heavy nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<SocketAddr>,
}

/// A network's policy, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// The smallest `min_participants`. Below 3 is for tests on one machine only.
    pub least_participants: u32,
    /// The farthest deadline.
    #[serde(with = "duration")]
    pub horizon: Duration,
    /// How long a committee may take to get ready.
    #[serde(with = "duration")]
    pub prepare_within: Duration,
    /// How long after its deadline a committee may take to reveal.
    #[serde(with = "duration")]
    pub reveal_within: Duration,
}

/// `node.toml`: what one node is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// What people call it; the name of its directory, too.
    pub name: String,
    /// What it is enrolled as.
    pub role: Role,
    /// Where it listens; heavy nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// How it gets its answers; light nodes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<ResponderConfig>,
}

/// Why a configuration is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] HomeError),
    /// It is not what it should be; the message names the line.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong, and where.
        message: String,
    },
    /// There is no network here.
    #[error("no network in {}: `formix up` makes one", .0.display())]
    NoNetwork(PathBuf),
    /// What it says cannot be.
    #[error("{}: {what}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What cannot be.
        what: ContentError,
    },
    /// No such node.
    #[error("no node is called `{name}`; there are {known}")]
    Unknown {
        /// The name that was looked for.
        name: String,
        /// The names that there are.
        known: String,
    },
}

/// What a configuration says that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A name that is not one.
    #[error("`{0}` is not a node's name: use 1 to 32 of a-z, 0-9 and -")]
    Name(String),
    /// Two nodes share a name or a key.
    #[error("node `{0}` is enrolled twice")]
    Twice(String),
    /// A heavy node cannot be reached.
    #[error("heavy node `{0}` has no address")]
    NoAddress(String),
    /// Nobody is enrolled: the file is empty, or cut short.
    #[error("no node is enrolled")]
    Nobody,
    /// Every question is allowed that the owner has not thought of.
    #[error(
        "`default = \"allow\"` would answer whatever nobody has thought of: say in a rule what is allowed"
    )]
    AllowsByDefault,
    /// A rule of consent that cannot be meant.
    #[error("rule {number}: {error}")]
    Rule {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        error: RuleError,
    },
    /// Rules of consent in a form that no rule can be put before.
    #[error("its rules are not tables that begin with [[rule]]: write the rule yourself")]
    NotATable,
}

impl ContentError {
    pub(crate) fn of(self, path: &Path) -> ConfigError {
        ConfigError::Content { path: path.to_owned(), what: self }
    }
}

impl Network {
    /// Reads and checks `network.toml`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        if !path.exists() {
            let home = path.parent().unwrap_or(path);
            return Err(ConfigError::NoNetwork(home.to_owned()));
        }
        let network: Self = load(path)?;
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
            return Err(ContentError::Nobody);
        }
        let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
        for member in &self.nodes {
            check_name(&member.name)?;
            if !names.insert(&member.name) || !ids.insert(member.id) {
                return Err(ContentError::Twice(member.name.clone()));
            }
            if member.role == Role::Heavy && member.address.is_none() {
                return Err(ContentError::NoAddress(member.name.clone()));
            }
        }
        Ok(())
    }

    /// The node of that name.
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

    /// Who is enrolled, for the protocol.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::new(self.nodes.iter().map(|member| (member.id, member.role)).collect())
    }

    /// Who is enrolled and where, for the transport.
    pub fn peers(&self) -> Arc<Peers> {
        let peer =
            |member: &Member| (member.id, Peer { role: member.role, address: member.address });
        Arc::new(self.nodes.iter().map(peer).collect())
    }

    /// What people call the nodes.
    pub fn names(&self) -> BTreeMap<NodeId, String> {
        self.nodes.iter().map(|member| (member.id, member.name.clone())).collect()
    }
}

impl NodeConfig {
    /// Reads and checks `node.toml`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let node: Self = load(path)?;
        node.check().map_err(|what| what.of(path))?;
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
            true => Err(ContentError::NoAddress(self.name.clone())),
            false => Ok(()),
        }
    }
}

impl PolicyConfig {
    /// A policy for networks of made-up or one's own data on one machine: it reveals sums over a
    /// single person.
    pub fn local_test() -> Self {
        Self { least_participants: 1, ..Self::default() }
    }

    /// The policy, for the protocol.
    pub fn policy(&self) -> Policy {
        Policy {
            least_participants: self.least_participants,
            horizon: self.horizon,
            prepare_within: self.prepare_within,
            reveal_within: self.reveal_within,
            ..Policy::default()
        }
    }
}

impl Default for PolicyConfig {
    fn default() -> Self {
        let Policy { least_participants, horizon, prepare_within, reveal_within, .. } =
            Policy::default();
        Self { least_participants, horizon, prepare_within, reveal_within }
    }
}

/// Names become directories: nothing that means something to a shell or a file system.
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
