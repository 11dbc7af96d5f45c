//! One message of every kind, all about the same computation.

use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal, Reveal, Stage};

use super::stage::{HELD, partial, propose};
use super::vectors::{counts, per_seat, share, totals};
use super::{LIGHTS, decline, digest, directory, id, question, roster, tag};

/// Every kind of message, each well-formed and, for who may send it, plausible on stage.
pub(crate) fn messages() -> Vec<Message> {
    let (id, digest, share) = (id(), digest(&HELD), share(&[40]));
    let boxed = || Box::new(question());
    let reveal = Reveal { digest, participants: 3, totals: totals(&[180]) };
    vec![
        propose(&question()),
        Message::Progress { id, stage: Stage::Collecting },
        Message::Outcome { id, outcome: Outcome::Completed(reveal) },
        Message::Prepare(boxed()),
        Message::Ready(id),
        Message::Open(id),
        Message::Opened(id),
        Message::AllIn { id, lights: directory().lights_digest() },
        Message::Close(id),
        Message::Frozen { id, digest },
        Message::List(id),
        Message::FrozenSet { id, set: roster(&HELD) },
        Message::Seal { id, digest, excluded: vec![] },
        Message::Counts { id, digest, counts: counts(&[60]) },
        Message::Counted { id, digest, counts: per_seat([(); 3]).map(|()| counts(&[60])) },
        Message::Partial { id, digest, partial: partial() },
        Message::Revealed { id, digest, partials: per_seat([(); 3]).map(|()| partial()) },
        Message::Abort { id, failure: Failure::NeverOpened },
        Message::Announce { proposal: boxed(), to: [LIGHTS[3]].into() },
        Message::RequestInvite(id),
        Message::Invite(boxed()),
        Message::Contribution { id, tag: tag(LIGHTS[3]), share },
        decline(),
        Message::Receipt(id),
        Message::Refuse { id, refusal: Refusal::Late },
        Message::QueryOutcome(id),
        Message::Ended { id, counted: true },
    ]
}
