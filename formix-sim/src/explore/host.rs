//! One node of a state, its disk, and what it wants done.

use std::collections::VecDeque;

use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, Event};
use formix_proto::message::Message;
use formix_proto::node::Node;
use formix_proto::outcome::Outcome;
use formix_proto::wire;

use crate::print::Print;

/// One node, and its disk.
#[derive(Clone)]
pub(super) struct Host {
    pub(super) driver: Driver<Node>,
    pub(super) pending: VecDeque<Batch>,
    /// The light nodes whose contribution is durable here.
    pub(super) accepted: Vec<NodeId>,
    /// The partial that left, if one did.
    pub(super) partial: Option<u64>,
    pub(super) ended: Option<Outcome>,
    pub(super) fingerprint: u64,
}

impl Host {
    /// D1 of receipts, and P3.
    pub(super) fn may_send(&mut self, to: &NodeId, frame: &Frame) -> Result<(), String> {
        match wire::decode(frame.as_ref()) {
            Ok(Message::Receipt(_)) if !self.accepted.contains(to) => {
                Err("a receipt leaves before its record is durable".to_owned())
            }
            Ok(Message::Partial { .. }) => {
                let print = Print::of(frame.as_ref());
                let first = *self.partial.get_or_insert(print);
                (first == print).then_some(()).ok_or_else(|| "a second partial leaves".to_owned())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(format!("what leaves is no message: {error}")),
        }
    }

    /// All that the node holds, and what its disk has not done yet.
    pub(super) fn print(&self) -> u64 {
        let mut print = Print(self.pending.len() as u64);
        // Shares are redacted; equal coins and equal answers make them equal here.
        print.debug(&(&self.driver, self.partial, &self.ended));
        print.0
    }
}

/// What a node wants done.
#[derive(Default)]
pub(super) struct Wants {
    pub(super) batches: VecDeque<Batch>,
    pub(super) sends: Vec<(NodeId, Frame)>,
    pub(super) events: Vec<Event>,
}

impl Effects for Wants {
    fn persist(&mut self, batch: Batch) {
        self.batches.push_back(batch);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        self.sends.push((to, frame));
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}
