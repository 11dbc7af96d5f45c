//! A question and its terms, and the checks every node makes before it takes part.

mod error;

use alloc::string::String;
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::codec;
use crate::id::{ComputationId, NodeId, Nonce, digest};
use crate::limits::{
    COMPUTATION, ENVELOPE, MAX_CONSTANT, MAX_LABELS, MAX_NAMED, MAX_PARTICIPANTS, MAX_POOL,
    MAX_PROMPT, MAX_QUERY, MAX_REVEAL, SMALL_FRAME,
};
use crate::policy::Policy;
use crate::query::Query;
use crate::seat::{Committee, PerSeat};
use crate::sharing::{Counts, Partial, Scheme, Shape, SharingError};
use crate::statistic::{self, Statistic};
use crate::time::Time;

pub use error::SpecError;

/// Groups, a measure, and two constants that stand in.
const STATISTIC: usize = MAX_LABELS + statistic::MAX_BYTES + 2 * MAX_CONSTANT;
const _: () = assert!(
    MAX_PROMPT + MAX_QUERY + STATISTIC + 32 * MAX_NAMED + ENVELOPE <= SMALL_FRAME,
    "a proposal is a small frame, with all whom it is announced to"
);

/// One question with everything that a node must know to take part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The question, for people. Untrusted text: escape it before it is printed.
    pub prompt: String,
    /// The question, for programs, if it is for them.
    pub query: Option<Query>,
    /// What is computed over the answers.
    pub statistic: Statistic,
    /// The heavy nodes, in order of their seats.
    pub committee: Committee,
    /// How answers are split among them.
    pub scheme: Scheme,
    /// When answers stop being accepted.
    pub deadline: Time,
    /// The smallest roster that may be revealed.
    pub min_participants: u32,
    /// The largest roster; what the overflow check counts with.
    pub max_participants: u32,
}

/// A question, who asks it, and the nonce that makes asking it again another computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who asks.
    pub proposer: NodeId,
    /// Drawn by the proposer.
    pub nonce: Nonce,
    /// What is asked. It is up to tens of kilobytes, and in many messages at a time, which share it.
    pub spec: Arc<Spec>,
}

impl Spec {
    /// Checks the terms against the limits of the protocol and a node's own policy.
    pub fn check(&self, now: Time, policy: &Policy) -> Result<(), SpecError> {
        self.check_text()?;
        self.check_statistic()?;
        self.check_committee()?;
        self.check_threshold(policy.min_participants)?;
        self.check_reported(policy.min_participants)?;
        if self.deadline <= now {
            return Err(SpecError::DeadlinePassed);
        }
        if self.deadline > now + policy.horizon {
            return Err(SpecError::DeadlineTooFar(policy.horizon));
        }
        Ok(())
    }

    /// The bytes of the shares of one answer, which a light node keeps until they are delivered.
    pub(crate) fn shares(&self) -> u64 {
        (self.committee.seats() as u64).saturating_mul(self.shape().bytes() as u64)
    }

    /// The most bytes of shares that a heavy node may have to keep for it.
    pub(crate) fn pool(&self) -> u64 {
        (self.shape().bytes() as u64).saturating_mul(self.max_participants.into())
    }

    /// The shape of the elements of an encoded answer that count the answers of each group.
    pub fn counts_shape(&self) -> Shape {
        Shape { dimension: self.statistic.counted_groups(), ..self.shape() }
    }

    /// What is released of a partial, once the counts of its groups are known (R4): every element of a
    /// group with too few answers is zero.
    pub(crate) fn released(
        &self,
        partial: &Partial,
        counts: &PerSeat<Counts>,
    ) -> Result<Partial, SharingError> {
        let mut released = partial.clone();
        for (group, count) in self.scheme.count(counts)?.into_iter().enumerate() {
            if count < self.min_reported().into() {
                released.suppress(self.statistic.elements_of(group))?;
            }
        }
        Ok(released)
    }

    /// The fewest answers of a group, or of all, that are reported.
    fn min_reported(&self) -> u32 {
        self.statistic.groups.as_ref().map_or(self.min_participants, |groups| groups.min_size)
    }

    /// The bytes of the totals, and of what a heavy node keeps to tell them again.
    pub(crate) fn results(&self) -> u64 {
        self.shares().saturating_add(self.shape().bytes() as u64)
    }

    fn check_text(&self) -> Result<(), SpecError> {
        if self.prompt.trim().is_empty() {
            return Err(SpecError::EmptyPrompt);
        }
        if self.prompt.len() > MAX_PROMPT {
            return Err(SpecError::TooLong);
        }
        self.query.as_ref().map_or(Ok(()), Query::check).map_err(SpecError::Query)
    }

    fn check_statistic(&self) -> Result<(), SpecError> {
        self.statistic.check().map_err(SpecError::Statistic)?;
        if self.max_participants > MAX_PARTICIPANTS {
            return Err(SpecError::TooManyParticipants(self.max_participants));
        }
        if self.statistic.shape(self.max_participants).is_none() {
            return Err(SpecError::Overflow(self.max_participants));
        }
        match self.pool() {
            0..=MAX_POOL => Ok(()),
            bytes => Err(SpecError::TooLarge(bytes)),
        }
    }

    fn check_committee(&self) -> Result<(), SpecError> {
        if let Some(node) = self.committee.repeated() {
            return Err(SpecError::RepeatedHeavy(node));
        }
        // One message takes the partials of all seats to each of them.
        match self.shares() {
            0..=MAX_REVEAL => Ok(()),
            bytes => Err(SpecError::RevealTooLarge(bytes)),
        }
    }

