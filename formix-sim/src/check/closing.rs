//! C9: collecting ends before the deadline only if everyone was heard at all three seats.

use std::collections::BTreeMap;

use formix_proto::directory::Role;
use formix_proto::record::Fact;
use formix_proto::time::Time;

use super::Check;
use crate::book::{Books, Page};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// What each heavy node's clock said when it froze.
#[derive(Default)]
pub(super) struct Closing(BTreeMap<(usize, Peer), Time>);

impl Check for Closing {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let (Sight::Issued { peer, records, .. } | Sight::Durable { peer, records }) = sight else {
            return Ok(());
        };
        for record in records.iter().filter(|record| record.fact == Fact::Frozen) {
            let Some(question) = books.question(&record.id) else { continue };
            if let Sight::Issued { clock, .. } = sight {
                self.0.insert((question, *peer), *clock);
            } else {
                self.frozen(books, question, *peer)?;
            }
        }
        Ok(())
    }
}

impl Closing {
    fn frozen(&self, books: &Books<'_>, question: usize, peer: Peer) -> Result<(), Breach> {
        let deadline = books.plan.workload[question].proposal.spec.deadline;
        let in_time = self.0.get(&(question, peer)).is_none_or(|at| *at >= deadline);
        let primary = books.committee(question)[0];
        let told = Some(peer) != primary
            && primary.is_some_and(|primary| books.page(question, primary).frozen);
        if in_time || told || everyone_was_heard(books, question) {
            return Ok(());
        }
        let what = "collecting ended early with someone unheard";
        Err(Breach::new(Invariant::C9, question, what).at(peer))
    }
}

fn everyone_was_heard(books: &Books<'_>, question: usize) -> bool {
    let lights = books.plan.cluster.with_role(Role::Light);
    let heard = |page: &Page| {
        let light = |light| page.contributed.contains_key(light) || page.declined.contains(light);
        lights.iter().all(light)
    };
    books.seats(question).is_some_and(|seats| seats.into_iter().all(heard))
}
