//! What cannot be promised while an adversary takes part, and nothing more.
//!
//! An adversary's own nodes promise nothing at all. Of the honest ones, everything is checked but
//! what stands here: with shares that are only added up, a heavy node can shift its partial, lie
//! about its frozen set, and stop. Privacy, durability and bounds are never waived.

use formix_proto::directory::Role;

use crate::plan::{Peer, Plan};
use crate::violation::{Breach, Invariant};

/// With an adversary in this role and on the committee, honest nodes may see this broken, for this reason.
pub const WAIVERS: &[(Role, Invariant, &str)] = &[
    (Role::Heavy, Invariant::C1, "a seat can add anything to its partial"),
    (Role::Heavy, Invariant::C3, "a primary can leave an entry in that a seat of its own lacks"),
    (Role::Heavy, Invariant::C4, "a primary can tell each node another end"),
    (Role::Heavy, Invariant::C7, "a seat can deny an entry that it holds"),
    (Role::Heavy, Invariant::C9, "a primary can close when it likes"),
];

/// With an old disk at a heavy node, which has forgotten what it has said, in its own computations.
pub const ROLLED_BACK: &[(Invariant, &str)] = &[
    (Invariant::C3, "a roster may have an entry that a seat has forgotten, and cannot add up"),
    (Invariant::C4, "a seat that has forgotten an end may fail what others have completed"),
    (Invariant::C7, "a seat that has forgotten an entry leaves it out"),
    (Invariant::C9, "a seat that has forgotten whom it heard closes when the others do"),
    (Invariant::D1, "a seat that has forgotten its record may repeat what it stood for"),
];

/// Whether a breach is one that nobody can rule out in this run.
pub(crate) fn is_waived(plan: &Plan, breach: &Breach) -> bool {
    let member = |peer: &Peer| plan.cluster.member(*peer);
    // A heavy node without a seat has no more say than a light one.
    let has_seat = |peer: &Peer| {
        let committee = |question: usize| plan.workload[question].proposal.spec.committee;
        breach.question.is_none_or(|question| committee(question).0.contains(&member(peer).id))
    };
    let by_adversary = breach.peer.is_some_and(|peer| plan.adversary.has(peer));
    let listed = |(of, invariant, _): &&(Role, Invariant, &str)| {
        *invariant == breach.invariant
            && plan.adversary.members.iter().any(|peer| member(peer).role == *of && has_seat(peer))
    };
    let old_disk = plan.faults.rolled_back().any(|peer| has_seat(&peer));
    let forgotten = |(invariant, _): &(Invariant, &str)| *invariant == breach.invariant;
    by_adversary
        || WAIVERS.iter().any(|waiver| listed(&waiver))
        || (old_disk && ROLLED_BACK.iter().any(forgotten))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_than_ten_and_none_of_them_is_about_privacy() {
        assert!(WAIVERS.len() + ROLLED_BACK.len() <= 10, "each further waiver is a promise less");
        let lying = WAIVERS.iter().map(|(_, invariant, _)| invariant);
        for invariant in lying.chain(ROLLED_BACK.iter().map(|(invariant, _)| invariant)) {
            let name = format!("{invariant:?}");
            assert!(!name.starts_with(['P', 'L', 'B', 'R']), "{name} holds whatever others do");
        }
    }
}
