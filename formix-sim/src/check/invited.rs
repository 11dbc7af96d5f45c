//! R2: an owner is asked only what every seat has put to the node in the same words.

use formix_proto::record::Fact;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

pub(super) struct Invited;

impl Check for Invited {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Issued { peer, records, .. } = observation else { return Ok(()) };
        for record in *records {
            let Fact::Asked(proposal) = &record.fact else { continue };
            let invited = |seat| {
                let seat = model.peer(&seat);
                seat.is_some_and(|seat| model.has_invited(seat, *peer, &record.id))
            };
            if !proposal.spec.committee.nodes().all(invited) {
                let what = "an owner is asked what not every seat has sent";
                let question = model.question(&record.id);
                return Err(Breach::new(Invariant::R2, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
