//! Whether a plan that was read from a file names only its own nodes.

use super::Plan;
use super::cluster::Peer;

/// A plan that cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// A question, a fault or the adversary names a node that is not there.
    #[error("it names node {0}, and has fewer")]
    NoSuchNode(u32),
    /// There is no node, or no question.
    #[error("it has no nodes, or no question")]
    Empty,
}

impl Plan {
    /// Checks a plan that was not made here.
    pub fn check(&self) -> Result<(), Unsound> {
        if self.cluster.members.is_empty() || self.workload.is_empty() {
            return Err(Unsound::Empty);
        }
        let asking = self.workload.iter().map(|question| question.proposer);
        let failing = self.faults.list.iter().flat_map(|fault| fault.peers());
        let moving = self.adversary.moves.iter().map(|step| step.peer);
        let lying = self.adversary.members.iter().copied();
        let unknown = |peer: &Peer| peer.index() >= self.cluster.members.len();
        let mut named = asking.chain(failing).chain(moving).chain(lying);
        named.find(unknown).map_or(Ok(()), |peer| Err(Unsound::NoSuchNode(peer.0)))
    }
}
