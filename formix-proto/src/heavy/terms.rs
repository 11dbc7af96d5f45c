//! What does not change in a computation.

use crate::id::{ComputationId, NodeId};
use crate::seat::{Committee, Seat};
use crate::spec::{Proposal, Spec};

/// The question of a computation, and this node's seat in its committee.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) id: ComputationId,
    pub(super) proposal: Proposal,
    pub(super) seat: Seat,
}

impl Terms {
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
