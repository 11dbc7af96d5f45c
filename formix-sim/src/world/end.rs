//! How a run ends: faults stop, everybody is back, and every question has had its time.

use formix_proto::id::ComputationId;

use super::{World, clock};
use crate::observation::Observation;
use crate::plan::Peer;

impl World<'_> {
    /// When a computation must be over everywhere (L1).
    pub(super) fn over(&self, question: usize) -> u64 {
        let (plan, asked) = (self.plan, &self.plan.workload[question]);
        let slack = clock::millis(plan.skew()) + 500;
        let bound = clock::millis(plan.cluster.policy().bound()) + slack;
        asked.deadline().max(plan.faults.heal).max(asked.at) + bound
    }

    /// Good links and disks from here on; nodes that are down and not dead are started.
    pub(super) fn heal(&mut self) {
        self.healed = true;
        self.network.heal();
        self.emit(&Observation::Healed);
        for peer in self.plan.cluster.peers() {
            let host = self.host(peer);
            host.relapses.clear();
            host.paused = 0;
            if host.driver.is_none() && !host.dead {
                self.start(peer);
            }
        }
    }

    /// Stops every running node once all it has written is durable, and starts it again: nothing may
    /// come of it.
    pub(super) fn start_all(&mut self) {
        for peer in self.plan.cluster.peers() {
            if self.host(peer).driver.take().is_some() {
                let (survivors, _) = self.host(peer).disk.crash(usize::MAX);
                self.durable(peer, &survivors);
                self.start(peer);
            }
        }
    }

    pub(super) fn judge(&mut self, question: usize) {
        let id = self.checkers.model.index.ids[question];
        let cluster = &self.plan.cluster;
        let running = |peer: &Peer| self.hosts[peer.index()].driver.is_some();
        let standing: Vec<_> = cluster
            .peers()
            .filter(running)
            .map(|peer| (peer, self.waiting_for(peer, &id)))
            .collect();
        let dead: Vec<_> = cluster.peers().filter(|peer| self.hosts[peer.index()].dead).collect();
        self.emit(&Observation::TimeUp { question, standing: &standing, dead: &dead });
    }

    fn waiting_for(&self, peer: Peer, id: &ComputationId) -> Vec<Peer> {
        let driver = self.hosts[peer.index()].driver.as_ref();
        let status = driver.and_then(|driver| driver.machine().status(id));
        let named = status.map(|status| status.waiting_for).unwrap_or_default();
        named.iter().filter_map(|id| self.plan.cluster.peer(id)).collect()
    }
}
