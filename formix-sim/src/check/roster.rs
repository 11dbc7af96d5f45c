//! C2, C3 and C7: who is in a sealed roster, and which shares were summed for them.

use formix_proto::directory::Role;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::model::{Model, Sealed};
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

pub(super) struct Roster;

impl Check for Roster {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Durable { peer, records } = observation else { return Ok(()) };
        let sealed = |record: &&Record| matches!(record.fact, Fact::Sealed(_));
        for record in records.iter().filter(sealed) {
            let Some(question) = model.question(&record.id) else { continue };
            if let Some(sealed) = &model.node(question, *peer).sealed {
                is_well_formed(model, question, sealed).map_err(|breach| breach.at(*peer))?;
                sums_one_split_each(model, question, sealed).map_err(|breach| breach.at(*peer))?;
                has_everyone(model, question, sealed).map_err(|breach| breach.at(*peer))?;
            }
        }
        Ok(())
    }
}

/// C2.
fn is_well_formed(model: &Model<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C2, question, what));
    let ids: Vec<_> = sealed.entries.iter().map(|entry| entry.light).collect();
    if !ids.is_sorted_by(|a, b| a < b) {
        return broken("a roster is not in order, or has someone twice");
    }
    let light = |peer: Peer| model.plan.cluster.member(peer).role == Role::Light;
    if !ids.iter().all(|id| model.peer(id).is_some_and(light)) {
        return broken("a roster names a node that is not an enrolled light node");
    }
    if !is_large_enough(model, question, sealed) {
        return broken("a roster under the threshold was sealed");
    }
    let most = model.plan.workload[question].proposal.spec.max_participants;
    if ids.len() as u64 > u64::from(most) {
        return broken("a roster larger than the maximum was sealed: its sum could wrap");
    }
    Ok(())
}

/// Whether a roster reaches the question's threshold.
pub(super) fn is_large_enough(model: &Model<'_>, question: usize, sealed: &Sealed) -> bool {
    let needed = model.plan.workload[question].proposal.spec.min_participants;
    sealed.entries.len() as u64 >= u64::from(needed)
}

/// C3: at every seat the entry's share is there, and together they are one split of the right answer.
fn sums_one_split_each(model: &Model<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C3, question, what));
    let Some(seats) = model.seats(question) else { return Ok(()) };
    for entry in &sealed.entries {
        let Some(light) = model.peer(&entry.light) else { continue };
        let mut shares = Vec::new();
        for seat in &seats {
            match seat.contributed.get(&light) {
                Some(part) if part.tag == entry.tag => shares.push(part.share.clone()),
                Some(_) => return broken("a seat holds an entry's share under another tag"),
                None => return broken("a seat does not hold an entry's share"),
            }
        }
        if !model.plan.adversary.has(light)
            && model.splits.get(&entry.tag) != Some(&model.truths[question].sum(shares))
        {
            return broken("the shares of an entry do not add up to the light node's answer");
        }
    }
    Ok(())
}

/// C7.
fn has_everyone(model: &Model<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let cluster = &model.plan.cluster;
    for (light, tag) in model.accepted_everywhere(question) {
        let id = cluster.member(light).id;
        // `is_well_formed` has seen that they are in order.
        let at = sealed.entries.binary_search_by_key(&id, |entry| entry.light);
        if !at.is_ok_and(|at| sealed.entries[at].tag == tag) {
            let what = "a light node that every seat had accepted is left out";
            return Err(Breach::new(Invariant::C7, question, what));
        }
    }
    Ok(())
}
