//! The places of a node: how much of it each who asks holds, and what is left for others.
//!
//! One rule for everything that there is only so much of: **nobody holds more than is left free**. One greedy
//! key gets a half at most, and so many as `k` together leave one part in `k + 1`, of which a newcomer may have
//! half. It needs no number of enrolled keys, and whoever asks alone is not held up by a reserve for nobody.

use alloc::collections::BTreeMap;

use crate::context::Context;
use crate::id::{ComputationId, NodeId};
use crate::outcome::{Refusal, Resource};
use crate::time::Time;
use crate::timers::Reason;

/// How much of each [`Resource`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Load {
    /// Computations that wait for something that must come.
    pub(crate) open: u64,
    /// The bytes of shares that they may make a node keep.
    pub(crate) shares: u64,
    /// The bytes of questions and results.
    pub(crate) memory: u64,
}

/// What a computation takes, and on whose account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) holder: NodeId,
    pub(crate) load: Load,
}

/// A computation that is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) id: ComputationId,
    pub(crate) deadline: Time,
}

impl Ended {
    /// Remembers it until its retention is over, and never for less: whoever was away may ask how it ended (R9),
    /// and the same proposal may come a second time (R5).
    pub(crate) fn retire(self, cx: &mut Context<'_>) {
        cx.wake(self.id, Reason::Forget, self.deadline + cx.policy.retention);
    }
}

/// Who holds what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    taken: Load,
    holders: BTreeMap<NodeId, Load>,
}

impl Load {
    fn of(self, resource: Resource) -> u64 {
        match resource {
            Resource::Open => self.open,
            Resource::Shares => self.shares,
            Resource::Memory => self.memory,
        }
    }

    fn replace(&mut self, before: Load, after: Load) {
        let replace = |held: &mut u64, less: u64, more| {
            *held = held.saturating_sub(less).saturating_add(more)
        };
        replace(&mut self.open, before.open, after.open);
        replace(&mut self.shares, before.shares, after.shares);
        replace(&mut self.memory, before.memory, after.memory);
    }
}

impl Places {
    /// Whether there is room for a claim.
    ///
    /// # Errors
    ///
    /// [`Refusal::Quota`] when its holder would hold more than is left for others, [`Refusal::Busy`] when it
    /// holds nothing and there is too little left.
    pub(crate) fn admit(&self, Claim { holder, load: wanted }: Claim) -> Result<(), Refusal> {
        let held = self.holders.get(&holder).copied().unwrap_or_default();
        for resource in Resource::ALL {
            let (wanted, held) = (wanted.of(resource), held.of(resource));
            let taken = self.taken.of(resource).saturating_add(wanted);
            let left = resource.limit().saturating_sub(taken);
            if wanted > 0 && held.saturating_add(wanted) > left {
                return Err(match held {
                    0 => Refusal::Busy(resource),
                    _ => Refusal::Quota { holder, resource, held },
                });
            }
        }
        Ok(())
    }

    /// A computation takes something else than before.
    pub(crate) fn replace(&mut self, before: Option<Claim>, after: Option<Claim>) {
        if before != after {
            let nothing = Load::default();
            before.into_iter().for_each(|claim| self.shift(claim.holder, claim.load, nothing));
            after.into_iter().for_each(|claim| self.shift(claim.holder, nothing, claim.load));
        }
    }

    fn shift(&mut self, id: NodeId, before: Load, after: Load) {
        self.taken.replace(before, after);
        let held = self.holders.entry(id).or_default();
        held.replace(before, after);
        if *held == Load::default() {
            self.holders.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_OPEN;

    fn open(holder: u8, open: u64) -> Claim {
        Claim { holder: NodeId([holder; 32]), load: Load { open, ..Load::default() } }
    }

    #[test]
    fn a_half_is_the_most_that_one_holds_and_a_newcomer_gets_a_half_of_what_is_left() {
        let (mut places, most) = (Places::default(), MAX_OPEN);
        assert_eq!(places.admit(open(1, most / 2 + 1)), Err(Refusal::Busy(Resource::Open)));
        assert_eq!(places.admit(open(1, most / 2)), Ok(()));
        places.replace(None, Some(open(1, most / 2)));
        let quota =
            Refusal::Quota { holder: NodeId([1; 32]), resource: Resource::Open, held: most / 2 };
        assert_eq!(places.admit(open(1, 1)), Err(quota));
        assert_eq!(places.admit(open(2, most / 4 + 1)), Err(Refusal::Busy(Resource::Open)));
        assert_eq!(places.admit(open(2, most / 4)), Ok(()));
        places.replace(None, Some(open(2, most / 4)));
        assert_eq!(places.admit(open(1, 0)), Ok(()), "what takes nothing is not refused");
    }

    #[test]
    fn nobody_is_counted_who_holds_nothing() {
        let mut places = Places::default();
        places.replace(None, Some(open(1, 2)));
        places.replace(Some(open(1, 2)), Some(open(2, 1)));
        assert_eq!((places.taken, places.holders.len()), (open(2, 1).load, 1));
        places.replace(Some(open(2, 1)), None);
        assert_eq!((places.taken, places.holders.len()), (Load::default(), 0));
    }
}
