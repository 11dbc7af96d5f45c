//! Who is enrolled, and as what.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{LightsDigest, NodeId, digest};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    roles: BTreeMap<NodeId, Role>,
    lights: u32,
    digest: LightsDigest,
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

    /// Which light nodes are enrolled: two directories with other ones have other digests.
    pub fn lights_digest(&self) -> LightsDigest {
        self.digest
    }

    /// The nodes of one role, in order of their ids.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = NodeId> + '_ {
        self.roles.iter().filter(move |(_, held)| **held == role).map(|(node, _)| *node)
    }
}

impl FromIterator<(NodeId, Role)> for Directory {
    fn from_iter<I: IntoIterator<Item = (NodeId, Role)>>(nodes: I) -> Self {
        let roles: BTreeMap<_, _> = nodes.into_iter().collect();
        let lights = roles.iter().filter(|(_, role)| **role == Role::Light);
        let lights: Vec<_> = lights.map(|(node, _)| node.0).collect();
        let digest = LightsDigest(digest("formix/1 lights", &[lights.as_flattened()]));
        Self { roles, lights: u32::try_from(lights.len()).unwrap_or(u32::MAX), digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn directory(nodes: &[(u8, Role)]) -> Directory {
        nodes.iter().map(|(node, role)| (NodeId([*node; 32]), *role)).collect()
    }

    #[test]
    fn the_digest_names_the_light_nodes_and_nothing_else() {
        use Role::{Heavy, Light, Proposer};
        let two = directory(&[(1, Light), (2, Light), (3, Heavy)]).lights_digest();
        for same in [
            directory(&[(2, Light), (1, Light), (3, Heavy)]),
            directory(&[(1, Light), (2, Light), (4, Heavy), (5, Proposer)]),
        ] {
            assert_eq!(same.lights_digest(), two, "{same:?}");
        }
        for other in [
            directory(&[(1, Light), (3, Heavy)]),
            directory(&[(1, Light), (4, Light), (3, Heavy)]),
            directory(&[(1, Light), (2, Light), (3, Light)]),
            directory(&[]),
        ] {
            assert_ne!(other.lights_digest(), two, "{other:?}");
        }
    }

    #[test]
    fn roles_are_printed_as_they_are_written() {
        let printed = [Role::Heavy, Role::Light, Role::Proposer].map(|role| role.to_string());
        assert_eq!(printed, ["heavy", "light", "proposer"]);
    }
}
