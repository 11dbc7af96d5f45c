//! Delivers a frame twice to a copy of a node, to see what the second time does.

use formix_proto::driver::Driver;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::Machine;
use formix_proto::message::Message;
use formix_proto::time::Time;
use formix_proto::wire;
use formix_testkit::{Recorder, Said};

use crate::observation::Echo;
use crate::plan::Peer;

/// What comes of a frame that the copy of a node with an idle disk handles twice, if it is one.
pub(super) fn echo(
    mut copy: Driver<impl Machine>,
    now: Time,
    (id, from): (NodeId, Peer),
    frame: &Frame,
) -> Option<Echo> {
    let message = wire::decode(frame.as_ref()).ok()?;
    let first = said(&mut copy, now, id, frame)?;
    let again = said(&mut copy, now, id, frame)?;
    let (recorded, records, complains) =
        (first.facts().count(), again.facts().count(), first.complains());
    let (first, again) = (replies(first, id), replies(again, id));
    let refusal = |reply: &Message| matches!(reply, Message::Refuse { .. });
    let refused = complains || first.iter().any(refusal);
    Some(Echo { message, from, refused, recorded, records, first, again })
}

/// Handles the frame, and makes what comes of it durable at once.
fn said(copy: &mut Driver<impl Machine>, now: Time, id: NodeId, frame: &Frame) -> Option<Said> {
    let (mut said, mut recorder) = (Said::default(), Recorder::default());
    copy.receive(now, id, frame.as_ref(), &mut recorder);
    loop {
        let more = recorder.take().ok()?;
        let last = more.batches.last().map(|batch| batch.seq);
        said.extend(more);
        let Some(seq) = last else { return Some(said) };
        copy.persisted(now, seq, &mut recorder);
    }
}

/// What was sent back to a node, without the news that it gets as the proposer.
fn replies(said: Said, id: NodeId) -> Vec<Message> {
    let news =
        |message: &Message| matches!(message, Message::Progress { .. } | Message::Outcome { .. });
    let sent = said.sent.into_iter().filter(|(to, message)| *to == id && !news(message));
    sent.map(|(_, message)| message).collect()
}
