//! The enrolled nodes, and which of them dial which.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use formix_proto::directory::Role;
use formix_proto::id::NodeId;
use sha2::{Digest as _, Sha256};

/// The number of heavy nodes that a light node stays connected to: a committee.
pub const KEPT_HEAVIES: usize = 3;

/// One enrolled node, as a transport knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its role.
    pub role: Role,
    /// The address it listens on. Only heavy nodes listen; the others dial.
    pub address: Option<SocketAddr>,
}

/// The enrolled nodes. May contain the node itself, which is never its own peer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peers(BTreeMap<NodeId, Peer>);

impl Peers {
    /// The enrolled node with this id.
    pub fn get(&self, node: &NodeId) -> Option<&Peer> {
        self.0.get(node)
    }

    /// The enrolled nodes, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Peer)> + '_ {
        self.0.iter().map(|(node, peer)| (*node, peer))
    }

    /// The nodes that `me`, with this role, stays connected to.
    pub fn kept(&self, me: NodeId, role: Role) -> BTreeSet<NodeId> {
        match role {
            // The heavy with the lesser id dials: one connection for each pair.
            Role::Heavy => self.heavies().filter(|heavy| *heavy > me).collect(),
            Role::Light => self.nearest(me),
            Role::Proposer => BTreeSet::new(),
        }
    }

    /// The address at which `me`, with this role, dials `to`; `None` if it has to wait for `to` to dial.
    pub fn dialable(&self, me: NodeId, role: Role, to: NodeId) -> Option<SocketAddr> {
        let peer = self.get(&to)?;
        let mine = peer.role == Role::Heavy && to != me && (role != Role::Heavy || to > me);
        peer.address.filter(|_| mine)
    }

    fn heavies(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.iter().filter(|(_, peer)| peer.role == Role::Heavy).map(|(node, _)| node)
    }

    /// Rendezvous hashing: light nodes spread evenly over heavy nodes, and a heavy that joins or
    /// leaves moves only the light nodes it serves.
    fn nearest(&self, light: NodeId) -> BTreeSet<NodeId> {
        let mut ranked: Vec<_> =
            self.heavies().map(|heavy| (affinity(light, heavy), heavy)).collect();
        ranked.sort_unstable();
        ranked.into_iter().take(KEPT_HEAVIES).map(|(_, heavy)| heavy).collect()
    }
}

impl FromIterator<(NodeId, Peer)> for Peers {
    fn from_iter<I: IntoIterator<Item = (NodeId, Peer)>>(peers: I) -> Self {
        Self(peers.into_iter().collect())
    }
}

fn affinity(light: NodeId, heavy: NodeId) -> [u8; 32] {
    Sha256::new().chain_update(light.0).chain_update(heavy.0).finalize().into()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);

    fn node(seed: u8) -> NodeId {
        NodeId([seed; 32])
    }

    fn heavies(count: u8) -> Peers {
        let peer = Peer { role: Role::Heavy, address: Some(ADDRESS) };
        (1..=count).map(|seed| (node(seed), peer)).collect()
    }

    #[test]
    fn each_pair_of_heavies_has_one_dialler() {
        let peers = heavies(5);
        for (a, b) in (1..=5).flat_map(|a| (1..=5).map(move |b| (a, b))) {
            let kept = peers.kept(node(a), Role::Heavy).contains(&node(b));
            assert_eq!(kept, a < b);
            assert_eq!(peers.dialable(node(a), Role::Heavy, node(b)).is_some(), a < b);
        }
    }

    #[test]
    fn a_light_keeps_every_one_of_three_heavies() {
        assert_eq!(heavies(3).kept(node(9), Role::Light), [1, 2, 3].map(node).into());
        assert_eq!(heavies(2).kept(node(9), Role::Light).len(), 2);
    }

    #[test]
    fn lights_spread_over_heavies() {
        let peers = heavies(10);
        let mut load = BTreeMap::new();
        for light in 0..1_000_u16 {
            let mut id = node(0);
            id.0[..2].copy_from_slice(&light.to_be_bytes());
            let kept = peers.kept(id, Role::Light);
            assert_eq!(kept.len(), KEPT_HEAVIES);
            kept.into_iter().for_each(|heavy| *load.entry(heavy).or_insert(0) += 1);
        }
        assert!(load.values().all(|lights| (200..400).contains(lights)), "{load:?}");
    }

    #[test]
    fn a_heavy_that_leaves_moves_only_its_lights() {
        let (ten, nine) = (heavies(10), heavies(9));
        for light in (100..200).map(node) {
            let (before, after) = (ten.kept(light, Role::Light), nine.kept(light, Role::Light));
            assert!(before.contains(&node(10)) || before == after);
            assert!(before.difference(&after).all(|heavy| *heavy == node(10)));
        }
    }

    #[test]
    fn proposers_keep_none_and_dial_any_heavy() {
        let peers = heavies(3);
        assert!(peers.kept(node(9), Role::Proposer).is_empty());
        assert_eq!(peers.dialable(node(9), Role::Proposer, node(1)), Some(ADDRESS));
        assert_eq!(peers.dialable(node(9), Role::Proposer, node(8)), None);
    }

    #[test]
    fn lights_are_never_dialled() {
        let light = Peer { role: Role::Light, address: Some(ADDRESS) };
        let peers = Peers::from_iter([(node(5), light)]);
        assert_eq!(peers.dialable(node(1), Role::Heavy, node(5)), None);
    }
}
