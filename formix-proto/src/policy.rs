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
    /// How long after its deadline an ended computation is remembered, at least.
    pub retention: Duration,
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

    /// When a committee member that may still do so fails the computation alone.
    pub(crate) fn gives_up(&self, deadline: Time) -> Time {
        deadline + self.reveal_within
    }
}
