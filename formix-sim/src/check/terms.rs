//! C8: a proposal that breaks a limit is never opened, so that no accepted one can wrap.

use std::collections::BTreeSet;

use formix_proto::record::Fact;
use formix_proto::spec::Spec;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::plan::{Member, Quantity};
use crate::violation::{Breach, Invariant};

pub(super) struct Terms;

/// Whether terms are acceptable to a node, whoever made them up.
fn is_acceptable(spec: &Spec, member: &Member) -> bool {
    let seats: BTreeSet<_> = spec.committee.nodes().collect();
    let least = member.policy.min_participants.max(1);
    let groups = spec.statistic.groups.as_ref();
    let of_a_part = groups.map_or(spec.min_participants, |groups| groups.min_size);
    let Some(bounds) = Quantity::bounds(&spec.statistic.measure) else { return false };
    spec.min_participants >= least
        && spec.min_participants <= spec.max_participants
        && of_a_part >= least
        && of_a_part >= bounds.min_answers
        && bounds.max_element.checked_mul(spec.max_participants.into()).is_some()
        && seats.len() == spec.committee.seats()
}

impl Check for Terms {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        let Observation::Issued { peer, records, .. } = observation else { return Ok(()) };
        let prepared = records.iter().filter_map(|record| match &record.fact {
            Fact::Prepared(proposal) | Fact::Asked(proposal) => Some(&proposal.spec),
            _ => None,
        });
        if !prepared.into_iter().all(|spec| is_acceptable(spec, model.plan.cluster.member(*peer))) {
            let what = "a node takes part on terms that it must refuse";
            return Err(Breach::new(Invariant::C8, None, what).at(*peer));
        }
        for record in records.iter().filter(|record| record.fact == Fact::Opened) {
            let Some(question) = model.question(&record.id) else { continue };
            if model.plan.workload[question].flaw.is_some() {
                let what = "a proposal that must be refused was opened";
                return Err(Breach::new(Invariant::C8, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
