//! L1, L2, L3 and L6: what must have come of a computation when its time is over.

use core::time::Duration;

use formix_proto::time::Time;

use super::Check;
use crate::model::{Model, NodeState};
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

pub(super) struct Live;

impl Check for Live {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::TimeUp { question, standing, dead } = observation else { return Ok(()) };
        let committee = model.committee(*question);
        let adversary = &model.plan.adversary;
        let rolled_back: Vec<_> = model.plan.faults.rolled_back().collect();
        let unreliable = dead.iter().chain(&adversary.members).chain(&rolled_back);
        let lame: Vec<_> = unreliable.filter(|peer| committee.contains(&Some(**peer))).collect();
        let honest: Vec<_> = standing.iter().filter(|(peer, _)| !adversary.has(*peer)).collect();
        for (peer, waits_for) in honest.iter().copied() {
            if model.node(*question, *peer).is_open() {
                has_an_excuse(*question, *peer, waits_for, &lame)?;
            }
        }
        if lame.is_empty() && is_healed_in_time(model, *question) {
            completes(model, *question)?;
            honest.iter().try_for_each(|(peer, _)| learns(model, *question, *peer))?;
        }
        Ok(())
    }
}

/// L1 and L3.
fn has_an_excuse(
    question: usize,
    peer: Peer,
    waits_for: &[Peer],
    lame: &[&Peer],
) -> Result<(), Breach> {
    match lame {
        [] => Err(Breach::new(Invariant::L1, question, "it has not ended in time").at(peer)),
        _ if lame.iter().any(|dead| waits_for.contains(dead)) => Ok(()),
        _ => {
            let what = "it has neither ended nor named the dead heavy node";
            Err(Breach::new(Invariant::L3, question, what).at(peer))
        }
    }
}

/// Whether there was time to send thrice all that the faults have lost, before any heavy node's clock
/// said that the committee has had long enough to reveal. Clocks that are farther apart than that
/// leave none.
fn is_healed_in_time(model: &Model<'_>, question: usize) -> bool {
    let heal = Time(crate::EPOCH + model.plan.faults.heal);
    let policy = model.plan.cluster.policy();
    let deadline = model.plan.workload[question].proposal.spec.deadline;
    let needed = 3 * policy.resend_max + model.plan.skew() + Duration::from_millis(200);
    heal.max(deadline) + needed <= deadline + policy.reveal_within
}

/// L2: applies when at least `min_participants` light nodes were accepted by every seat.
fn completes(model: &Model<'_>, question: usize) -> Result<(), Breach> {
    let needed = model.plan.workload[question].proposal.spec.min_participants;
    if (model.accepted_everywhere(question).len() as u64) < u64::from(needed) {
        return Ok(());
    }
    let failed = |node: &NodeState| node.failed;
    if model.seats(question).is_some_and(|seats| seats.into_iter().any(failed)) {
        let what = "it failed although enough answers were accepted everywhere";
        return Err(Breach::new(Invariant::L2, question, what));
    }
    Ok(())
}

/// L6: applies whichever seats the answer has reached, unless the node is a stranger to one by now.
fn learns(model: &Model<'_>, question: usize, peer: Peer) -> Result<(), Breach> {
    let node = model.node(question, peer);
    let is_known = |seat: Peer| model.enrolled_at(seat).any(|light| light == peer);
    let enrolled = model.committee(question).into_iter().flatten().all(is_known);
    if enrolled && node.split.is_some() && node.settled == Some(None) {
        let what = "a light node that answered was never told";
        return Err(Breach::new(Invariant::L6, question, what).at(peer));
    }
    Ok(())
}
