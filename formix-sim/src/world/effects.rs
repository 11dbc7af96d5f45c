//! Carries out what a node wants done.

use std::rc::Rc;

use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::Batch;
use formix_proto::wire;
use formix_testkit::{Effect, Recorder};

use super::World;
use super::host::Kind;
use super::queue::Happening;
use crate::observation::{InputKind, Observation};
use crate::plan::{self, Peer};

impl World<'_> {
    /// Carries out what a node wants done, but nothing after the output at which it stops.
    pub(super) fn carry_out(&mut self, peer: Peer, recorder: &mut Recorder) {
        for effect in recorder.0.drain(..) {
            if self.host(peer).is_stopping() {
                return;
            }
            let kind = match effect {
                Effect::Persist(batch) => {
                    let clock = self.latest(peer);
                    self.emit(&Observation::Issued { peer, clock, records: &batch.records });
                    self.host(peer).disk.push(batch);
                    self.write(peer);
                    Kind::Persist
                }
                Effect::Send(to, frame) => {
                    self.send(peer, to, frame);
                    Kind::Send
                }
                Effect::Tell(event) => {
                    self.emit(&Observation::Told { peer, event: &event });
                    self.hear(peer, event);
                    Kind::Event
                }
            };
            if !self.healed {
                self.host(peer).carried_out(kind);
            }
        }
    }

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
                self.emit(&Observation::Sent { number, from, to, frame: bytes, message: &message });
                self.last_sent = Some((frame.clone(), message));
            }
            Err(_) => self.emit(&Observation::Illegible { from, to, length: bytes.len() }),
        }
        let passage = self.network.carry(self.plan, self.now, from, to);
        for kind in passage.struck.into_iter().flatten() {
            self.fault(kind, from, Some(to));
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
            self.fault(plan::Kind::SlowDisk, peer, None);
        }
        let done = now + self.plan.cluster.member(peer).disk + extra;
        self.queue.push(done, Happening::Flushed { peer, life });
    }

    pub(super) fn flushed(&mut self, peer: Peer, life: u32) {
        if self.host(peer).life != life || self.host(peer).driver.is_none() {
            return;
        }
        let batches = self.host(peer).disk.end_write();
        self.emit(&Observation::Flushed { peer, batches: batches.len() });
        self.durable(peer, &batches);
        if let Some(seq) = batches.last().map(|batch| batch.seq) {
            self.feed(peer, &InputKind::Durable, |driver, now, recorder| {
                driver.persisted(now, seq, recorder)
            });
        }
        self.write(peer);
    }

    pub(super) fn durable(&mut self, peer: Peer, batches: &[Batch]) {
        for batch in batches {
            self.emit(&Observation::Durable { peer, records: &batch.records });
        }
    }
}
