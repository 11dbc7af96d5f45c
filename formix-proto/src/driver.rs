//! The loop that the simulator and the real node share: only *waiting* differs between them.

use crate::frame::Frame;
use crate::id::NodeId;
use crate::machine::{Batch, BatchSeq, Command, Event, Input, Machine, Output};
use crate::time::Time;
use crate::wire;

/// What a machine's outputs are carried out with. None of these waits.
pub trait Effects {
    /// Starts making a batch durable; [`Driver::persisted`] follows when it is.
    fn persist(&mut self, batch: Batch);
    /// Sends a frame, at best effort.
    fn send(&mut self, to: NodeId, frame: Frame);
    /// Tells the owner.
    fn event(&mut self, event: Event);
}

/// Feeds a machine: decodes, keeps time from going back, and carries out what comes of it.
#[derive(Debug, Clone)]
pub struct Driver<M> {
    machine: M,
    clock: Time,
}

impl<M: Machine> Driver<M> {
    /// Drives a machine from `now` on, and carries out what it wants first.
    pub fn start(machine: M, now: Time, effects: &mut impl Effects) -> Self {
        let mut driver = Self { machine, clock: now };
        driver.drain(effects);
        driver
    }

    /// The machine, for looking at.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// When [`Driver::timeout`] is wanted, if nothing else comes before.
    pub fn next_timeout(&self) -> Option<Time> {
        self.machine.next_timeout()
    }

    /// A frame came from an authenticated node.
    pub fn receive(&mut self, now: Time, from: NodeId, frame: &[u8], effects: &mut impl Effects) {
        let input = match wire::decode(frame) {
            Ok(message) => Input::Receive { from, message },
            Err(error) => Input::Malformed { from, error },
        };
        self.feed(now, input, effects);
    }

    /// The owner wants something.
    pub fn command(&mut self, now: Time, command: Command, effects: &mut impl Effects) {
        self.feed(now, Input::Command(command), effects);
    }

    /// Every batch up to this one is durable.
    pub fn persisted(&mut self, now: Time, seq: BatchSeq, effects: &mut impl Effects) {
        self.feed(now, Input::Persisted(seq), effects);
    }

    /// The time that [`Driver::next_timeout`] named has come.
    pub fn timeout(&mut self, now: Time, effects: &mut impl Effects) {
        self.feed(now, Input::Timeout, effects);
    }

    fn feed(&mut self, now: Time, input: Input, effects: &mut impl Effects) {
        self.clock = self.clock.max(now);
        self.machine.handle_input(self.clock, input);
        self.drain(effects);
    }

    fn drain(&mut self, effects: &mut impl Effects) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                Output::Persist(batch) => effects.persist(batch),
                Output::Send { to, message } => effects.send(to, wire::encode(&message)),
                Output::Event(event) => effects.event(event),
            }
        }
    }
}
