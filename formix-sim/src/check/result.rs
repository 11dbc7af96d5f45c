//! C1: a completed result is the sum of the roster's planned answers, group by group, decoded. C10: and
//! a partial is that of the shares.

use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::roster::Entry;
use formix_proto::statistic::{Group, Summary};

use super::Check;
use crate::model::{Model, completion};
use crate::observation::Observation;
use crate::plan::Peer;
use crate::truth::Truth;
use crate::violation::{Breach, Invariant};

pub(super) struct Correct;

impl Check for Correct {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Told { event: Event::Ended { id, outcome }, .. } => {
                model.question(id).map_or(Ok(()), |question| is_correct(model, question, outcome))
            }
            Observation::Sent { message: Message::Outcome { id, outcome }, .. } => {
                model.question(id).map_or(Ok(()), |question| is_correct(model, question, outcome))
            }
            Observation::Durable { peer, records } => {
                records.iter().try_for_each(|record| match &record.fact {
                    Fact::Sealed(_) => model.question(&record.id).map_or(Ok(()), |question| {
                        adds_up(model, question, *peer).map_err(|breach| breach.at(*peer))
                    }),
                    _ => Ok(()),
                })
            }
            _ => Ok(()),
        }
    }
}

/// A sealed partial is the sum of the shares that this very seat has accepted.
fn adds_up(model: &Model<'_>, question: usize, peer: Peer) -> Result<(), Breach> {
    let node = model.node(question, peer);
    let Some(sealed) = &node.sealed else { return Ok(()) };
    let share = |id| node.share_of(model.peer(id)?);
    let shares = sealed.entries.iter().filter_map(|entry| share(&entry.light));
    if sealed.partial == model.truths[question].sum(shares) {
        return Ok(());
    }
    Err(Breach::new(Invariant::C10, question, "a partial is not the sum of the roster's shares"))
}

fn is_correct(model: &Model<'_>, question: usize, outcome: &Outcome) -> Result<(), Breach> {
    let broken = |what| Err(Breach::new(Invariant::C1, question, what));
    let Some(reveal) = completion(outcome) else { return Ok(()) };
    let Some(roster) = model.roster(question, &reveal.digest.0) else {
        return broken("completed over a roster that nobody has sealed");
    };
    if u32::try_from(roster.len()) != Ok(reveal.participants) {
        return broken("completed with a wrong count");
    }
    let truth = &model.truths[question];
    let Some(total) = model.total(question, roster) else {
        return broken("completed over a light node that has not answered");
    };
    if truth.values(reveal.totals.expose()) != truth.told(&total, &total) {
        return broken("completed with a wrong total");
    }
    let lies = |entry: &Entry| !model.is_honest(&entry.light);
    if roster.iter().any(lies) {
        return Ok(());
    }
    match model.plan.workload[question]
        .proposal
        .spec
        .statistic
        .decode(&reveal.totals, reveal.participants)
    {
        Some(summary) if is_right(truth, &summary, &total, reveal.participants) => Ok(()),
        _ => broken("the result decodes to something else"),
    }
}

/// Whether a summary says of each group what its elements come to.
fn is_right(truth: &Truth<'_>, summary: &Summary, total: &[u128], participants: u32) -> bool {
    let found = |group: &Group| {
        let found = group.found.as_ref()?;
        Some((found.answers.into(), truth.found(&found.finding).unwrap_or_default()))
    };
    let found: Vec<_> = summary.groups.iter().map(found).collect();
    summary.participants == participants && found == truth.findings(total, participants)
}
