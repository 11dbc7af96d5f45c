//! C8: a proposal that breaks a limit is never opened, so that no accepted one can wrap.

use formix_proto::record::Fact;
use formix_proto::spec::Spec;
use formix_proto::statistic::{Domain, Measure};

use super::Check;
use crate::book::Books;
use crate::plan::Member;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Terms;

/// Whoever made them up.
fn is_acceptable(spec: &Spec, member: &Member) -> bool {
    let [a, b, c] = spec.committee.0;
    let least = member.policy.least_participants.max(1);
    let groups = spec.statistic.groups.as_ref();
    let of_a_part = groups.map_or(spec.min_participants, |groups| groups.least);
    spec.min_participants >= least
        && spec.min_participants <= spec.max_participants
        && of_a_part >= least
        && of_a_part >= needed(&spec.statistic.measure)
        && largest(&spec.statistic.measure).checked_mul(spec.max_participants.into()).is_some()
        && a != b
        && b != c
        && a != c
}

/// The sums of a regression over fewer are no fewer equations than its answers are unknown.
fn needed(measure: &Measure) -> u32 {
    match measure {
        Measure::Regression(regression) => 2 + 2 * regression.columns().len() as u32,
        _ => 1,
    }
}

/// The largest that a lane of one answer can be.
fn largest(measure: &Measure) -> u128 {
    let width = |domain: &Domain| {
        let (min, max, _) = (*domain).into();
        u128::from(max.abs_diff(min))
    };
    match measure {
        Measure::Sum(domain) | Measure::Vector(domain, _) => width(domain),
        Measure::Moments(domain) => width(domain).pow(2),
        Measure::Regression(regression) => {
            let all = regression.columns().iter().chain([regression.response()]);
            all.map(|domain| width(domain).pow(2)).max().unwrap_or(0)
        }
        _ => 1,
    }
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
