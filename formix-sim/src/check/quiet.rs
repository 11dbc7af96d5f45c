//! L5: of a computation that has ended at a node, nothing leaves that node unasked.

use std::collections::HashMap;

use formix_proto::directory::Role;
use formix_proto::message::Message;

use super::Check;
use crate::book::Books;
use crate::plan::Peer;
use crate::sight::{Fed, Sight};
use crate::violation::{Breach, Invariant};

/// What each node was given last.
#[derive(Default)]
pub(super) struct Quiet(HashMap<Peer, Fed>);

impl Check for Quiet {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Fed { peer, input } => {
                self.0.insert(*peer, **input);
                Ok(())
            }
            Sight::Sent { from, message, .. } => {
                let unasked = matches!(self.0.get(from), Some(Fed::Start | Fed::Timeout));
                if unasked && is_over(books, *from, message) {
                    let question = books.index.of(message);
                    let what = "a message about an ended computation leaves unasked";
                    return Err(Breach::new(Invariant::L5, question, what).at(*from));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Whether the part of the node that says this has ended the computation. A node may have proposed
/// what it also answers, or sits on the committee of.
fn is_over(books: &Books<'_>, from: Peer, message: &Message) -> bool {
    let page = books.index.of(message).map(|question| books.page(question, from));
    page.is_some_and(|page| match books.plan.cluster.member(from).role {
        Role::Heavy => page.revealed || page.failed,
        Role::Light => page.settled.is_some(),
        Role::Proposer => page.concluded,
    })
}
