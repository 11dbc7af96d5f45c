//! The values that only who sees all may see: what is here goes to a page that was asked for them.

use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::{Fact, Record};
use formix_proto::share::Lanes;

use crate::book::words;
use crate::plan::{Deed, Peer, Plan};

/// What a message carries.
pub(super) fn of_message(message: &Message) -> Option<String> {
    match message {
        Message::Contribution { share, .. } => Some(lanes("share", [share])),
        Message::Partial { partial, .. } => Some(lanes("partial", [partial])),
        Message::Revealed { partials, .. } => Some(lanes("partials", partials)),
        Message::Outcome { outcome, .. } => totals(outcome),
        _ => None,
    }
}

/// What a record holds, and for a split the answer that was split.
pub(super) fn of_record(plan: &Plan, peer: Peer, record: &Record) -> Option<String> {
    match &record.fact {
        Fact::Contributed { share, .. } => Some(lanes("share", [share])),
        Fact::Sealed(seal) => Some(lanes("partial", [&seal.partial])),
        Fact::Revealed(partials) => Some(lanes("partials", partials)),
        Fact::Concluded(outcome) => totals(outcome),
        Fact::Split { shares, .. } => {
            let answer = answer(plan, peer, record).unwrap_or_default();
            Some(format!("{answer}{}", lanes("shares", shares)))
        }
        _ => None,
    }
}

fn answer(plan: &Plan, peer: Peer, record: &Record) -> Option<String> {
    let question = plan.workload.iter().find(|question| question.proposal.id() == record.id)?;
    let number = plan.cluster.member(peer).number;
    let owner = question.owners.get(usize::try_from(number).ok()?)?;
    match owner.deed {
        Deed::Answer { tenths } => Some(format!("answer, in tenths of a step: {tenths}\n")),
        _ => None,
    }
}

fn totals(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Completed(reveal) => Some(format!("totals: {:?}", words(&reveal.totals))),
        Outcome::Failed(_) => None,
    }
}

fn lanes<'a>(what: &str, all: impl IntoIterator<Item = &'a Lanes>) -> String {
    let all: Vec<_> = all.into_iter().map(|lanes| format!("{:?}", words(lanes))).collect();
    format!("{what}: {}", all.join(" "))
}
