//! C6: a message that was handled, delivered again, changes nothing and gets the same reply. B3: input
//! that is refused changes nothing the first time either.

use formix_proto::message::Message;

use super::Check;
use crate::model::Model;
use crate::observation::{Echo, Observation};
use crate::violation::{Breach, Invariant};

pub(super) struct Again;

impl Check for Again {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Echoed { peer, echo } = observation else { return Ok(()) };
        let Echo { message, first, again, records, refused, recorded, .. } = echo;
        let question = model.index.of(message);
        let broken = |what| Err(Breach::new(Invariant::C6, question, what).at(*peer));
        if *refused && *recorded > 0 {
            let what = "a message that is refused makes a record";
            return Err(Breach::new(Invariant::B3, question, what).at(*peer));
        }
        if *records > 0 {
            return broken("a message that is delivered again makes a record");
        }
        if is_request(message) && first != again {
            return broken("a message that is delivered again gets another reply");
        }
        Ok(())
    }
}

/// Whether the sender waits for a reply to this very message.
fn is_request(message: &Message) -> bool {
    matches!(
        message,
        Message::Prepare(_)
            | Message::Open(_)
            | Message::Close(_)
            | Message::List(_)
            | Message::Seal { .. }
            | Message::Contribution { .. }
            | Message::Decline { .. }
            | Message::QueryOutcome(_)
    )
}
