//! The wall clock, as the protocol's time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use formix_proto::time::Time;

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
