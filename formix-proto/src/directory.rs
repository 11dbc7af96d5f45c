//! Who is enrolled, and as what.

use alloc::collections::BTreeMap;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::NodeId;

/// What a node is enrolled as; what it may send follows from it (R1). Every enrolled node may propose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Holds shares and takes part in reveals.
    Heavy,
    /// Owns private data and answers.
    Light,
    /// Only asks.
    Proposer,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heavy => "heavy",
            Self::Light => "light",
            Self::Proposer => "proposer",
        })
    }
}

/// The enrolled nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    roles: BTreeMap<NodeId, Role>,
    lights: u32,
}

impl Directory {
    /// The role of an enrolled node.
    pub fn role(&self, node: &NodeId) -> Option<Role> {
        self.roles.get(node).copied()
    }

    /// How many light nodes are enrolled.
    pub fn lights(&self) -> u32 {
        self.lights
    }

    /// The nodes of one role, in order of their ids.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = NodeId> + '_ {
        self.roles.iter().filter(move |(_, held)| **held == role).map(|(node, _)| *node)
    }
}

impl FromIterator<(NodeId, Role)> for Directory {
    fn from_iter<I: IntoIterator<Item = (NodeId, Role)>>(nodes: I) -> Self {
        let roles: BTreeMap<_, _> = nodes.into_iter().collect();
        let lights = roles.values().filter(|role| **role == Role::Light).count();
        Self { roles, lights: u32::try_from(lights).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn roles_are_printed_as_they_are_written() {
        let printed = [Role::Heavy, Role::Light, Role::Proposer].map(|role| role.to_string());
        assert_eq!(printed, ["heavy", "light", "proposer"]);
    }
}
