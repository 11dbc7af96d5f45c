//! One message of every kind, all about the same computation.

use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal, Reveal, Stage};
use formix_proto::share::Lanes;

use super::stage::{HELD, partial, propose};
use super::{LIGHTS, digest, id, question, roster, tag};

/// Every kind of message, each well-formed and, for who may send it, plausible on stage.
pub(crate) fn messages() -> Vec<Message> {
    let (id, digest, share) = (id(), digest(&HELD), Lanes::new(&[40]));
    let boxed = || Box::new(question());
    let reveal = Reveal { digest, participants: 3, totals: Lanes::new(&[180]) };
    vec![
        propose(&question()),
        Message::Progress { id, stage: Stage::Collecting },
        Message::Outcome { id, outcome: Outcome::Completed(reveal) },
        Message::Prepare(boxed()),
        Message::Ready(id),
        Message::Open(id),
        Message::Opened(id),
        Message::AllIn(id),
        Message::Close(id),
        Message::Frozen { id, digest },
        Message::List(id),
        Message::FrozenSet { id, set: roster(&HELD) },
        Message::Seal { id, digest, excluded: vec![] },
        Message::Counts { id, digest, counts: partial() },
        Message::Counted { id, digest, counts: [partial(), partial(), partial()] },
        Message::Partial { id, digest, partial: partial() },
        Message::Revealed { id, digest, partials: [partial(), partial(), partial()] },
        Message::Abort { id, failure: Failure::NeverOpened },
        Message::Announce(boxed()),
        Message::Knock(id),
        Message::Invite(boxed()),
        Message::Contribution { id, tag: tag(LIGHTS[3]), share },
        Message::Decline(id),
        Message::Receipt(id),
        Message::Refuse { id, refusal: Refusal::Late },
        Message::Inquire(id),
        Message::Ended { id, counted: true },
    ]
}
