//! The wall clock, as the protocol's time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use formix_proto::driver::MAX_STANDSTILL;
use formix_proto::time::Time;
use tracing::warn;

/// Now, by this machine's clock.
pub fn now() -> Time {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

/// The clock may be stepped while a node sleeps, so it is read again this often.
const MAX_SLEEP: Duration = Duration::from_secs(1);

/// Waits until `due`, or for [`MAX_SLEEP`] if that is sooner; forever if there is nothing to wait for.
pub(crate) async fn reach(due: Option<Time>) {
    match due {
        None => std::future::pending().await,
        Some(due) => tokio::time::sleep(due.since(now()).min(MAX_SLEEP)).await,
    }
}

/// Waits until that time has come.
pub(crate) async fn passed(time: Time) {
    while now() < time {
        reach(Some(time)).await;
    }
}

/// The same clock, which says in the log when it does not go as time does.
pub(crate) struct Watch {
    read: Time,
    at: Instant,
}

/// How the clock went between two readings, if not as time did.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Ahead(Duration),
    Back(Duration),
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self { read: now(), at: Instant::now() }
    }

    /// Now. A clock that was set back by more than a moment is followed: see
    /// [`Driver`](formix_proto::driver::Driver).
    pub(crate) fn now(&mut self) -> Time {
        let next = Self::start();
        match step(self.read, next.at - self.at, next.read) {
            Some(Step::Ahead(by)) => warn!(
                ?by,
                "the clock went ahead, or this machine slept: what has its deadline behind it now ends"
            ),
            Some(Step::Back(by)) => {
                warn!(?by, "the clock was set back: what is unanswered is sent again")
            }
            None => {}
        }
        *self = next;
        self.read
    }
}

fn step(before: Time, passed: Duration, after: Time) -> Option<Step> {
    let expected = before + passed;
    let (ahead, back) = (after.since(expected), expected.since(after));
    match () {
        () if ahead > MAX_STANDSTILL => Some(Step::Ahead(ahead)),
        () if back > MAX_STANDSTILL => Some(Step::Back(back)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_what_the_clock_moved_beyond_the_time_that_has_passed() {
        let (second, before) = (Duration::from_secs(1), Time(10_000));
        for (passed, after, expected) in [
            (second, 11_000, None),
            (60 * second, 70_000, None),
            (second, 12_000, None),
            (second, 10_000, None),
            (second, 12_001, Some(Step::Ahead(Duration::from_millis(1_001)))),
            (second, 9_999, Some(Step::Back(Duration::from_millis(1_001)))),
            (60 * second, 11_000, Some(Step::Back(59 * second))),
        ] {
            assert_eq!(step(before, passed, Time(after)), expected, "{passed:?}, {after}");
        }
    }
}
