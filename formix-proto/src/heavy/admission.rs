//! What becomes of a contribution (R3).

use super::collecting::Contribution;
use super::terms::Terms;
use crate::context::Context;
use crate::id::{NodeId, Tag};
use crate::message::Message;
use crate::outcome::Refusal;
use crate::record::Seal;

/// What to do with a contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is the first, and valid.
    Keep,
    /// It is the very one that is kept already.
    Known,
    /// It is not accepted.
    Refused(Refusal),
}

impl Admission {
    /// Once the shares are gone, the tag tells whether it is the one that was summed.
    pub(super) fn after_the_seal(seal: &Seal, light: &NodeId, tag: &Tag) -> Self {
        match seal.roster.of(light) {
            Some(entry) if entry.tag == *tag => Self::Known,
            Some(_) => Self::Refused(Refusal::Conflict),
            None => Self::Refused(Refusal::Late),
        }
    }

    /// Tells the light node of a contribution that is not to be kept.
    pub(super) fn tell(self, terms: &Terms, cx: &mut Context<'_>, light: NodeId) {
        match self {
            Self::Keep => {}
            Self::Known => cx.send(light, Message::Receipt(terms.id)),
            Self::Refused(refusal) => cx.send(light, Message::Refuse { id: terms.id, refusal }),
        }
    }
}

/// Answers a light node once nothing more is accepted: what was kept gets its receipt again, another of the
/// same node is a conflict, and the rest is late. To decline needs no record any more.
pub(super) fn answer_late(
    terms: &Terms,
    cx: &mut Context<'_>,
    light: NodeId,
    message: Message,
    recall: impl FnOnce(&NodeId, Contribution) -> Admission,
) {
    match message {
        Message::Contribution { tag, share, .. } => {
            let offered = Contribution { tag, share };
            recall(&light, offered).tell(terms, cx, light);
        }
        Message::Decline { .. } => cx.send(light, Message::Receipt(terms.id)),
        _ => {}
    }
}
