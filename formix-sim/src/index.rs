//! Which question of the workload a message or record is about, without hashing its terms each time.

use std::collections::BTreeMap;

use formix_proto::id::{ComputationId, Nonce};
use formix_proto::message::Message;
use formix_proto::spec::Proposal;
use formix_testkit::about;

use crate::plan::Plan;

/// The questions of a plan, by what names them.
#[derive(Debug, Clone)]
pub struct Index<'p> {
    plan: &'p Plan,
    /// In order of the questions.
    pub ids: Vec<ComputationId>,
    by_id: BTreeMap<ComputationId, usize>,
    by_nonce: BTreeMap<Nonce, usize>,
}

impl<'p> Index<'p> {
    /// Of all questions of a plan.
    pub fn new(plan: &'p Plan) -> Self {
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
    pub fn question(&self, id: &ComputationId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The question that a message is about. A proposal with other terms is another question.
    pub fn of(&self, message: &Message) -> Option<usize> {
        let same = |proposal: &Proposal| {
            let question = *self.by_nonce.get(&proposal.nonce)?;
            (self.plan.workload[question].proposal == *proposal).then_some(question)
        };
        match message {
            Message::Propose { .. } => None,
            Message::Prepare(proposal)
            | Message::Announce { proposal, .. }
            | Message::Invite(proposal) => same(proposal),
            _ => about(message).and_then(|id| self.question(&id)),
        }
    }
}
