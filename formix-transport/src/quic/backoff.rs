//! How long to wait before the next attempt to connect.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use crate::Limits;

/// Exponential backoff, with jitter so that the nodes that lost the same peer do not return at once.
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) fn new(limits: &Limits) -> Self {
        let (min, max) = (limits.min_backoff, limits.max_backoff);
        Self { min, max, next: min }
    }

    /// Resets the backoff after a connection that lasted. One that ended at once proves nothing: the
    /// peer may close every connection.
    pub(super) fn connected(&mut self, held: Duration) {
        if held >= self.max {
            self.next = self.min;
        }
    }

    /// The next pause, with jitter of its own.
    pub(super) fn wait(&mut self) -> Duration {
        self.next(jitter())
    }

    /// Between half and all of an interval that doubles each time.
    fn next(&mut self, jitter: f64) -> Duration {
        let wait = self.next;
        self.next = (2 * wait).min(self.max);
        wait.mul_f64(0.5 + jitter / 2.0)
    }
}

/// Between 0 and 1. Spreads load; not a security measure.
fn jitter() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_maximum_and_reset_after_a_connection_that_lasted() {
        let mut backoff = Backoff::new(&Limits::default());
        let waits: Vec<_> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.connected(Duration::from_secs(1));
        assert_eq!(backoff.next(0.0), Duration::from_millis(2500));
        backoff.connected(Duration::from_secs(5));
        assert_eq!(backoff.next(0.0), Duration::from_millis(50));
    }

    #[test]
    fn jitter_spreads() {
        let drawn: Vec<_> = (0..64).map(|_| jitter()).collect();
        assert!(drawn.iter().all(|jitter| (0.0..=1.0).contains(jitter)));
        assert!(
            drawn.iter().any(|jitter| *jitter < 0.5) && drawn.iter().any(|jitter| *jitter > 0.5)
        );
    }
}
