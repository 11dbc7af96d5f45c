//! What does not change in a computation.

use crate::id::{ComputationId, NodeId};
use crate::places::{Claim, Load};
use crate::seat::{Committee, Seat};
use crate::sharing::Shape;
use crate::spec::{Proposal, Spec};

/// The question of a computation, and this node's seat in its committee.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) id: ComputationId,
    pub(super) proposal: Proposal,
    pub(super) seat: Seat,
    /// What every share of it looks like: to work it out is too much for each that comes.
    pub(super) shape: Shape,
    /// What it takes as long as everything may still come.
    claim: Claim,
}

impl Terms {
    pub(super) fn new(proposal: Proposal, seat: Seat) -> Self {
        let (id, claim) = (proposal.id(), Self::claim_for(&proposal));
        let shape = proposal.spec.shape();
        Self { id, proposal, seat, shape, claim }
    }

    /// What taking part in this would take.
    pub(super) fn claim_for(proposal: &Proposal) -> Claim {
        let spec = &proposal.spec;
        let memory = proposal.memory().saturating_add(spec.results());
        Claim { holder: proposal.proposer, load: Load { open: 1, shares: spec.pool(), memory } }
    }

    /// The same while shares may come.
    pub(super) fn load(&self) -> Load {
        self.claim.load
    }

    /// The same once the shares are added up. A seat that only waits for the primary takes no place: a
    /// primary that has vanished would keep it for good.
    pub(super) fn load_of_sealed(&self) -> Load {
        Load { open: self.is_primary().into(), shares: 0, ..self.claim.load }
    }

    /// The same once it is over, with a result of so many bytes.
    pub(super) fn load_of_ended(&self, result: u64) -> Load {
        let question = self.claim.load.memory.saturating_sub(self.spec().results());
        Load { open: 0, shares: 0, memory: question.saturating_add(result) }
    }

    pub(super) fn spec(&self) -> &Spec {
        &self.proposal.spec
    }

    pub(super) fn committee(&self) -> &Committee {
        &self.proposal.spec.committee
    }

    pub(super) fn primary(&self) -> NodeId {
        self.committee().primary()
    }

    pub(super) fn is_primary(&self) -> bool {
        self.seat == Seat::PRIMARY
    }
}
