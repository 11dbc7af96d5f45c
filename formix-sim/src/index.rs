//! Which question of the workload something is about, without hashing it again and again.

use std::collections::BTreeMap;

use formix_proto::id::{ComputationId, Nonce};
use formix_proto::message::Message;
use formix_proto::spec::Proposal;

use crate::plan::Plan;

/// The questions of a plan, by what names them.
#[derive(Debug, Clone)]
pub(crate) struct Index<'p> {
    plan: &'p Plan,
    /// In order of the questions.
    pub(crate) ids: Vec<ComputationId>,
    by_id: BTreeMap<ComputationId, usize>,
    by_nonce: BTreeMap<Nonce, usize>,
}

impl<'p> Index<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let ids: Vec<_> = plan.workload.iter().map(|question| question.proposal.id()).collect();
        let nonces = plan.workload.iter().map(|question| question.proposal.nonce);
        Self {
            plan,
            by_id: ids.iter().copied().zip(0..).collect(),
            by_nonce: nonces.zip(0..).collect(),
            ids,
        }
    }

    /// The question with this id.
    pub(crate) fn question(&self, id: &ComputationId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The question that a message is about; that of other terms is another.
    pub(crate) fn of(&self, message: &Message) -> Option<usize> {
        let same = |proposal: &Proposal| {
            let question = *self.by_nonce.get(&proposal.nonce)?;
            (self.plan.workload[question].proposal == *proposal).then_some(question)
        };
        match message {
            Message::Propose { .. } => None,
            Message::Prepare(proposal)
            | Message::Announce(proposal)
            | Message::Invite(proposal) => same(proposal),
            Message::Ready(id)
            | Message::Open(id)
            | Message::Opened(id)
            | Message::AllIn(id)
            | Message::Close(id)
            | Message::List(id)
            | Message::Knock(id)
            | Message::Decline(id)
            | Message::Receipt(id)
            | Message::Inquire(id)
            | Message::Progress { id, .. }
            | Message::Outcome { id, .. }
            | Message::Frozen { id, .. }
            | Message::FrozenSet { id, .. }
            | Message::Seal { id, .. }
            | Message::Counts { id, .. }
            | Message::Counted { id, .. }
            | Message::Partial { id, .. }
            | Message::Revealed { id, .. }
            | Message::Abort { id, .. }
            | Message::Contribution { id, .. }
            | Message::Refuse { id, .. }
            | Message::Ended { id, .. } => self.question(id),
        }
    }
}
