//! What one node allows, and how long it waits: configuration, never negotiated.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A node's own rules. Every node checks a proposal against its own; the strictest one wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The smallest `min_participants` this node takes part in. A sum over one person is that
    /// person, over two it is each to the other: below 3 is for tests only.
    pub min_participants: u32,
    /// The farthest deadline, from now.
    pub horizon: Duration,
    /// How long the primary waits for the other seats to be ready.
    pub prepare_within: Duration,
    /// How long after the deadline the committee may take to reveal before it gives up.
    pub reveal_within: Duration,
    /// The first pause before something unanswered is sent again; each further one doubles.
    pub resend_first: Duration,
    /// The longest such pause.
    pub resend_max: Duration,
    /// How long after it was asked a light node answers, however soon it knows what and whatever that is,
    /// so that the time tells nothing of its data. Zero answers as soon as the answer is known, which may
    /// tell all of it: for tests only.
    pub answer_after: Duration,
    /// How long after its deadline an ended computation is remembered, at least.
    pub retention: Duration,
}

/// When a light node answers a question, or declines: the same for everything that it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slots {
    /// Where the answer comes from a program or from a rule.
    pub soon: Time,
    /// Where a person decides: shortly before the deadline.
    pub late: Time,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_participants: 3,
            horizon: Duration::from_secs(30 * 24 * 3600),
            prepare_within: Duration::from_secs(10),
            reveal_within: Duration::from_secs(30),
            resend_first: Duration::from_millis(250),
            resend_max: Duration::from_secs(4),
            answer_after: Duration::from_secs(5),
            retention: Duration::from_secs(7 * 24 * 3600),
        }
    }
}

impl Policy {
    /// No pause is shorter, whatever is configured: a node never wakes itself without end.
    pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

    /// The bound of R8: past `deadline + bound()` every node that is up, and can reach the
    /// primary, has ended the computation.
    pub fn bound(&self) -> Duration {
        self.reveal_within.saturating_add(self.resend_max.saturating_mul(4))
    }

    /// When a light node that is asked now answers; none if its answer leaves as soon as it is known. A
    /// function of the question and of public times alone.
    pub(crate) fn slots(&self, asked: Time, deadline: Time) -> Option<Slots> {
        if self.answer_after.is_zero() {
            return None;
        }
        let left = deadline.since(asked);
        // Room to send everything again once, or most of the time where that is short.
        let late = asked + left.saturating_sub(self.resend_max.min(left / 4));
        Some(Slots { soon: late.min(asked + self.answer_after), late })
    }

    /// How long what never opened is remembered: the same proposal may still be on its way.
    pub(crate) fn echo(&self) -> Duration {
        self.bound().saturating_mul(2)
    }

    /// When a committee member that may still do so fails the computation alone.
    pub(crate) fn gives_up(&self, deadline: Time) -> Time {
        deadline + self.reveal_within
    }
}
