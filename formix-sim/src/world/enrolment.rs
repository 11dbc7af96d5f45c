//! Who is enrolled, as each heavy node has been told.

use std::sync::Arc;

use formix_proto::directory::Directory;
use formix_proto::machine::Command;

use super::World;
use crate::observation::{InputKind, Observation};
use crate::plan::{Kind, Peer};

impl World<'_> {
    /// Tells a node who is enrolled now; one that is down learns it when it starts.
    pub(super) fn enroll(&mut self, peer: Peer) {
        if self.host(peer).driver.is_some() {
            let command = Command::Enroll(self.directory(peer));
            self.feed(peer, &InputKind::Command, |driver, now, recorder| {
                driver.command(now, command, recorder);
            });
        }
    }

    /// Who is enrolled, as a node is told now.
    pub(super) fn directory(&mut self, peer: Peer) -> Arc<Directory> {
        let plan = self.plan;
        let strangers = plan.faults.strangers(peer, self.now);
        let before = std::mem::replace(&mut self.host(peer).strangers, strangers.clone());
        if strangers != before {
            self.emit(&Observation::Enrolled { peer, strangers: &strangers });
        }
        if self.host(peer).life > 0 {
            for light in before.difference(&strangers) {
                self.fault(Kind::Enrolment, peer, Some(*light));
            }
            for light in strangers.difference(&before) {
                self.fault(Kind::Removal, peer, Some(*light));
            }
        }
        if strangers.is_empty() {
            return plan.cluster.directory.clone();
        }
        let is_known = |other: &Peer| !strangers.contains(other);
        let entry = |other| (plan.cluster.member(other).id, plan.cluster.member(other).role);
        Arc::new(plan.cluster.peers().filter(is_known).map(entry).collect())
    }
}
