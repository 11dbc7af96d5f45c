//! Starting, feeding and stopping the nodes.

use std::collections::BTreeSet;
use std::rc::Rc;

use formix_proto::driver::Driver;
use formix_proto::frame::Frame;
use formix_proto::node::{Config, Node};
use formix_proto::record::{Fact, Record};
use formix_proto::time::Time;
use formix_testkit::Recorder;

use super::World;
use super::coins::Coins;
use super::echo;
use super::queue::Happening;
use crate::observation::{InputKind, Observation};
use crate::plan::{Crash, Kind, Peer, Plan, Trigger};

/// One frame in this many is delivered a second time, to a copy of its receiver: fewer in a large
/// network, where a heavy node is large, too.
fn probed(plan: &Plan) -> u64 {
    u64::from(plan.cluster.directory.lights()).max(16)
}

/// How long a node that stopped while it recovered is down.
const RELAPSE_DOWN: u64 = 10;

impl World<'_> {
    /// Starts a node from what its disk holds, with fresh coins.
    pub(super) fn start(&mut self, peer: Peer) {
        let (now, directory) = (self.clock(peer), self.directory(peer));
        let host = self.host(peer);
        host.latest = now;
        host.life += 1;
        host.wakes = None;
        let (life, records) = (host.life, host.disk.records());
        let shares = records.as_deref().map_or_else(|_| BTreeSet::new(), |r| self.shares(r));
        let host = self.host(peer);
        host.relapse_after = host.relapses.pop_front();
        self.emit(&Observation::Started { peer, life });
        let member = self.plan.cluster.member(peer);
        let coins = self.coins(peer, life);
        let config =
            Config { id: member.id, role: member.role, policy: member.policy.clone(), directory };
        let node = records.ok().and_then(|r| Node::recover_with(config, coins, now, r).ok());
        let Some(node) = node else { return self.emit(&Observation::Unrecoverable { peer }) };
        let standing = |id| node.status(id).map(|status| status.standing);
        let ids = &self.checkers.model.index.ids;
        let standing: Vec<_> = ids.iter().map(standing).collect();
        self.emit(&Observation::Recovered { peer, standing: &standing, shares: &shares });
        self.emit(&Observation::Input { peer, input: &InputKind::Start });
        let mut recorder = Recorder::default();
        let driver = Driver::start(node, now, &mut recorder);
        self.carry_out(peer, &mut recorder);
        self.settle(peer, Box::new(driver));
        if self.hosts[peer.index()].driver.is_some() {
            self.ask_again(peer);
        }
    }

    /// The questions of which some records hold shares of single answers.
    fn shares(&self, records: &[Record]) -> BTreeSet<usize> {
        let share =
            |record: &&Record| matches!(record.fact, Fact::Contributed { .. } | Fact::Split { .. });
        let question = |record: &Record| self.checkers.model.question(&record.id);
        records.iter().filter(share).filter_map(question).collect()
    }

    /// Lets a node handle one input, if it runs.
    pub(super) fn feed(
        &mut self,
        peer: Peer,
        fed: &InputKind,
        input: impl FnOnce(&mut Driver<Node<Coins>>, Time, &mut Recorder),
    ) {
        let Some(mut driver) = self.host(peer).driver.take() else { return };
        self.events += 1;
        self.emit(&Observation::Input { peer, input: fed });
        let now = self.clock(peer);
        // One recorder for all inputs spares each its own allocation.
        let mut recorder = std::mem::take(&mut self.recorder);
        input(&mut driver, now, &mut recorder);
        self.host(peer).latest = driver.now();
        self.carry_out(peer, &mut recorder);
        self.recorder = recorder;
        self.settle(peer, driver);
    }

    pub(super) fn deliver(&mut self, number: u64, from: Peer, to: Peer, frame: &Rc<Frame>) {
        if self.plan.adversary.has(to) {
            self.overheard(frame.clone());
        }
        let id = self.plan.cluster.member(from).id;
        let fed = InputKind::Frame { number, from };
        let probed = number.is_multiple_of(probed(self.plan)) && self.host(to).disk.is_idle();
        if probed && let Some(driver) = &self.host(to).driver {
            let (driver, now) = (driver.as_ref().clone(), self.clock(to));
            if let Some(echo) = echo::echo(driver, now, (id, from), frame) {
                self.emit(&Observation::Echoed { peer: to, echo: &echo });
            }
        }
        self.feed(to, &fed, |driver, now, recorder| {
            driver.receive(now, id, frame.as_ref().as_ref(), recorder)
        });
    }

    /// After an input, the node waits for the next one, or has stopped in the midst of it.
    fn settle(&mut self, peer: Peer, driver: Box<Driver<Node<Coins>>>) {
        let host = self.host(peer);
        let (relapsing, life) = (host.relapse_after.take().is_some(), host.life);
        match host.crashing.take() {
            Some(crash) => self.stop(&crash, false),
            None if relapsing => {
                let trigger = Trigger::Time(self.now);
                let (down, relapses) = (Some(RELAPSE_DOWN), Vec::new());
                let kind = Kind::Relapse;
                // Every other one leaves what the recovery itself has written.
                let keep = if life.is_multiple_of(2) { usize::MAX } else { 0 };
                self.stop(&Crash { kind, peer, trigger, keep, down, relapses }, true);
            }
            None => {
                let holds = driver.machine().occupancy();
                host.driver = Some(driver);
                self.emit(&Observation::Idle { peer, holds });
                self.set_alarm(peer);
            }
        }
    }

    /// A node stops between two inputs, if it runs at all.
    pub(super) fn crash(&mut self, crash: &Crash) {
        if !self.healed && self.host(crash.peer).driver.take().is_some() {
            self.stop(crash, false);
        }
    }

    fn stop(&mut self, crash: &Crash, recovering: bool) {
        let peer = crash.peer;
        let amnesia = crash.kind == Kind::Amnesia;
        self.fault(crash.kind, peer, None);
        let host = self.host(peer);
        host.relapses.extend(&crash.relapses);
        let rollback = crash.kind == Kind::Rollback;
        let (survivors, lost) = host.disk.crash(if rollback { 0 } else { crash.keep });
        if amnesia {
            host.disk.wipe();
        }
        let restored = rollback.then(|| host.disk.restore(crash.keep));
        let (kept, life) = (survivors.len(), host.life);
        match crash.down {
            Some(down) => {
                let at = self.now + down;
                self.queue.push(at, Happening::Start { peer, life });
            }
            None => host.dead = true,
        }
        self.durable(peer, &survivors);
        self.emit(&Observation::Stopped { peer, kept, lost, amnesia, recovering });
        if let Some(records) = restored {
            self.emit(&Observation::RolledBack { peer, records: &records });
        }
    }
}
