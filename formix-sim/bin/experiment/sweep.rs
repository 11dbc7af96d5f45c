//! Every combination of some settings, on all cores.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::measure;
use super::row::Row;
use super::setting::{Percent, Setting};
use formix_sim::plan::Latency;

/// The values that are combined, and what all runs have in common.
#[derive(Debug, Clone)]
pub(crate) struct Sweep {
    /// How many light nodes.
    pub(crate) lights: Vec<u32>,
    /// How long frames take.
    pub(crate) latencies: Vec<Latency>,
    /// How many frames are lost.
    pub(crate) losses: Vec<Percent>,
    /// How many owners never answer.
    pub(crate) dropouts: Vec<Percent>,
    /// How many runs there are of each, with the seeds from the one of `rest` on.
    pub(crate) seeds: u64,
    /// Everything else.
    pub(crate) rest: Setting,
}

impl Sweep {
    /// The runs, in the order of the rows.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        for lights in self.lights.iter().copied() {
            for latency in self.latencies.iter().copied() {
                for loss in self.losses.iter().copied() {
                    for dropout in self.dropouts.iter().copied() {
                        let one = Setting { lights, latency, loss, dropout, ..self.rest };
                        let seed = |nth| self.rest.seed.saturating_add(nth);
                        settings
                            .extend((0..self.seeds).map(|nth| Setting { seed: seed(nth), ..one }));
                    }
                }
            }
        }
        settings
    }

    /// Runs them on `jobs` threads. `take` is given each row, in order, as soon as those before it are
    /// done, until it wants no more.
    pub(crate) fn run(&self, jobs: usize, take: impl FnMut(Row) -> bool + Send) {
        let settings = self.settings();
        let next = AtomicUsize::new(0);
        let rows = Mutex::new(InOrder { early: BTreeMap::new(), next: 0, open: true, take });
        let worker = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(setting) = settings.get(at) else { return };
                let row = measure(setting, &mut ());
                let wanted = rows.lock().is_ok_and(|mut rows| rows.put(at, row));
                if !wanted {
                    return;
                }
            }
        };
        thread::scope(|scope| {
            for _ in 0..jobs.max(1) {
                scope.spawn(worker);
            }
        });
    }
}

/// Hands rows on in their order, whichever is done first.
struct InOrder<T> {
    early: BTreeMap<usize, Row>,
    next: usize,
    open: bool,
    take: T,
}

impl<T: FnMut(Row) -> bool> InOrder<T> {
    /// Says whether more are wanted.
    fn put(&mut self, at: usize, row: Row) -> bool {
        self.early.insert(at, row);
        while let Some(row) = self.early.remove(&self.next) {
            self.next += 1;
            self.open = self.open && (self.take)(row);
        }
        self.open
    }
}
