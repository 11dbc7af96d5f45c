//! P8: what ends a computation erases its shares, none follows, and none is found again at a start.

use std::collections::BTreeSet;

use formix_proto::record::{Erases, Fact};

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// Where shares are held now.
#[derive(Default)]
pub(super) struct Erased(BTreeSet<(usize, Peer)>);

impl Check for Erased {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Durable { peer, records } => {
                records.iter().try_for_each(|record| match model.question(&record.id) {
                    Some(question) => self.record(question, *peer, &record.fact),
                    None => Ok(()),
                })
            }
            Observation::Stopped { peer, amnesia: true, .. } => {
                self.0.retain(|(_, held)| held != peer);
                Ok(())
            }
            Observation::Recovered { peer, shares, .. } => {
                let over = |question: &&usize| model.node(**question, *peer).needs_no_shares();
                let what = "a node that starts finds shares of what is over on its disk";
                shares.iter().find(over).map_or(Ok(()), |question| {
                    Err(Breach::new(Invariant::P8, *question, what).at(*peer))
                })
            }
            Observation::RolledBack { peer, records } => {
                self.0.retain(|(_, held)| held != peer);
                self.observe(model, &Observation::Durable { peer: *peer, records })
            }
            _ => Ok(()),
        }
    }
}

impl Erased {
    fn record(&mut self, question: usize, peer: Peer, fact: &Fact) -> Result<(), Breach> {
        if fact.erases() != Erases::Nothing {
            self.0.remove(&(question, peer));
        }
        let held = match fact {
            Fact::Contributed { .. } | Fact::Split { .. } => {
                self.0.insert((question, peer));
                fact.holds_shares()
            }
            Fact::Sealed(_) | Fact::Revealed(_) | Fact::Failed(_) | Fact::Learned(_) => {
                !self.0.contains(&(question, peer))
            }
            _ => true,
        };
        if held {
            return Ok(());
        }
        let what = "shares are still on the disk";
        Err(Breach::new(Invariant::P8, question, what).at(peer))
    }
}
