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
            Self::LightExpiry => "the committee to say how it ended",
            Self::ProposerResend => "the outcome",
            Self::Forget => "the end of retention",
        })
    }
}

/// The timers of one node: at most one per computation and reason.
#[derive(Debug, Default)]
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
