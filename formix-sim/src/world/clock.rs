//! From the world's time to a node's and back.

use core::time::Duration;

use formix_proto::time::Time;

use super::World;
use super::queue::Happening;
use crate::observation::InputKind;
use crate::plan::{Fault, Peer};

/// A span in milliseconds.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl World<'_> {
    /// What a node's clock says now.
    pub(super) fn clock(&self, peer: Peer) -> Time {
        let ahead = self.hosts[peer.index()].ahead + self.drifted(peer);
        Time((crate::EPOCH + self.now).saturating_add_signed(ahead))
    }

    /// What a node takes for now: its time does not go back, unless its clock does by far.
    pub(super) fn latest(&self, peer: Peer) -> Time {
        self.hosts[peer.index()].latest
    }

    fn drifted(&self, peer: Peer) -> i64 {
        self.plan.cluster.member(peer).drift * self.now.cast_signed() / 1_000_000
    }

    /// When a node's clock will say `time`, if nobody sets it.
    fn when(&self, peer: Peer, time: Time) -> u64 {
        let gap = time.0.saturating_sub(self.clock(peer).0);
        let drift = self.plan.cluster.member(peer).drift;
        if drift == 0 {
            return self.now.saturating_add(gap);
        }
        let rate = 1_000_000_u64.saturating_add_signed(drift);
        self.now.saturating_add(gap.saturating_mul(1_000_000).div_ceil(rate))
    }

    /// A clock is set. A node reads its clock every second, or sooner: here at once.
    pub(super) fn step(&mut self, peer: Peer, by: i64) {
        let host = self.host(peer);
        host.ahead += by;
        host.wakes = None;
        self.fault(Fault::Step { peer, at: 0, by }.kind(), peer, None);
        self.feed(peer, &InputKind::Timeout, |driver, now, recorder| driver.timeout(now, recorder));
    }

    /// Sets the alarm for the time at which a node wants to be woken.
    pub(super) fn set_alarm(&mut self, peer: Peer) {
        let host = &self.hosts[peer.index()];
        let Some(wanted) = host.driver.as_ref().and_then(|driver| driver.next_timeout()) else {
            return;
        };
        let (at, life) = (self.when(peer, wanted), host.life);
        if host.wakes.is_none_or(|set| at < set) {
            self.host(peer).wakes = Some(at);
            self.queue.push(at, Happening::Wake { peer, life });
        }
    }

    /// A wake-up came: it counts only if it is the last one set, and still wanted.
    pub(super) fn wake(&mut self, peer: Peer, life: u32) {
        let (now, clock) = (self.now, self.clock(peer));
        let host = self.host(peer);
        if host.life != life || host.wakes.is_none_or(|at| now < at) {
            return;
        }
        host.wakes = None;
        let due = |wanted: Time| wanted <= clock;
        let driver = host.driver.as_ref();
        if driver.and_then(|driver| driver.next_timeout()).is_some_and(due) {
            return self.feed(peer, &InputKind::Timeout, |driver, now, recorder| {
                driver.timeout(now, recorder)
            });
        }
        self.set_alarm(peer);
    }
}
