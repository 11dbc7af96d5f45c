//! What cannot be promised while an adversary takes part, and nothing more.
//!
//! An adversary's own nodes promise nothing at all. Of the honest ones, everything is checked but
//! what stands here: with shares that are only added up, a heavy node can shift its partial, lie
//! about its frozen set, and stop. Privacy and bounds are never waived.

use formix_proto::directory::Role;

use crate::plan::{Peer, Plan};
use crate::violation::{Breach, Invariant};

/// With a heavy node of an adversary's on the committee, this may be broken, for this reason.
pub const LYING: &[(Invariant, &str)] = &[
    (Invariant::C1, "a seat can add anything to its partial"),
    (Invariant::C3, "a primary can leave an entry in that a seat of its own lacks"),
    (Invariant::C4, "a primary can tell each node another end"),
    (Invariant::C7, "a seat can deny an entry that it holds"),
    (Invariant::C9, "a primary can close when it likes"),
];

/// With a heavy node on the committee whose disk is an old one, and so has forgotten what it has said.
pub const FORGETFUL: &[(Invariant, &str)] = &[
    (Invariant::C3, "a roster may have an entry that a seat has forgotten, and cannot add up"),
    (Invariant::C4, "a seat that has forgotten an end may fail what others have completed"),
    (Invariant::C7, "a seat that has forgotten an entry leaves it out"),
    (Invariant::C9, "a seat that has forgotten whom it heard closes when the others do"),
    (Invariant::D1, "a seat that has forgotten its record may repeat what it stood for"),
];

/// Whether a breach is one that nobody can rule out in this run: it is of an adversary's own node, or
/// of a computation that has a lying or forgetful heavy node on its committee.
pub(crate) fn is_waived(plan: &Plan, breach: &Breach) -> bool {
    let adversary = &plan.adversary;
    let seated = |peer: &Peer| {
        let member = plan.cluster.member(*peer);
        let asked = breach.question.map(|question| &plan.workload[question].proposal.spec);
        // What cannot be laid to one computation may be about any.
        let concerned = asked.is_none_or(|spec| spec.committee.seat_of(&member.id).is_some());
        member.role == Role::Heavy && concerned
    };
    let lying = adversary.members.iter().any(seated);
    let forgetful = plan.faults.rolled_back().any(|peer| seated(&peer));
    let of = |(invariant, _): &(Invariant, &str)| *invariant == breach.invariant;
    breach.peer.is_some_and(|peer| adversary.has(peer))
        || (lying && LYING.iter().any(of))
        || (forgetful && FORGETFUL.iter().any(of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_than_ten_and_none_of_them_is_about_privacy() {
        assert!(LYING.len() + FORGETFUL.len() <= 10, "each further waiver is a promise less");
        for (invariant, _) in LYING.iter().chain(FORGETFUL) {
            let name = format!("{invariant:?}");
            assert!(!name.starts_with(['P', 'L', 'B', 'R']), "{name} holds whatever others do");
        }
    }
}
