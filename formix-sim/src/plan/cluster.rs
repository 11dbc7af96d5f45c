//! Who takes part.

use core::time::Duration;
use std::sync::Arc;

use formix_proto::directory::{Directory, Role};
use formix_proto::id::NodeId;
use formix_proto::policy::Policy;

use crate::random::Stream;

/// A node, by its position in [`Cluster::members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peer(pub u8);

/// The nodes of one run: heavies, then lights, then proposers.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The nodes.
    pub members: Vec<Member>,
    /// Who is enrolled: all of them.
    pub directory: Arc<Directory>,
}

/// One node.
#[derive(Debug, Clone)]
pub struct Member {
    /// What it is enrolled as.
    pub role: Role,
    /// Its number among those of its role.
    pub number: u8,
    /// Its id.
    pub id: NodeId,
    /// Its rules.
    pub policy: Policy,
    /// How far its clock is ahead, in milliseconds; behind if negative.
    pub ahead: i64,
    /// How long its disk takes to make a batch durable, in milliseconds.
    pub disk: u64,
}

impl Peer {
    /// Its position.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl Cluster {
    /// That many nodes of each role, all under one policy. Their ids are random, so that no order
    /// of roles hides in the order of ids.
    pub fn new(seed: u64, [heavies, lights, proposers]: [u8; 3], policy: &Policy) -> Self {
        let mut ids = Stream::new(seed, "ids");
        let roles = [(Role::Heavy, heavies), (Role::Light, lights), (Role::Proposer, proposers)];
        let member = |(role, number)| Member {
            role,
            number,
            id: NodeId(ids.bytes()),
            policy: policy.clone(),
            ahead: 0,
            disk: 1,
        };
        let numbered = |(role, count)| (0..count).map(move |number| (role, number));
        let members: Vec<_> = roles.into_iter().flat_map(numbered).map(member).collect();
        let directory = members.iter().map(|member| (member.id, member.role)).collect();
        Self { members, directory: Arc::new(directory) }
    }

    /// The node.
    pub fn member(&self, peer: Peer) -> &Member {
        &self.members[peer.index()]
    }

    /// What people call the node: `h0`, `l3`, `p1`.
    pub fn name(&self, peer: Peer) -> String {
        let member = self.member(peer);
        let letter = match member.role {
            Role::Heavy => 'h',
            Role::Light => 'l',
            Role::Proposer => 'p',
        };
        format!("{letter}{}", member.number)
    }

    /// All nodes.
    pub fn peers(&self) -> impl Iterator<Item = Peer> + use<> {
        (0..self.members.len()).filter_map(|at| u8::try_from(at).ok().map(Peer))
    }

    /// The nodes of one role, in order of their numbers.
    pub fn with_role(&self, role: Role) -> Vec<Peer> {
        self.peers().filter(|peer| self.member(*peer).role == role).collect()
    }

    /// The node with this id.
    pub fn peer(&self, id: &NodeId) -> Option<Peer> {
        self.peers().find(|peer| self.member(*peer).id == *id)
    }

    /// The policy that the heavy nodes share, but for a stricter threshold of one of them.
    pub fn policy(&self) -> &Policy {
        &self.members[0].policy
    }

    /// The most that two clocks are apart.
    pub fn skew(&self) -> Duration {
        let ahead = |member: &Member| member.ahead;
        let most = self.members.iter().map(ahead).max().unwrap_or(0);
        let least = self.members.iter().map(ahead).min().unwrap_or(0);
        Duration::from_millis(most.abs_diff(least))
    }
}
