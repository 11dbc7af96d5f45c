//! Which proposals a node takes part in: one rule for heavy nodes, light nodes and proposers.

use crate::context::Context;
use crate::directory::Role;
use crate::outcome::Refusal;
use crate::places::{Claim, Places};
use crate::spec::Proposal;

/// Whether this node takes part in what is proposed, given the places that are taken; `claim` is what the proposal
/// would take.
///
/// # Errors
///
/// What is wrong with the proposal itself, before there being no room for it.
pub(crate) fn acceptable(
    cx: &Context<'_>,
    proposal: &Proposal,
    places: &Places,
    claim: Claim,
) -> Result<(), Refusal> {
    proposal.spec.check(cx.now, cx.policy).map_err(Refusal::Terms)?;
    if cx.directory.role(&proposal.proposer).is_none() {
        return Err(Refusal::Stranger(proposal.proposer));
    }
    for node in proposal.spec.committee.nodes() {
        if cx.directory.role(&node) != Some(Role::Heavy) {
            return Err(Refusal::NotAHeavy(node));
        }
    }
    places.admit(claim)
}
