//! C5: what becomes durable at one node about one computation only goes forward, across restarts.

use std::collections::BTreeMap;

use formix_proto::record::Fact;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

/// How far each node has come in each of its roles: heavy, light and proposer apart.
#[derive(Default)]
pub(super) struct Forward(BTreeMap<(usize, Peer, Track), u8>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    Heavy,
    Light,
    Proposer,
}

impl Check for Forward {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Durable { peer, records } => {
                records.iter().try_for_each(|record| match model.question(&record.id) {
                    Some(question) => self.step(question, *peer, &record.fact),
                    None => Ok(()),
                })
            }
            Observation::Stopped { peer, amnesia: true, .. } => {
                self.0.retain(|(_, held, _), _| held != peer);
                Ok(())
            }
            Observation::RolledBack { peer, records } => {
                self.0.retain(|(_, held, _), _| held != peer);
                self.observe(model, &Observation::Durable { peer: *peer, records })
            }
            _ => Ok(()),
        }
    }
}

impl Forward {
    fn step(&mut self, question: usize, peer: Peer, fact: &Fact) -> Result<(), Breach> {
        let Some((track, rank, repeats)) = rank(fact) else { return Ok(()) };
        let reached = self.0.insert((question, peer, track), rank);
        if reached.is_none_or(|reached| reached < rank || (repeats && reached == rank)) {
            return Ok(());
        }
        let what = "a record follows one of a later phase, or repeats one";
        Err(Breach::new(Invariant::C5, question, what).at(peer))
    }
}

/// A fact's track, its place there, and whether there may be many.
fn rank(fact: &Fact) -> Option<(Track, u8, bool)> {
    Some(match fact {
        Fact::Prepared(_) => (Track::Heavy, 0, false),
        Fact::Opened => (Track::Heavy, 1, false),
        Fact::Contributed { .. } | Fact::Declined(_) => (Track::Heavy, 2, true),
        Fact::Frozen => (Track::Heavy, 3, false),
        Fact::Sealed(_) => (Track::Heavy, 4, false),
        Fact::Counted(_) => (Track::Heavy, 5, false),
        Fact::Revealed(_) | Fact::Failed(_) => (Track::Heavy, 6, false),
        Fact::Asked(_) => (Track::Light, 0, false),
        Fact::Split { .. } | Fact::Withheld => (Track::Light, 1, false),
        Fact::Delivered => (Track::Light, 2, false),
        Fact::Learned(_) => (Track::Light, 3, false),
        Fact::Proposed(_) => (Track::Proposer, 0, false),
        Fact::Accepted => (Track::Proposer, 1, false),
        Fact::Concluded(_) => (Track::Proposer, 2, false),
        Fact::Forgotten => return None,
    })
}
