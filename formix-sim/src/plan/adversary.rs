//! Nodes that do not keep to the protocol.

use formix_proto::directory::Role;
use serde::{Deserialize, Serialize};

use super::cluster::{Cluster, Peer};
use crate::random::Stream;

/// Nodes whose messages an adversary controls: they run the real code, and what leaves them is changed.
/// They have their own keys and no others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Adversary {
    /// Light nodes, one heavy node, or a proposer.
    pub members: Vec<Peer>,
    /// What is done to which of their messages.
    pub moves: Vec<Move>,
}

/// One message that is not sent as the node meant it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Whose message.
    pub peer: Peer,
    /// Which: the first is 1.
    pub nth: u32,
    /// What is done.
    pub trick: Trick,
}

/// What can be done to a message. Numbers choose among what is possible then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trick {
    /// It is not sent.
    Withhold,
    /// Its content is changed; what differs from node to node this way is equivocation.
    Rewrite(u64),
    /// One that was sent or received before is sent along with it.
    Replay(u64),
    /// It goes to that node as well.
    Misdirect(Peer),
    /// A message that no node wanted to send goes out as well.
    Invent(u64),
    /// It is sent this many times more.
    Flood(u32),
    /// A byte of it is another, or its end is missing.
    Garble(u64),
}

impl Adversary {
    /// None in most plans; else light nodes, a heavy node or a proposer.
    pub(super) fn draw(seed: u64, cluster: &Cluster) -> Self {
        let mut draw = Stream::new(seed, "adversary");
        if !draw.chance(25) {
            return Self::default();
        }
        let (role, most) = match draw.below(10) {
            0..3 => (Role::Light, cluster.directory.lights() as usize / 2),
            3..8 => (Role::Heavy, 1),
            _ => (Role::Proposer, 1),
        };
        let mut candidates = cluster.with_role(role);
        let count = 1 + draw.index(most.max(1));
        let members: Vec<_> =
            (0..count).map(|_| candidates.remove(draw.index(candidates.len()))).collect();
        let everyone: Vec<_> = cluster.peers().collect();
        let gap = draw.within(1..=12);
        let mut moves = Vec::new();
        for peer in members.iter().copied() {
            let mut nth = 1 + draw.small(gap);
            while nth <= 160 {
                let dice = draw.below(u64::MAX);
                let trick = match draw.below(10) {
                    0 => Trick::Withhold,
                    1 => Trick::Garble(dice),
                    2..5 => Trick::Rewrite(dice),
                    5 => Trick::Replay(dice),
                    6 if draw.chance(20) => Trick::Flood(draw.small(500)),
                    6 => Trick::Misdirect(draw.pick(&everyone)),
                    _ => Trick::Invent(dice),
                };
                moves.push(Move { peer, nth, trick });
                nth += 1 + draw.small(gap);
            }
        }
        Self { members, moves }
    }

    /// Whether a node is the adversary's.
    pub fn has(&self, peer: Peer) -> bool {
        self.members.contains(&peer)
    }
}
