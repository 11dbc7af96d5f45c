//! D2 and D3: what a node knows when it has started is what its disk says, however often it stopped
//! on the way.

use std::collections::BTreeSet;

use formix_proto::outcome::{Outcome, Stage};
use formix_proto::status::Standing;

use super::Check;
use crate::model::{Model, NodeState};
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// The nodes that stopped last while they recovered.
#[derive(Default)]
pub(super) struct Recovered(BTreeSet<Peer>);

impl Check for Recovered {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Unrecoverable { peer } => {
                let what = "a node does not start from its own records";
                Err(Breach::new(self.invariant(*peer), None, what).at(*peer))
            }
            Observation::Stopped { peer, recovering: true, .. } => {
                self.0.insert(*peer);
                Ok(())
            }
            Observation::Recovered { peer, standing, .. } => {
                let invariant = self.invariant(*peer);
                for (question, known) in standing.iter().enumerate() {
                    if !fits(model.node(question, *peer), known.as_ref()) {
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
fn fits(node: &NodeState, known: Option<&Standing>) -> bool {
    let Some(known) = known else { return node.forgotten || !node.has_begun() };
    if node.forgotten {
        return false;
    }
    match known {
        _ if node.proposed => node.concluded != matches!(known, Standing::Open(_)),
        Standing::Open(stage) if node.began => {
            let expected = match node {
                NodeState { frozen: true, .. } => Stage::Revealing,
                NodeState { opened: true, .. } => Stage::Collecting,
                _ => Stage::Pending,
            };
            !node.revealed && !node.failed && *stage == expected
        }
        Standing::Ended(Outcome::Completed(_)) => node.revealed,
        Standing::Ended(Outcome::Failed(_)) => node.failed,
        Standing::Open(_) => node.asked && node.settled.is_none(),
        Standing::Learned { counted } => node.settled == Some(*counted),
    }
}
