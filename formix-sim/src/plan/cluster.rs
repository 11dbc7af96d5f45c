//! The nodes that take part.

use std::collections::BTreeMap;
use std::sync::Arc;

use formix_proto::directory::{Directory, Role};
use formix_proto::id::NodeId;
use formix_proto::policy::Policy;
use formix_proto::seat::Committee;
use serde::{Deserialize, Serialize};

use crate::random::Stream;

/// A node, by its position in [`Cluster::members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Peer(pub u32);

/// The nodes of one run: heavies, then lights, then proposers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Vec<Member>", into = "Vec<Member>")]
pub struct Cluster {
    /// The nodes.
    pub members: Vec<Member>,
    /// All nodes that are enrolled.
    pub directory: Arc<Directory>,
    by_id: BTreeMap<NodeId, Peer>,
}

/// One node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    /// What it is enrolled as.
    pub role: Role,
    /// Its number among those of its role.
    pub number: u32,
    /// Its id.
    pub id: NodeId,
    /// Its rules.
    pub policy: Policy,
    /// How far its clock is ahead at the start, in milliseconds; behind if negative.
    pub ahead: i64,
    /// How much its clock gains, in millionths; loses if negative.
    pub drift: i64,
    /// How long its disk takes to make a batch durable, in milliseconds.
    pub disk: u64,
}

impl Peer {
    /// Its position.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Cluster {
    /// A cluster of this many nodes of each role, all under one policy. Their ids are random, so that no order
    /// of roles hides in the order of ids.
    pub fn new(seed: u64, [heavies, lights, proposers]: [u32; 3], policy: &Policy) -> Self {
        let mut ids = Stream::new(seed, "ids");
        let roles = [(Role::Heavy, heavies), (Role::Light, lights), (Role::Proposer, proposers)];
        let member = |(role, number)| Member {
            role,
            number,
            id: NodeId(ids.bytes()),
            policy: policy.clone(),
            ahead: 0,
            drift: 0,
            disk: 1,
        };
        let numbered = |(role, count)| (0..count).map(move |number| (role, number));
        roles.into_iter().flat_map(numbered).map(member).collect::<Vec<_>>().into()
    }

    /// The node.
    pub fn member(&self, peer: Peer) -> &Member {
        &self.members[peer.index()]
    }

    /// The committee of these nodes, the primary first.
    ///
    /// # Panics
    ///
    /// When there are fewer than three or more than seven: a plan is made with enough heavy nodes.
    #[allow(clippy::expect_used, reason = "a mistake of who writes the plan")]
    pub fn committee(&self, heavies: &[Peer]) -> Committee {
        let nodes = heavies.iter().map(|peer| self.member(*peer).id);
        Committee::new(nodes).expect("a committee of three to seven")
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
        (0..self.members.len()).filter_map(|at| u32::try_from(at).ok().map(Peer))
    }

    /// The nodes of one role, in order of their numbers.
    pub fn with_role(&self, role: Role) -> Vec<Peer> {
        self.peers().filter(|peer| self.member(*peer).role == role).collect()
    }

    /// The node with this id.
    pub fn peer(&self, id: &NodeId) -> Option<Peer> {
        self.by_id.get(id).copied()
    }

    /// Whether light nodes answer at a time of the question's, and not as soon as they know.
    pub fn keeps_time(&self) -> bool {
        !self.policy().answer_after.is_zero()
    }

    /// The policy that the heavy nodes share, but for a stricter threshold of one of them.
    pub fn policy(&self) -> &Policy {
        &self.members[0].policy
    }
}

impl From<Vec<Member>> for Cluster {
    fn from(members: Vec<Member>) -> Self {
        let directory = members.iter().map(|member| (member.id, member.role)).collect();
        let by_id = (0..).map(Peer).zip(&members).map(|(peer, member)| (member.id, peer)).collect();
        Self { members, directory: Arc::new(directory), by_id }
    }
}

impl From<Cluster> for Vec<Member> {
    fn from(cluster: Cluster) -> Self {
        cluster.members
    }
}
