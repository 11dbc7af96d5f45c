//! A question and its terms, and the checks every node makes before it takes part.

mod error;

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::id::{ComputationId, NodeId, Nonce, digest};
use crate::limits::{MAX_PARTICIPANTS, MAX_POOL, MAX_PROMPT};
use crate::policy::Policy;
use crate::query::Query;
use crate::ring::Shape;
use crate::share::{Lanes, SEATS, sum};
use crate::statistic::Statistic;
use crate::time::Time;
use crate::wire;

pub use error::SpecError;

/// One question with everything that a node must know to take part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The question, for people. Untrusted text: escape it before it is printed.
    pub prompt: String,
    /// The question, for programs, if it is for them.
    pub query: Option<Query>,
    /// What is computed over the answers.
    pub statistic: Statistic,
    /// The three heavy nodes, in order of their seats.
    pub committee: Committee,
    /// When answers stop being accepted.
    pub deadline: Time,
    /// The least roster that may be revealed.
    pub min_participants: u32,
    /// The greatest roster; what the overflow check counts with.
    pub max_participants: u32,
}

/// The three heavy nodes of a computation, in order of their seats; seat 0 is the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committee(pub [NodeId; SEATS]);

/// A place in a committee: 0, 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seat(u8);

/// A question, who asks it, and the nonce that makes asking it again another computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Who asks.
    pub proposer: NodeId,
    /// Drawn by the proposer.
    pub nonce: Nonce,
    /// What is asked.
    pub spec: Spec,
}

impl Spec {
    /// Checks the terms against the limits of the protocol and a node's own policy.
    pub fn check(&self, now: Time, policy: &Policy) -> Result<(), SpecError> {
        self.check_text()?;
        self.check_statistic()?;
        self.committee.check()?;
        self.check_threshold(policy.least_participants)?;
        self.check_parts(policy.least_participants)?;
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
        SEATS as u64 * self.shape().bytes() as u64
    }

    /// The most bytes of shares that a heavy node may have to keep for it.
    pub(crate) fn pool(&self) -> u64 {
        (self.shape().bytes() as u64).saturating_mul(self.max_participants.into())
    }

    /// The shape of the lanes of an encoded answer that count parts.
    pub fn counts_shape(&self) -> Shape {
        Shape { dimension: self.statistic.counted_parts(), ..self.shape() }
    }

    /// What is told of a partial, once the counts of its parts are known (R4): every lane of a part with
    /// too few answers is zero.
    pub(crate) fn told(&self, partial: &Lanes, counts: &[Lanes; SEATS]) -> Lanes {
        let ring = self.shape().ring;
        let counts = sum(self.counts_shape(), counts);
        let mut told = partial.clone();
        for (part, count) in counts.values(ring).enumerate() {
            if count < self.least_of_a_part().into() {
                self.statistic.lanes_of(part).for_each(|lane| told.set(ring, lane, 0));
            }
        }
        told
    }

    /// The fewest answers of a group, or of all, that are told of.
    fn least_of_a_part(&self) -> u32 {
        self.statistic.groups.as_ref().map_or(self.min_participants, |groups| groups.least)
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

    /// The shape of an encoded answer. Of terms that were not checked it may be empty.
    pub fn shape(&self) -> Shape {
        self.statistic.shape(self.max_participants).unwrap_or(Shape::EMPTY)
    }

    /// What is told of a part tells too much of its answers if they are few: a group is a roster of its
    /// own, and the sums of a regression are equations in them.
    fn check_parts(&self, least: u32) -> Result<(), SpecError> {
        let (asked, least) = (self.least_of_a_part(), least.max(self.statistic.measure.least()));
        match &self.statistic.groups {
            _ if asked >= least => Ok(()),
            Some(_) => Err(SpecError::GroupTooSmall { asked, least }),
            None => Err(SpecError::ThresholdTooLow { asked, least }),
        }
    }

    fn check_threshold(&self, least: u32) -> Result<(), SpecError> {
        let (min, max) = (self.min_participants, self.max_participants);
        if min < least.max(1) {
            return Err(SpecError::ThresholdTooLow { asked: min, least: least.max(1) });
        }
        if min > max {
            return Err(SpecError::ThresholdTooHigh { min, max });
        }
        Ok(())
    }
}

impl Committee {
    /// The node in a seat.
    pub fn node(&self, seat: Seat) -> NodeId {
        self.0[usize::from(seat.0)]
    }

