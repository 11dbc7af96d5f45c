//! Many seeds, on all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::summary::Summary;

/// When a swarm is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Every seed has been run.
    Last,
    /// A run broke something; runs of lesser seeds are still finished, so it is the first that does.
    Broken,
}

/// Runs the seeds of the range, in order, on `jobs` threads. `progress` is given the number of runs
/// that are done, now and then.
pub fn swarm(
    seeds: Range<u64>,
    until: Until,
    jobs: usize,
    progress: impl Fn(u64) + Sync,
) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut summary = Summary::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return summary;
            }
            summary.add(Summary::of_seed(seed));
            if until == Until::Broken && !summary.holds() {
                next.fetch_max(seeds.end, Ordering::Relaxed);
            }
            let done = seed - seeds.start + 1;
            if done.is_multiple_of(500) {
                progress(done);
            }
        }
    };
    let mut total = Summary::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(summary) => total.add(summary),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    total
}
