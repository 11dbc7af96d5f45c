//! The secret values of a run, which go to a page that was asked for them only.

use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::{Fact, Record};
use formix_proto::sharing::{Counts, Partial, Share};

use formix_sim::plan::{Behaviour, Peer, Plan};

/// The values of one question.
pub(super) struct Values<'p> {
    plan: &'p Plan,
    question: usize,
}

impl<'p> Values<'p> {
    pub(super) fn new(plan: &'p Plan, question: usize) -> Self {
        Self { plan, question }
    }

    /// What a message carries.
    pub(super) fn of_message(&self, message: &Message) -> Option<String> {
        match message {
            Message::Contribution { share, .. } => Some(self.vectors("share", [share.expose()])),
            Message::Counts { counts, .. } => Some(self.vectors("counts", [counts.expose()])),
            Message::Counted { counts, .. } => {
                Some(self.vectors("counts", counts.values().map(Counts::expose)))
            }
            Message::Partial { partial, .. } => Some(self.vectors("partial", [partial.expose()])),
            Message::Revealed { partials, .. } => {
                Some(self.vectors("partials", partials.values().map(Partial::expose)))
            }
            Message::Outcome { outcome, .. } => self.totals(outcome),
            _ => None,
        }
    }

    /// What a record holds, and for a split the answer that was split.
    pub(super) fn of_record(&self, peer: Peer, record: &Record) -> Option<String> {
        match &record.fact {
            Fact::Contributed { share, .. } => Some(self.vectors("share", [share.expose()])),
            Fact::Sealed(seal) => Some(self.vectors("partial", [seal.partial.expose()])),
            Fact::Counted(counts) => {
                Some(self.vectors("counts", counts.values().map(Counts::expose)))
            }
            Fact::Revealed(partials) => {
                Some(self.vectors("partials", partials.values().map(Partial::expose)))
            }
            Fact::Concluded(outcome) => self.totals(outcome),
            Fact::Split { shares, .. } => {
                let answer = self.answer(peer).unwrap_or_default();
                Some(format!(
                    "{answer}{}",
                    self.vectors("shares", shares.values().map(Share::expose))
                ))
            }
            _ => None,
        }
    }

    fn answer(&self, peer: Peer) -> Option<String> {
        let owner = self.plan.workload[self.question].owner(&self.plan.cluster, peer)?;
        match &owner.behaviour {
            Behaviour::Answer(reply) => Some(format!(
                "answer, in tenths of a step: {:?}, of group {}\n",
                reply.cells, reply.group
            )),
            _ => None,
        }
    }

    fn totals(&self, outcome: &Outcome) -> Option<String> {
        match outcome {
            Outcome::Completed(reveal) => Some(self.vectors("totals", [reveal.totals.expose()])),
            Outcome::Failed(_) => None,
        }
    }

    fn vectors<'a>(&self, what: &str, all: impl IntoIterator<Item = &'a [u8]>) -> String {
        let width = self.plan.workload[self.question].proposal.spec.shape().ring.width();
        let value =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        let values =
            |vector: &[u8]| format!("{:?}", vector.chunks(width).map(value).collect::<Vec<_>>());
        let all: Vec<_> = all.into_iter().map(values).collect();
        format!("{what}: {}", all.join(" "))
    }
}