    /// The node in seat 0, which coordinates.
    pub fn primary(&self) -> NodeId {
        self.0[0]
    }

    /// The seat that a node has, if any.
    pub fn seat_of(&self, node: &NodeId) -> Option<Seat> {
        Seat::ALL.into_iter().find(|seat| self.node(*seat) == *node)
    }

    fn check(&self) -> Result<(), SpecError> {
        let [a, b, c] = self.0;
        match () {
            () if a == b || a == c => Err(SpecError::RepeatedHeavy(a)),
            () if b == c => Err(SpecError::RepeatedHeavy(b)),
            () => Ok(()),
        }
    }
}

impl Seat {
    /// The coordinator of its computation.
    pub const PRIMARY: Seat = Seat(0);
    /// All seats, in order.
    pub const ALL: [Seat; SEATS] = [Seat(0), Seat(1), Seat(2)];
    /// The seats that are not the primary's.
    pub const OTHERS: [Seat; SEATS - 1] = [Seat(1), Seat(2)];

    /// The position in the committee.
    pub fn index(self) -> usize {
        self.0.into()
    }
}

impl Proposal {
    /// The id that stands for exactly this proposal (R2).
    pub fn id(&self) -> ComputationId {
        ComputationId(digest("formix/1 computation", &[wire::public_bytes(self).as_ref()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_QUERY;
    use crate::statistic::{Domain, Groups, Measure};
    use alloc::format;

    const NODES: [NodeId; SEATS] = [NodeId([1; 32]), NodeId([2; 32]), NodeId([3; 32])];

    fn spec() -> Spec {
        Spec {
            prompt: "?".into(),
            query: None,
            statistic: Statistic::from(Measure::Sum(Domain::try_from((0, 1, 0)).unwrap())),
            committee: Committee(NODES),
            deadline: Time(2),
            min_participants: 3,
            max_participants: 3,
        }
    }

    fn check(spec: &Spec) -> Result<(), SpecError> {
        spec.check(Time(1), &Policy::default())
    }

    #[test]
    fn the_seats_of_a_committee() {
        let committee = Committee(NODES);
        assert_eq!(committee.primary(), NODES[0]);
        assert_eq!(Seat::ALL.map(|seat| committee.node(seat)), NODES);
        assert_eq!(Seat::ALL.map(Seat::index), [0, 1, 2]);
        assert_eq!(NODES.map(|node| committee.seat_of(&node)), Seat::ALL.map(Some));
        assert_eq!(committee.seat_of(&NodeId([4; 32])), None);
        assert_eq!([Seat::PRIMARY, Seat::OTHERS[0], Seat::OTHERS[1]], Seat::ALL);
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
            committee: Committee([NODES[0]; SEATS]),
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
        assert_eq!(check(&all_wrong), Err(SpecError::ThresholdTooLow { asked: 0, least: 3 }));
        all_wrong.min_participants = 3;
        assert_eq!(check(&all_wrong), Err(SpecError::DeadlinePassed));
    }

    /// The counts of the parts come first, then the lanes of each part.
    #[test]
    fn of_a_part_that_is_too_small_no_lane_is_told_and_of_others_all() {
        let domain = Domain::try_from((0, 9, 0)).unwrap();
        let labels = ["a", "b", "c"].map(alloc::string::String::from).to_vec().try_into().unwrap();
        let groups = Some(Groups { labels, least: 3 });
        let statistic = Statistic { groups, ..Measure::Moments(domain).into() };
        let spec = Spec { statistic, ..spec() };
        let partial = Lanes::new(&[1, 2, 3, 10, 11, 20, 21, 30, 31]);
        let shares = [[1, 2, 0], [1, 0, 3], [1, 0, 0]].map(|counts| Lanes::new(&counts));
        let told = Lanes::new(&[1, 0, 3, 10, 11, 0, 0, 30, 31]);
        assert_eq!(spec.told(&partial, &shares), told);
    }

    #[test]
    fn a_refusal_tells_what_to_do() {
        let error = SpecError::ThresholdTooLow { asked: 2, least: 3 };
        let text = format!("{error}");
        assert!(
            text.contains("min_participants is 2") && text.contains("no less than 3"),
            "{text}"
        );
        let text = format!("{}", SpecError::Overflow(1000));
        assert!(text.contains("1000 answers") && text.contains("narrow the domain"), "{text}");
    }
}
