//! One node of a state, and what tells two states of it apart.

use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::wire;
use formix_testkit::Said;

use crate::fingerprint::Fingerprint;

/// One node, and its disk.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) host: formix_testkit::Host,
    /// The partial that left, if one did.
    partial: Option<u64>,
    pub(super) ended: Option<Outcome>,
    pub(super) fingerprint: u64,
}

impl Host {
    pub(super) fn new(host: formix_testkit::Host) -> Self {
        Self { host, partial: None, ended: None, fingerprint: 0 }
    }

    /// Takes note of what it has just said for good.
    pub(super) fn note(&mut self, said: &Said) {
        for (_, message) in &said.sent {
            if matches!(message, Message::Partial { .. }) {
                self.partial = Some(Fingerprint::of(wire::encode(message).as_ref()));
            }
        }
        for event in &said.events {
            if let Event::Ended { outcome, .. } = event {
                self.ended = Some(outcome.clone());
            }
        }
        self.fingerprint = self.print();
    }

    /// All that the node holds, and what its disk has not done yet.
    fn print(&self) -> u64 {
        let mut print = Fingerprint(self.host.waiting() as u64);
        // Shares are redacted; equal coins and equal answers make them equal here.
        print.debug(&(self.host.driver(), self.partial, &self.ended));
        print.0
    }
}
