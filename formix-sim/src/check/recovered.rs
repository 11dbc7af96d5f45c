//! D2 and D3: what a node knows when it has started is what its disk says, however often it stopped
//! on the way.

use std::collections::BTreeSet;

use formix_proto::outcome::{Outcome, Stage};
use formix_proto::status::Standing;

use super::Check;
use crate::book::{Books, Page};
use crate::plan::Peer;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// The nodes that stopped last while they recovered.
#[derive(Default)]
pub(super) struct Recovered(BTreeSet<Peer>);

impl Check for Recovered {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Unrecoverable { peer } => {
                let what = "a node does not start from its own records";
                Err(Breach::new(self.invariant(*peer), None, what).at(*peer))
            }
            Sight::Stopped { peer, recovering: true, .. } => {
                self.0.insert(*peer);
                Ok(())
            }
            Sight::Recovered { peer, standing, .. } => {
                let invariant = self.invariant(*peer);
                for (question, known) in standing.iter().enumerate() {
                    if !fits(books.page(question, *peer), known.as_ref()) {
                        let what = "a node that has started knows other than its disk says";
                        return Err(Breach::new(invariant, question, what).at(*peer));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Recovered {
    /// What a bad start now breaks.
    fn invariant(&mut self, peer: Peer) -> Invariant {
        if self.0.remove(&peer) { Invariant::D3 } else { Invariant::D2 }
    }
}

/// Whether a node with this on its disk may say this of a computation. Its own question comes first.
fn fits(page: &Page, known: Option<&Standing>) -> bool {
    let Some(known) = known else { return page.forgotten || !page.has_begun() };
    if page.forgotten {
        return false;
    }
    match known {
        _ if page.proposed => page.concluded != matches!(known, Standing::Open(_)),
        Standing::Open(stage) if page.began => {
            let expected = match page {
                Page { frozen: true, .. } => Stage::Revealing,
                Page { opened: true, .. } => Stage::Collecting,
                _ => Stage::Pending,
            };
            !page.revealed && !page.failed && *stage == expected
        }
        Standing::Ended(Outcome::Completed(_)) => page.revealed,
        Standing::Ended(Outcome::Failed(_)) => page.failed,
        Standing::Open(_) => page.asked && page.settled.is_none(),
        Standing::Settled { counted } => page.settled == Some(*counted),
    }
}
