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

#[cfg(test)]
mod tests {
    use super::*;

    const FLOODER: NodeId = NodeId([1; 32]);
    const OTHER: NodeId = NodeId([2; 32]);

    fn id(number: usize) -> ComputationId {
        let mut id = ComputationId([0; 32]);
        id.0[..8].copy_from_slice(&number.to_be_bytes());
        id
    }

    fn refuse(refused: &mut Refused, now: u64, number: usize, asker: NodeId) {
        let until = Time(now + 1_000);
        refused.add(Time(now), until, (id(number), asker), Failure::NeverOpened);
    }

    #[test]
    fn an_asker_loses_its_own_oldest_and_no_others() {
        let mut refused = Refused::default();
        refuse(&mut refused, 0, 0, OTHER);
        for number in 1..=2 * MAX_REFUSED {
            refuse(&mut refused, number as u64 / 100, number, FLOODER);
        }
        let is_known = |number| refused.get(&id(number), Time(0)).is_some();
        assert!(is_known(0), "another's");
        assert!(!is_known(1) && is_known(2 * MAX_REFUSED));
        assert!(refused.answers.len() <= MAX_REFUSED / 2 + 1);
    }

    #[test]
    fn nothing_is_remembered_once_its_time_is_over() {
        let mut refused = Refused::default();
        refuse(&mut refused, 0, 0, FLOODER);
        assert_eq!(refused.get(&id(0), Time(999)), Some(&Failure::NeverOpened));
        assert_eq!(refused.get(&id(0), Time(1_000)), None);
        refuse(&mut refused, 1_000, 1, OTHER);
        assert_eq!((refused.answers.len(), refused.order.len(), refused.of.len()), (1, 1, 1));
    }
}
