//! Delivers a frame twice to a copy of a node, to see what the second time does.

use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, BatchSeq, Event, Machine};
use formix_proto::message::Message;
use formix_proto::time::Time;
use formix_proto::wire;

use crate::plan::Peer;
use crate::sight::Echo;

/// What a copy wants done: noted, and not carried out.
#[derive(Debug)]
struct Notes {
    to: NodeId,
    replies: Vec<Message>,
    refused: bool,
    records: usize,
    last: Option<BatchSeq>,
}

/// What comes of a frame that the copy of a node with an idle disk handles twice, if it is one.
pub(super) fn echo(
    mut copy: Driver<impl Machine>,
    now: Time,
    (id, from): (NodeId, Peer),
    frame: &Frame,
) -> Option<Echo> {
    let message = wire::decode(frame.as_ref()).ok()?;
    let first = notes(&mut copy, now, id, frame);
    let again = notes(&mut copy, now, id, frame);
    let (refused, recorded, records) = (first.refused, first.records, again.records);
    let (first, again) = (first.replies, again.replies);
    Some(Echo { message, from, first, again, refused, recorded, records })
}

/// Handles the frame, and makes what comes of it durable at once.
fn notes(copy: &mut Driver<impl Machine>, now: Time, id: NodeId, frame: &Frame) -> Notes {
    let mut notes = Notes { to: id, replies: Vec::new(), refused: false, records: 0, last: None };
    copy.receive(now, id, frame.as_ref(), &mut notes);
    while let Some(seq) = notes.last.take() {
        copy.persisted(now, seq, &mut notes);
    }
    notes
}

impl Effects for Notes {
    fn persist(&mut self, batch: Batch) {
        self.records += batch.records.len();
        self.last = Some(batch.seq);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        let Ok(message) = wire::decode(frame.as_ref()) else { return };
        self.refused |= matches!(message, Message::Refuse { .. });
        // Who asked the question is told how it goes on, whatever it has just said as a light node.
        let news = matches!(message, Message::Progress { .. } | Message::Outcome { .. });
        if to == self.to && !news {
            self.replies.push(message);
        }
    }

    fn event(&mut self, event: Event) {
        self.refused |= matches!(event, Event::Fault { .. });
    }
}
