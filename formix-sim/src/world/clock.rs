//! From the world's time to a node's and back.

use core::time::Duration;

use formix_proto::time::Time;

use super::World;
use super::queue::Happening;
use crate::plan::Peer;

/// A span in milliseconds.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl World<'_> {
    /// What a node's clock says now.
    pub(super) fn clock(&self, peer: Peer) -> Time {
        let ahead = self.plan.cluster.member(peer).ahead;
        Time((crate::EPOCH + self.now).saturating_add_signed(ahead))
    }

    /// When a node's clock will say `time`.
    pub(super) fn when(&self, peer: Peer, time: Time) -> u64 {
        let ahead = self.plan.cluster.member(peer).ahead;
        time.0.saturating_add_signed(-ahead).saturating_sub(crate::EPOCH).max(self.now)
    }

    /// Sees to it that a node is woken when it wants to be.
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
        if host.life != life || host.wakes != Some(now) {
            return;
        }
        host.wakes = None;
        let due = |wanted: Time| wanted <= clock;
        let driver = host.driver.as_ref();
        if driver.and_then(|driver| driver.next_timeout()).is_some_and(due) {
            return self.feed(peer, |driver, now, hands| driver.timeout(now, hands));
        }
        self.set_alarm(peer);
    }
}
