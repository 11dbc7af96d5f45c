//! What a node wants done, noted instead of carried out.

use formix_proto::driver::Effects;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, Event};
use formix_proto::message::Message;
use formix_proto::record::Fact;
use formix_proto::wire::{self, DecodeError};

/// One thing that a node wants done.
#[derive(Debug)]
pub enum Effect {
    /// Make this durable.
    Persist(Batch),
    /// Send this to that node.
    Send(NodeId, Frame),
    /// Tell the owner.
    Tell(Event),
}

/// Notes what a node wants done, in its order.
#[derive(Debug, Default)]
pub struct Recorder(pub Vec<Effect>);

impl Recorder {
    /// What was noted, with the messages read; nothing is noted any more.
    pub fn take(&mut self) -> Result<Said, DecodeError> {
        let mut said = Said::default();
        for effect in self.0.drain(..) {
            match effect {
                Effect::Persist(batch) => said.batches.push(batch),
                Effect::Send(to, frame) => said.sent.push((to, wire::decode(frame.as_ref())?)),
                Effect::Tell(event) => said.events.push(event),
            }
        }
        Ok(said)
    }
}

impl Effects for Recorder {
    fn persist(&mut self, batch: Batch) {
        self.0.push(Effect::Persist(batch));
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        self.0.push(Effect::Send(to, frame));
    }

    fn event(&mut self, event: Event) {
        self.0.push(Effect::Tell(event));
    }
}

/// What a node did about one input, or about several.
#[derive(Debug, Default)]
pub struct Said {
    /// The batches that it handed to its disk.
    pub batches: Vec<Batch>,
    /// The messages that it sent.
    pub sent: Vec<(NodeId, Message)>,
    /// What it told its owner.
    pub events: Vec<Event>,
}

impl Said {
    /// The facts in its batches.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.batches.iter().flat_map(|batch| &batch.records).map(|record| &record.fact)
    }

    /// The messages sent to one node.
    pub fn to(&self, node: NodeId) -> Vec<&Message> {
        self.sent.iter().filter(|(to, _)| *to == node).map(|(_, message)| message).collect()
    }

    /// The names of the messages sent, each with its addressee.
    pub fn names(&self) -> Vec<(NodeId, &'static str)> {
        self.sent.iter().map(|(to, message)| (*to, message.name())).collect()
    }

    /// Whether it did nothing at all.
    pub fn is_nothing(&self) -> bool {
        self.batches.is_empty() && self.sent.is_empty() && self.events.is_empty()
    }

    /// Whether it complained of a peer.
    pub fn complains(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::Fault { .. }))
    }

    /// Adds what it did next.
    pub fn extend(&mut self, more: Said) {
        self.batches.extend(more.batches);
        self.sent.extend(more.sent);
        self.events.extend(more.events);
    }
}
