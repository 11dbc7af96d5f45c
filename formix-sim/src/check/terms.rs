//! C8: a proposal that breaks a limit is never opened, so that no accepted one can wrap.

use formix_proto::record::Fact;
use formix_proto::spec::Spec;
use formix_proto::statistic::Measure;

use super::Check;
use crate::book::Books;
use crate::plan::Member;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Terms;

/// Whoever made them up.
fn is_acceptable(spec: &Spec, member: &Member) -> bool {
    let Measure::Sum(domain) = spec.statistic.measure else { return true };
    let (min, max, _) = domain.into();
    let largest = u128::from(max.abs_diff(min));
    let [a, b, c] = spec.committee.0;
    spec.min_participants >= member.policy.least_participants
        && spec.min_participants <= spec.max_participants
        && largest * u128::from(spec.max_participants) < 1 << 32
        && a != b
        && b != c
        && a != c
}

impl Check for Terms {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Issued { peer, records, .. } = sight else { return Ok(()) };
        let prepared = records.iter().filter_map(|record| match &record.fact {
            Fact::Prepared(proposal) | Fact::Asked(proposal) => Some(&proposal.spec),
            _ => None,
        });
        if !prepared.into_iter().all(|spec| is_acceptable(spec, books.plan.cluster.member(*peer))) {
            let what = "a node takes part on terms that it must refuse";
            return Err(Breach::new(Invariant::C8, None, what).at(*peer));
        }
        for record in records.iter().filter(|record| record.fact == Fact::Opened) {
            let Some(question) = books.question(&record.id) else { continue };
            if books.plan.workload[question].flaw.is_some() {
                let what = "a proposal that must be refused was opened";
                return Err(Breach::new(Invariant::C8, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
