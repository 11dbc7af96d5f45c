//! The loop that the simulator and the real node share: only *waiting* differs between them.

use core::time::Duration;

use crate::frame::Frame;
use crate::id::NodeId;
use crate::machine::{Batch, BatchSeq, Command, Event, Input, Machine, Output};
use crate::time::Time;
use crate::wire;

/// The longest that a machine's time stands still until a clock that has gone back is where it was.
pub const MAX_STANDSTILL: Duration = Duration::from_secs(1);

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
///
/// A clock that goes back by [`MAX_STANDSTILL`] or less is waited for. One that goes back further was
/// wrong before, or is wrong now: the machine is told, and follows it. Otherwise a clock that was an hour
/// ahead for a moment would leave the node an hour during which every deadline has passed.
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
        driver.wake(effects);
        driver
    }

    /// The machine, for looking at.
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// What the machine takes for now.
    pub fn now(&self) -> Time {
        self.clock
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
        self.wake(effects);
    }

    /// Fires the timers that are due, one at a time: what one sends is gone before the next makes more.
    fn wake(&mut self, effects: &mut impl Effects) {
        while self.machine.next_timeout().is_some_and(|due| due <= self.clock) {
            self.feed(self.clock, Input::Timeout, effects);
        }
    }

    fn feed(&mut self, now: Time, input: Input, effects: &mut impl Effects) {
        if now + MAX_STANDSTILL < self.clock {
            self.clock = now;
            self.machine.handle_input(now, Input::SetBack);
            self.drain(effects);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Remembers at what time it was told what.
    #[derive(Default)]
    struct Heard(Vec<(u64, &'static str)>);

    impl Machine for Heard {
        fn handle_input(&mut self, now: Time, input: Input) {
            let what = if matches!(input, Input::SetBack) { "set back" } else { "other" };
            self.0.push((now.0, what));
        }

        fn poll_output(&mut self) -> Option<Output> {
            None
        }

        fn next_timeout(&self) -> Option<Time> {
            None
        }
    }

    struct Nothing;

    impl Effects for Nothing {
        fn persist(&mut self, _: Batch) {}
        fn send(&mut self, _: NodeId, _: Frame) {}
        fn event(&mut self, _: Event) {}
    }

    #[test]
    fn time_stands_still_for_a_second_at_the_most() {
        let mut driver = Driver::start(Heard::default(), Time(5_000), &mut Nothing);
        for now in [5_000, 4_000, 5_001, 4_001, 4_000, 4_500, 0] {
            driver.timeout(Time(now), &mut Nothing);
        }
        let (set_back, other) = (|at| (at, "set back"), |at| (at, "other"));
        let expected = [
            other(5_000),
            other(5_000),
            other(5_001),
            other(5_001),
            set_back(4_000),
            other(4_000),
            other(4_500),
            set_back(0),
            other(0),
        ];
        assert_eq!(driver.machine().0, expected);
        assert_eq!(driver.now(), Time(0));
    }
}
