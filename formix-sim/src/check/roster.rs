//! C2, C3 and C7: who is in a sealed roster, and which shares were summed for them.

use formix_proto::directory::Role;
use formix_proto::record::{Fact, Record};

use super::Check;
use crate::book::{Books, Sealed};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Roster;

impl Check for Roster {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Durable { peer, records } = sight else { return Ok(()) };
        let sealed = |record: &&Record| matches!(record.fact, Fact::Sealed(_));
        for record in records.iter().filter(sealed) {
            let Some(question) = books.question(&record.id) else { continue };
            if let Some(sealed) = &books.page(question, *peer).sealed {
                is_well_formed(books, question, sealed).map_err(|breach| breach.at(*peer))?;
                sums_one_split_each(books, question, sealed).map_err(|breach| breach.at(*peer))?;
                has_everyone(books, question, sealed).map_err(|breach| breach.at(*peer))?;
            }
        }
        Ok(())
    }
}

/// C2.
fn is_well_formed(books: &Books<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C2, question, what));
    let ids: Vec<_> = sealed.entries.iter().map(|entry| entry.light).collect();
    if !ids.is_sorted_by(|a, b| a < b) {
        return broken("a roster is not in order, or has someone twice");
    }
    let light = |peer: Peer| books.plan.cluster.member(peer).role == Role::Light;
    if !ids.iter().all(|id| books.peer(id).is_some_and(light)) {
        return broken("a roster has someone who is not an enrolled light node");
    }
    if !is_large_enough(books, question, sealed) {
        return broken("a roster under the threshold was sealed");
    }
    let most = books.plan.workload[question].proposal.spec.max_participants;
    if ids.len() as u64 > u64::from(most) {
        return broken("a roster of more than may take part was sealed: its sum could wrap");
    }
    Ok(())
}

/// Whether a roster reaches the question's threshold.
pub(super) fn is_large_enough(books: &Books<'_>, question: usize, sealed: &Sealed) -> bool {
    let needed = books.plan.workload[question].proposal.spec.min_participants;
    sealed.entries.len() as u64 >= u64::from(needed)
}

/// C3: at every seat the entry's share is there, and the three are one split of the right answer.
fn sums_one_split_each(books: &Books<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C3, question, what));
    let Some(seats) = books.seats(question) else { return Ok(()) };
    for entry in &sealed.entries {
        let Some(light) = books.peer(&entry.light) else { continue };
        let mut shares = Vec::new();
        for seat in seats {
            match seat.contributed.get(&light) {
                Some(part) if part.tag == entry.tag => shares.push(part.share.clone()),
                Some(_) => return broken("a seat holds an entry's share under another tag"),
                None => return broken("a seat does not hold an entry's share"),
            }
        }
        if !books.plan.adversary.has(light)
            && books.expected(question, light) != Some(books.truths[question].sum(shares))
        {
            return broken("the three shares of an entry are not the light node's answer");
        }
    }
    Ok(())
}

/// C7.
fn has_everyone(books: &Books<'_>, question: usize, sealed: &Sealed) -> Result<(), Breach> {
    let cluster = &books.plan.cluster;
    for (light, tag) in books.accepted_everywhere(question) {
        let id = cluster.member(light).id;
        // `is_well_formed` has seen that they are in order.
        let at = sealed.entries.binary_search_by_key(&id, |entry| entry.light);
        if !at.is_ok_and(|at| sealed.entries[at].tag == tag) {
            let what = "somebody whom all three seats had accepted is left out";
            return Err(Breach::new(Invariant::C7, question, what));
        }
    }
    Ok(())
}
