//! Which proposals a node takes part in: one rule for heavy nodes, light nodes and proposers.

use crate::context::Context;
use crate::directory::Role;
use crate::limits::{MAX_OPEN, MAX_POOLS, MAX_REMEMBERED};
use crate::outcome::Refusal;
use crate::spec::Proposal;

/// What a part of a node has taken on already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Computations that have not ended.
    pub(crate) open: usize,
    /// The bytes of shares that those may make it keep.
    pub(crate) bytes: u64,
}

impl Load {
    /// A computation begins.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.open += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// It has ended.
    pub(crate) fn remove(&mut self, bytes: u64) {
        self.open = self.open.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// Whether this node takes part in what is proposed, given its load and how much it remembers; `bytes` is
/// what the proposal may add to the load.
///
/// # Errors
///
/// [`Refusal::Busy`] before all else when it cannot remember one more, as a refusal may have to be
/// remembered; last, when it cannot keep the shares.
pub(crate) fn acceptable(
    cx: &Context<'_>,
    proposal: &Proposal,
    load: Load,
    remembered: usize,
    bytes: u64,
) -> Result<(), Refusal> {
    if load.open >= MAX_OPEN || remembered >= MAX_REMEMBERED {
        return Err(Refusal::Busy);
    }
    proposal.spec.check(cx.now, cx.policy).map_err(Refusal::Terms)?;
    if cx.directory.role(&proposal.proposer).is_none() {
        return Err(Refusal::Stranger(proposal.proposer));
    }
    for node in proposal.spec.committee.nodes() {
        if cx.directory.role(&node) != Some(Role::Heavy) {
            return Err(Refusal::NotAHeavy(node));
        }
    }
    match load.bytes.saturating_add(bytes) {
        0..=MAX_POOLS => Ok(()),
        _ => Err(Refusal::Busy),
    }
}