    /// The shape of an encoded answer. Of terms that were not checked it may be empty.
    pub fn shape(&self) -> Shape {
        self.statistic.shape(self.max_participants).unwrap_or(Shape::EMPTY)
    }

    /// A sum over few answers says too much about each: every group is a roster of its own, and the sums
    /// of a regression are equations in the answers.
    fn check_reported(&self, min: u32) -> Result<(), SpecError> {
        let (asked, min) = (self.min_reported(), min.max(self.statistic.measure.min_answers()));
        match &self.statistic.groups {
            _ if asked >= min => Ok(()),
            Some(_) => Err(SpecError::GroupTooSmall { asked, min }),
            None => Err(SpecError::ThresholdTooLow { asked, min }),
        }
    }

    fn check_threshold(&self, allowed: u32) -> Result<(), SpecError> {
        let (min, max) = (self.min_participants, self.max_participants);
        if min < allowed.max(1) {
            return Err(SpecError::ThresholdTooLow { asked: min, min: allowed.max(1) });
        }
        if min > max {
            return Err(SpecError::ThresholdTooHigh { min, max });
        }
        Ok(())
    }
}

impl Proposal {
    /// The bytes of memory that it takes by itself.
    pub(crate) fn memory(&self) -> u64 {
        COMPUTATION.saturating_add(codec::public_bytes(self).len() as u64)
    }

    /// The id that stands for exactly this proposal (R2).
    pub fn id(&self) -> ComputationId {
        ComputationId(digest("formix/1 computation", &[codec::public_bytes(self).as_ref()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_QUERY;
    use crate::sharing::Ring;
    use crate::statistic::{Domain, Groups, Moments, Sum};
    use alloc::format;
    use alloc::vec::Vec;

    const NODES: [NodeId; 3] = [NodeId([1; 32]), NodeId([2; 32]), NodeId([3; 32])];

    fn committee(nodes: impl IntoIterator<Item = NodeId>) -> Committee {
        Committee::new(nodes).unwrap()
    }

    fn spec() -> Spec {
        Spec {
            prompt: "?".into(),
            query: None,
            statistic: Sum(Domain::try_from((0, 1, 0)).unwrap()).into(),
            committee: committee(NODES),
            scheme: Scheme::Additive,
            deadline: Time(2),
            min_participants: 3,
            max_participants: 3,
        }
    }

    fn check(spec: &Spec) -> Result<(), SpecError> {
        spec.check(Time(1), &Policy::default())
    }

    #[test]
    fn the_bounds_are_themselves_allowed() {
        let horizon = Policy::default().horizon;
        let extreme = Spec {
            prompt: "x".repeat(MAX_PROMPT),
            query: Some(Query { sql: "x".repeat(MAX_QUERY), tables: [].into() }),
            deadline: Time(1) + horizon,
            max_participants: MAX_PARTICIPANTS,
            ..spec()
        };
        assert_eq!(check(&extreme), Ok(()));
        assert_eq!(check(&spec()), Ok(()));
    }

    /// A person is told one thing at a time, the question's own faults first.
    #[test]
    fn the_first_fault_is_the_one_that_is_named() {
        let mut all_wrong = Spec {
            prompt: " ".into(),
            committee: committee([NODES[0]; 3]),
            deadline: Time(0),
            min_participants: 0,
            max_participants: MAX_PARTICIPANTS + 1,
            ..spec()
        };
        assert_eq!(check(&all_wrong), Err(SpecError::EmptyPrompt));
        all_wrong.prompt = spec().prompt;
        let too_many = SpecError::TooManyParticipants(MAX_PARTICIPANTS + 1);
        assert_eq!(check(&all_wrong), Err(too_many));
        all_wrong.max_participants = 3;
        assert_eq!(check(&all_wrong), Err(SpecError::RepeatedHeavy(NODES[0])));
        all_wrong.committee = spec().committee;
        assert_eq!(check(&all_wrong), Err(SpecError::ThresholdTooLow { asked: 0, min: 3 }));
        all_wrong.min_participants = 3;
        assert_eq!(check(&all_wrong), Err(SpecError::DeadlinePassed));
    }

    /// The counts of the parts come first, then the lanes of each part.
    #[test]
    fn of_a_part_that_is_too_small_no_lane_is_told_and_of_others_all() {
        let domain = Domain::try_from((0, 9, 0)).unwrap();
        let labels = ["a", "b", "c"].map(alloc::string::String::from).to_vec().try_into().unwrap();
        let groups = Some(Groups { labels, min_size: 3 });
        let statistic = Statistic { groups, ..Moments(domain).into() };
        let spec = Spec { statistic, ..spec() };
        let bytes =
            |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        let partial = |values: &[u32]| Partial::parse(Ring::Z32, &bytes(values)).unwrap();
        let counts = [[1, 2, 0], [1, 0, 3], [1, 0, 0]];
        let counts = counts.map(|counts| Counts::parse(Ring::Z32, &bytes(&counts)).unwrap());
        let released = spec.released(
            &partial(&[1, 2, 3, 10, 11, 20, 21, 30, 31]),
            &PerSeat::try_collect(counts).unwrap(),
        );
        assert_eq!(released, Ok(partial(&[1, 0, 3, 10, 11, 0, 0, 30, 31])));
    }

    #[test]
    fn a_refusal_tells_what_to_do() {
        let error = SpecError::ThresholdTooLow { asked: 2, min: 3 };
        let text = format!("{error}");
        assert!(text.contains("min_participants is 2") && text.contains("at least 3"), "{text}");
        let text = format!("{}", SpecError::Overflow(1000));
        assert!(text.contains("1000 answers") && text.contains("narrow the domain"), "{text}");
    }
}
