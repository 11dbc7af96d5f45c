//! Carries out what a node wants done.

use std::rc::Rc;

use formix_proto::driver::Effects;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, Event};
use formix_proto::wire;

use super::World;
use super::host::Kind;
use super::queue::Happening;
use crate::plan::{self, Peer};
use crate::sight::{Fed, Sight};

/// The world, as one node's driver sees it.
pub(super) struct Hands<'w, 'a> {
    pub(super) world: &'w mut World<'a>,
    pub(super) peer: Peer,
}

impl Hands<'_, '_> {
    /// Nothing that a node wants after the output at which it stops is carried out.
    fn carry_out(&mut self, kind: Kind, act: impl FnOnce(&mut World<'_>, Peer)) {
        if self.world.host(self.peer).is_stopping() {
            return;
        }
        act(self.world, self.peer);
        if !self.world.healed {
            self.world.host(self.peer).carried_out(kind);
        }
    }
}

impl Effects for Hands<'_, '_> {
    fn persist(&mut self, batch: Batch) {
        self.carry_out(Kind::Persist, |world, peer| {
            let clock = world.latest(peer);
            world.see(&Sight::Issued { peer, clock, records: &batch.records });
            world.host(peer).disk.push(batch);
            world.write(peer);
        });
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        self.carry_out(Kind::Send, |world, peer| world.send(peer, to, frame));
    }

    fn event(&mut self, event: Event) {
        self.carry_out(Kind::Event, |world, peer| {
            world.see(&Sight::Told { peer, event: &event });
            world.hear(peer, event);
        });
    }
}

impl World<'_> {
    fn send(&mut self, from: Peer, to: NodeId, frame: Frame) {
        let Some(to) = self.plan.cluster.peer(&to) else { return };
        if self.plan.adversary.has(from) {
            return self.send_through_adversary(from, to, frame);
        }
        self.put_on_the_wire(from, to, Rc::new(frame));
    }

    pub(super) fn put_on_the_wire(&mut self, from: Peer, to: Peer, frame: Rc<Frame>) {
        self.sent += 1;
        let number = self.sent;
        let bytes = frame.as_ref().as_ref();
        // What goes to many nodes is the same each time.
        let same = self.last_sent.take().filter(|(last, _)| last.as_ref().as_ref() == bytes);
        match same.map_or_else(|| wire::decode(bytes), |(_, message)| Ok(message)) {
            Ok(message) => {
                self.see(&Sight::Sent { number, from, to, frame: bytes, message: &message });
                self.last_sent = Some((frame.clone(), message));
            }
            Err(_) => self.see(&Sight::Illegible { from, to, length: bytes.len() }),
        }
        let passage = self.network.carry(self.plan, self.now, from, to);
        for kind in passage.struck.into_iter().flatten() {
            self.struck(kind, from, Some(to));
        }
        for at in passage.arrivals.into_iter().flatten() {
            self.queue.push(at, Happening::Deliver { number, from, to, frame: frame.clone() });
        }
    }

    /// Lets the disk write what waits, if it is idle.
    pub(super) fn write(&mut self, peer: Peer) {
        let (healed, now) = (self.healed, self.now);
        let host = self.host(peer);
        if !host.disk.begin_write() {
            return;
        }
        let (life, nth) = (host.life, host.disk.writes());
        let extra = host.slow.get(&nth).filter(|_| !healed).copied().unwrap_or(0);
        if extra > 0 {
            self.struck(plan::Kind::SlowDisk, peer, None);
        }
        let done = now + self.plan.cluster.member(peer).disk + extra;
        self.queue.push(done, Happening::Flushed { peer, life });
    }

    pub(super) fn flushed(&mut self, peer: Peer, life: u32) {
        if self.host(peer).life != life || self.host(peer).driver.is_none() {
            return;
        }
        let batches = self.host(peer).disk.end_write();
        self.see(&Sight::Flushed { peer, batches: batches.len() });
        self.durable(peer, &batches);
        if let Some(seq) = crate::disk::last(&batches) {
            self.feed(peer, &Fed::Durable, |driver, now, hands| driver.persisted(now, seq, hands));
        }
        self.write(peer);
    }

    pub(super) fn durable(&mut self, peer: Peer, batches: &[Batch]) {
        for batch in batches {
            self.see(&Sight::Durable { peer, records: &batch.records });
        }
    }
}
