//! What is waited for, and why.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;

use crate::id::ComputationId;
use crate::time::Time;

/// Why a node wants to be woken. Each names one rule; printed in traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Heavy: something it sent has not been answered.
    HeavyResend,
    /// Primary: the other seats have had long enough to be ready.
    PrepareTimeout,
    /// Heavy: the deadline; nothing more is accepted.
    Deadline,
    /// Heavy: the committee has had long enough to reveal (R8).
    RevealTimeout,
    /// Light: something it sent has not been answered.
    LightResend,
    /// Light: now it answers, or declines.
    LightAnswer,
    /// Light: too late to answer, or to learn whether it was counted.
    LightExpiry,
    /// Proposer: no outcome yet.
    ProposerResend,
    /// Any: ended long enough ago to be forgotten.
    Forget,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeavyResend | Self::LightResend => "an answer to what was sent",
            Self::PrepareTimeout => "the other seats to be ready",
            Self::Deadline => "the deadline",
            Self::RevealTimeout => "the committee to reveal",
            Self::LightAnswer => "the time to answer",
            Self::LightExpiry => "the committee to say how it ended",
            Self::ProposerResend => "the outcome",
            Self::Forget => "the end of retention",
        })
    }
}

/// The timers of one node: at most one per computation and reason.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timers {
    due: BTreeMap<(ComputationId, Reason), Time>,
    order: BTreeSet<(Time, ComputationId, Reason)>,
}

impl Timers {
    /// Sets, or moves, a timer. One at the end of time never comes.
    pub(crate) fn set(&mut self, id: ComputationId, reason: Reason, at: Time) {
        self.cancel(id, reason);
        if at == Time::END {
            return;
        }
        self.due.insert((id, reason), at);
        self.order.insert((at, id, reason));
    }

    pub(crate) fn cancel(&mut self, id: ComputationId, reason: Reason) {
        if let Some(at) = self.due.remove(&(id, reason)) {
            self.order.remove(&(at, id, reason));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn next(&self) -> Option<Time> {
        self.order.first().map(|(at, ..)| *at)
    }

    /// Takes the earliest timer that is due.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<(ComputationId, Reason)> {
        let (_, id, reason) = self.order.first().copied().filter(|(at, ..)| *at <= now)?;
        self.cancel(id, reason);
        Some((id, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    const A: ComputationId = ComputationId([1; 32]);
    const B: ComputationId = ComputationId([2; 32]);

    fn popped(timers: &mut Timers, now: u64) -> Vec<(ComputationId, Reason)> {
        core::iter::from_fn(|| timers.pop_due(Time(now))).collect()
    }

    #[test]
    fn timers_fire_in_order_once_and_not_before_their_time() {
        let mut timers = Timers::default();
        timers.set(B, Reason::Deadline, Time(20));
        timers.set(A, Reason::Forget, Time(30));
        timers.set(A, Reason::Deadline, Time(10));
        assert_eq!(timers.next(), Some(Time(10)));
        assert_eq!(popped(&mut timers, 9), []);
        assert_eq!(popped(&mut timers, 20), [(A, Reason::Deadline), (B, Reason::Deadline)]);
        assert_eq!(timers.next(), Some(Time(30)));
        assert_eq!(popped(&mut timers, 1000), [(A, Reason::Forget)]);
        assert_eq!((timers.next(), popped(&mut timers, 1000).len()), (None, 0));
    }

    #[test]
    fn a_timer_is_one_of_its_computation_and_reason() {
        let mut timers = Timers::default();
        timers.set(A, Reason::Deadline, Time(10));
        timers.set(A, Reason::Deadline, Time(40));
        timers.set(B, Reason::Deadline, Time(30));
        assert_eq!(popped(&mut timers, 30), [(B, Reason::Deadline)], "moved, not doubled");
        timers.cancel(A, Reason::Forget);
        timers.cancel(B, Reason::Deadline);
        assert_eq!(timers.next(), Some(Time(40)), "only what is named is cancelled");
        timers.cancel(A, Reason::Deadline);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn the_end_of_time_never_comes() {
        let mut timers = Timers::default();
        timers.set(A, Reason::Deadline, Time(10));
        timers.set(A, Reason::Deadline, Time::END);
        assert_eq!((timers.next(), popped(&mut timers, u64::MAX).len()), (None, 0));
    }

    #[test]
    fn every_reason_says_what_is_waited_for() {
        let said = [
            (Reason::HeavyResend, "an answer to what was sent"),
            (Reason::LightResend, "an answer to what was sent"),
            (Reason::PrepareTimeout, "the other seats to be ready"),
            (Reason::Deadline, "the deadline"),
            (Reason::RevealTimeout, "the committee to reveal"),
            (Reason::LightExpiry, "the committee to say how it ended"),
            (Reason::ProposerResend, "the outcome"),
            (Reason::Forget, "the end of retention"),
        ];
        for (reason, text) in said {
            assert_eq!(reason.to_string(), text);
        }
    }
}
