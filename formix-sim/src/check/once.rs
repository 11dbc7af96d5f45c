//! R3: each heavy node accepts one contribution of each light node, ever; and no declining beside it.

use std::collections::BTreeSet;

use formix_proto::record::Fact;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::Peer;
use crate::violation::{Breach, Invariant};

#[derive(Default)]
pub(super) struct Once(BTreeSet<(usize, Peer, Peer)>);

impl Check for Once {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let (Observation::Durable { peer, records } | Observation::RolledBack { peer, records }) =
            observation
        else {
            return Ok(());
        };
        if matches!(observation, Observation::RolledBack { .. }) {
            self.0.retain(|(_, held, _)| held != peer);
        }
        for record in *records {
            let (Fact::Contributed { light, .. } | Fact::Declined(light)) = &record.fact else {
                continue;
            };
            let (Some(question), Some(light)) = (model.question(&record.id), model.peer(light))
            else {
                continue;
            };
            if !self.0.insert((question, *peer, light)) {
                let what = "a light node was heard twice";
                return Err(Breach::new(Invariant::R3, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
