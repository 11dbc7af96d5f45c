//! What this node has refused: by id only, and no longer than the same proposal may still be on its way.

use alloc::collections::{BTreeMap, BTreeSet};

use crate::id::{ComputationId, NodeId};
use crate::limits::MAX_REFUSED;
use crate::outcome::Failure;
use crate::time::Time;

/// Refusals, so that a proposal that comes again gets the same answer. It is in memory only: a proposal that
/// is refused is not recorded, and after a restart it is judged anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Refused {
    answers: BTreeMap<ComputationId, Answer>,
    /// Of all, the one to be forgotten first.
    order: BTreeSet<(Time, ComputationId)>,
    /// Of each asker, the same.
    of: BTreeMap<NodeId, BTreeSet<(Time, ComputationId)>>,
}

#[derive(Debug, Clone)]
struct Answer {
    asker: NodeId,
    until: Time,
    failure: Failure,
}

impl Refused {
    /// What was answered.
    pub(super) fn get(&self, id: &ComputationId, now: Time) -> Option<&Failure> {
        self.answers.get(id).filter(|answer| now < answer.until).map(|answer| &answer.failure)
    }

    /// Remembers an answer. An asker that has as many as are left free for others loses its own oldest.
    pub(super) fn add(
        &mut self,
        now: Time,
        until: Time,
        of: (ComputationId, NodeId),
        failure: Failure,
    ) {
        let (id, asker) = of;
        self.forget(&id);
        while let Some((_, over)) = self.order.first().copied().filter(|(until, _)| *until <= now) {
            self.forget(&over);
        }
        let own = self.of.get(&asker).map_or(0, BTreeSet::len);
        if own >= MAX_REFUSED - self.answers.len() {
            let Some((_, oldest)) = self.of.get(&asker).and_then(|own| own.first().copied()) else {
                return;
            };
            self.forget(&oldest);
        }
        self.order.insert((until, id));
        self.of.entry(asker).or_default().insert((until, id));
        self.answers.insert(id, Answer { asker, until, failure });
    }

    fn forget(&mut self, id: &ComputationId) {
        let Some(Answer { asker, until, .. }) = self.answers.remove(id) else { return };
        self.order.remove(&(until, *id));
        if let Some(own) = self.of.get_mut(&asker) {
            own.remove(&(until, *id));
            if own.is_empty() {
                self.of.remove(&asker);
            }
        }
    }
}
