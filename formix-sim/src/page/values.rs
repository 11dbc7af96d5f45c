//! The values that only who sees all may see: what is here goes to a page that was asked for them.

use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::{Fact, Record};
use formix_proto::share::Lanes;

use crate::plan::{Deed, Peer, Plan};
use crate::truth::Truth;

/// The values of one question.
pub(super) struct Values<'p> {
    plan: &'p Plan,
    question: usize,
    truth: Truth<'p>,
}

impl<'p> Values<'p> {
    pub(super) fn new(plan: &'p Plan, question: usize) -> Self {
        Self { plan, question, truth: Truth::new(&plan.workload[question]) }
    }

    /// What a message carries.
    pub(super) fn of_message(&self, message: &Message) -> Option<String> {
        match message {
            Message::Contribution { share, .. } => Some(self.lanes("share", [share])),
            Message::Counts { counts, .. } => Some(self.lanes("counts", [counts])),
            Message::Counted { counts, .. } => Some(self.lanes("counts", counts)),
            Message::Partial { partial, .. } => Some(self.lanes("partial", [partial])),
            Message::Revealed { partials, .. } => Some(self.lanes("partials", partials)),
            Message::Outcome { outcome, .. } => self.totals(outcome),
            _ => None,
        }
    }

    /// What a record holds, and for a split the answer that was split.
    pub(super) fn of_record(&self, peer: Peer, record: &Record) -> Option<String> {
        match &record.fact {
            Fact::Contributed { share, .. } => Some(self.lanes("share", [share])),
            Fact::Sealed(seal) => Some(self.lanes("partial", [&seal.partial])),
            Fact::Counted(counts) => Some(self.lanes("counts", counts)),
            Fact::Revealed(partials) => Some(self.lanes("partials", partials)),
            Fact::Concluded(outcome) => self.totals(outcome),
            Fact::Split { shares, .. } => {
                let answer = self.answer(peer).unwrap_or_default();
                Some(format!("{answer}{}", self.lanes("shares", shares)))
            }
            _ => None,
        }
    }

    fn answer(&self, peer: Peer) -> Option<String> {
        let owner = self.plan.workload[self.question].owner(&self.plan.cluster, peer)?;
        match &owner.deed {
            Deed::Answer(reply) => Some(format!(
                "answer, in tenths of a step: {:?}, of group {}\n",
                reply.cells, reply.group
            )),
            _ => None,
        }
    }

    fn totals(&self, outcome: &Outcome) -> Option<String> {
        match outcome {
            Outcome::Completed(reveal) => Some(self.lanes("totals", [&reveal.totals])),
            Outcome::Failed(_) => None,
        }
    }

    fn lanes<'a>(&self, what: &str, all: impl IntoIterator<Item = &'a Lanes>) -> String {
        let values = |lanes| format!("{:?}", self.truth.values(lanes));
        let all: Vec<_> = all.into_iter().map(values).collect();
        format!("{what}: {}", all.join(" "))
    }
}
