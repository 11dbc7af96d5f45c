//! Many seeds, on all cores.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::tally::Tally;

/// Runs every seed of the range on `jobs` threads. `progress` is told how many runs are done, now and
/// then.
pub fn swarm(seeds: Range<u64>, jobs: usize, progress: impl Fn(u64) + Sync) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let worker = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return tally;
            }
            tally.add(Tally::of_seed(seed));
            let done = seed - seeds.start + 1;
            if done.is_multiple_of(500) {
                progress(done);
            }
        }
    };
    let mut total = Tally::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(tally) => total.add(tally),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    total
}
