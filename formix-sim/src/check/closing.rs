//! C9: collecting ends before the deadline only if every seat has heard from everyone who is enrolled at
//! the primary.

use std::collections::BTreeMap;

use formix_proto::record::Fact;
use formix_proto::time::Time;

use super::Check;
use crate::model::{Model, NodeState};
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// How it was when each heavy node froze.
#[derive(Default)]
pub(super) struct Closing(BTreeMap<(usize, Peer), Moment>);

struct Moment {
    /// What its clock said.
    clock: Time,
    /// The light nodes that were enrolled there.
    lights: Vec<Peer>,
}

impl Check for Closing {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let (Observation::Issued { peer, records, .. } | Observation::Durable { peer, records }) =
            observation
        else {
            return Ok(());
        };
        for record in records.iter().filter(|record| record.fact == Fact::Frozen) {
            let Some(question) = model.question(&record.id) else { continue };
            if let Observation::Issued { clock, .. } = observation {
                let lights = model.enrolled_at(*peer).collect();
                self.0.insert((question, *peer), Moment { clock: *clock, lights });
            } else {
                self.frozen(model, question, *peer)?;
            }
        }
        Ok(())
    }
}

impl Closing {
    fn frozen(&self, model: &Model<'_>, question: usize, peer: Peer) -> Result<(), Breach> {
        let deadline = model.plan.workload[question].proposal.spec.deadline;
        let Some(Moment { clock, lights }) = self.0.get(&(question, peer)) else { return Ok(()) };
        let primary = model.committee(question)[0];
        let told = Some(peer) != primary
            && primary.is_some_and(|primary| model.node(question, primary).frozen);
        if *clock >= deadline || told || were_heard(model, question, lights) {
            return Ok(());
        }
        let what = "collecting ended early with someone unheard";
        Err(Breach::new(Invariant::C9, question, what).at(peer))
    }
}

fn were_heard(model: &Model<'_>, question: usize, lights: &[Peer]) -> bool {
    let heard = |node: &NodeState| {
        let light = |light| node.contributed.contains_key(light) || node.declined.contains(light);
        lights.iter().all(light)
    };
    model.seats(question).is_some_and(|seats| seats.into_iter().all(heard))
}
