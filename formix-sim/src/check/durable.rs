//! D1: what a message stands for is durable when it leaves.

use formix_proto::message::Message;
use formix_proto::outcome::Outcome;

use super::Check;
use crate::book::{Books, Page};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Durable;

impl Check for Durable {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Sent { from, to, message, .. } = sight else { return Ok(()) };
        stands(books, *from, *to, message)
    }
}

fn stands(books: &Books<'_>, from: Peer, to: Peer, message: &Message) -> Result<(), Breach> {
    let (id, what) = match message {
        Message::Receipt(id) => (id, "a receipt leaves before its record is durable"),
        Message::Ready(id) => (id, "a ready leaves before its record is durable"),
        Message::Opened(id) => (id, "an opened leaves before its record is durable"),
        Message::Open(id) => (id, "an open leaves before the opening is durable"),
        Message::Close(id) => (id, "a close leaves before the freeze is durable"),
        Message::Seal { id, .. } => (id, "a seal leaves before the roster is durable"),
        Message::Outcome { id, outcome: Outcome::Completed(_) } => {
            (id, "an outcome leaves before it is durable")
        }
        Message::Ended { id, counted: true } => (id, "an end leaves before it is durable"),
        Message::Frozen { id, .. } => (id, "a frozen leaves before its record is durable"),
        Message::FrozenSet { id, .. } => (id, "a frozen set leaves before its record is durable"),
        Message::Counted { id, .. } => (id, "the counts leave before they are durable"),
        Message::Revealed { id, .. } => (id, "the partials leave before they are durable"),
        Message::Abort { id, .. } => (id, "an abort leaves before its record is durable"),
        _ => return Ok(()),
    };
    let Some(question) = books.question(id) else { return Ok(()) };
    let page = books.page(question, from);
    let durable = match message {
        Message::Receipt(_) if books.plan.adversary.has(to) => return Ok(()),
        Message::Receipt(_) => receipted(page, books.page(question, to), to),
        Message::Ready(_) => page.began,
        Message::Opened(_) => page.opened || page.frozen || page.failed,
        Message::Frozen { .. } | Message::FrozenSet { .. } => page.frozen,
        Message::Open(_) => page.opened,
        Message::Close(_) => page.frozen,
        Message::Seal { .. } => page.sealed.is_some(),
        Message::Counted { .. } => page.counted.is_some(),
        Message::Revealed { .. } | Message::Outcome { .. } | Message::Ended { .. } => page.revealed,
        // Who has not taken it up refuses it without a record.
        _ => page.failed || !page.began,
    };
    if durable { Ok(()) } else { Err(Breach::new(Invariant::D1, question, what).at(from)) }
}

/// A light node's own record says what the receipt is for. Declining after the freeze is harmless
/// and needs no record of its own.
fn receipted(heavy: &Page, light: &Page, to: Peer) -> bool {
    let heard = heavy.contributed.contains_key(&to) || heavy.declined.contains(&to);
    heard || (light.split.is_none() && (heavy.frozen || heavy.failed))
}
