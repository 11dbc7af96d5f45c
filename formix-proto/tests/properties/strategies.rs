//! Arbitrary values of everything that nodes say and write down.

use std::fmt::Debug;
use std::time::Duration;

use formix_proto::id::{ComputationId, LightsDigest, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal, Resource, Reveal, Stage};
use formix_proto::query::QueryError;
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::{Committee, MAX_SEATS, MIN_SEATS, PerSeat};
use formix_proto::sharing::{Counts, Partial, Ring, Scheme, Shape, Share, SharingError, Totals};
use formix_proto::spec::{Proposal, Spec, SpecError};
use formix_proto::statistic::StatisticError;
use formix_proto::time::Time;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::questions::{query, statistic};

/// Any element over Z/2^32, the ends of the ring among them.
pub(crate) fn element() -> impl Strategy<Value = u32> + Clone {
    prop_oneof![3 => any::<u32>(), 1 => Just(0), 1 => Just(1), 1 => Just(u32::MAX)]
}

type Parse<V> = fn(Ring, &[u8]) -> Result<V, SharingError>;

/// A vector of some elements over any ring.
fn vector<V: Debug>(parse: Parse<V>) -> impl Strategy<Value = V> {
    let ring = prop::sample::select(&Ring::ALL[..]);
    (ring, vec(element(), 1..9)).prop_map(move |(ring, elements)| {
        // Four words are at least one element of any ring.
        let bytes: Vec<_> = elements.iter().flat_map(|it| it.to_le_bytes().repeat(4)).collect();
        parse(ring, &bytes).expect("whole elements")
    })
}

fn committee_size() -> impl Strategy<Value = usize> {
    MIN_SEATS..=MAX_SEATS
}

/// A vector of each seat of some committee.
fn of_each_seat<V: Debug>(parse: Parse<V>) -> impl Strategy<Value = PerSeat<V>> {
    committee_size()
        .prop_flat_map(move |size| {
            std::iter::repeat_with(|| vector(parse)).take(size).collect::<Vec<_>>()
        })
        .prop_map(|values| PerSeat::try_collect(values).expect("a committee's size"))
}

fn node() -> impl Strategy<Value = NodeId> + Clone {
    any::<[u8; 32]>().prop_map(NodeId)
}

fn nodes() -> impl Strategy<Value = Vec<NodeId>> {
    vec(node(), 0..4)
}

fn computation() -> impl Strategy<Value = ComputationId> {
    any::<[u8; 32]>().prop_map(ComputationId)
}

fn lights() -> impl Strategy<Value = LightsDigest> {
    any::<[u8; 32]>().prop_map(LightsDigest)
}

fn digest() -> impl Strategy<Value = RosterDigest> {
    any::<[u8; 32]>().prop_map(RosterDigest)
}

fn tag() -> impl Strategy<Value = Tag> {
    any::<[u8; 16]>().prop_map(Tag)
}

pub(crate) fn roster() -> impl Strategy<Value = Roster> {
    let entries = btree_map(any::<[u8; 32]>(), any::<[u8; 16]>(), 0..6);
    entries.prop_map(|entries| {
        let entry = |(light, tag)| Entry { light: NodeId(light), tag: Tag(tag) };
        Roster::try_from(entries.into_iter().map(entry).collect::<Vec<_>>()).expect("in order")
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let committee = committee_size()
        .prop_flat_map(|size| vec(node(), size))
        .prop_map(|nodes| Committee::new(nodes).expect("a committee's size"));
    let question = (any::<String>(), proptest::option::of(query()), statistic());
    let terms = (committee, any::<u64>().prop_map(Time), any::<u32>(), any::<u32>());
    (question, terms).prop_map(|((prompt, query, statistic), (committee, deadline, min, max))| {
        let (min_participants, max_participants) = (min, max);
        let scheme = Scheme::Additive;
        Spec {
            prompt,
            query,
            statistic,
            committee,
            scheme,
            deadline,
            min_participants,
            max_participants,
        }
    })
}

fn nonce() -> impl Strategy<Value = Nonce> {
    any::<[u8; 16]>().prop_map(Nonce)
}

fn proposal() -> impl Strategy<Value = Box<Proposal>> {
    let proposal = (node(), nonce(), spec());
    proposal.prop_map(|(proposer, nonce, spec)| {
        Box::new(Proposal { proposer, nonce, spec: spec.into() })
    })
}

fn spec_error() -> impl Strategy<Value = SpecError> {
    prop_oneof![
        Just(SpecError::NotTheProposer),
        Just(SpecError::EmptyPrompt),
        Just(SpecError::TooLong),
        any::<String>().prop_map(|name| SpecError::Query(QueryError::Name(name))),
        any::<(u64, u64)>().prop_map(|(found, max)| {
            SpecError::Statistic(StatisticError::Dimension { found, max })
        }),
        any::<(u32, u32)>().prop_map(|(asked, min)| SpecError::GroupTooSmall { asked, min }),
        node().prop_map(SpecError::RepeatedHeavy),
        Just(SpecError::DeadlinePassed),
        any::<Duration>().prop_map(SpecError::DeadlineTooFar),
        any::<(u32, u32)>().prop_map(|(asked, min)| SpecError::ThresholdTooLow { asked, min }),
        any::<(u32, u32)>().prop_map(|(min, max)| SpecError::ThresholdTooHigh { min, max }),
        any::<u32>().prop_map(SpecError::TooManyParticipants),
        any::<u64>().prop_map(SpecError::TooLarge),
        any::<u64>().prop_map(SpecError::RevealTooLarge),
        any::<u32>().prop_map(SpecError::Overflow),
    ]
}

fn resource() -> impl Strategy<Value = Resource> {
    prop_oneof![Just(Resource::Open), Just(Resource::Shares), Just(Resource::Memory)]
}

fn refusal() -> impl Strategy<Value = Refusal> {
    prop_oneof![
        4 => spec_error().prop_map(Refusal::Terms),
        1 => node().prop_map(Refusal::NotAHeavy),
        1 => any::<(u32, u32)>()
            .prop_map(|(enrolled, needed)| Refusal::TooFewLights { enrolled, needed }),
        1 => resource().prop_map(Refusal::Busy),
        1 => (node(), resource(), any::<u64>())
            .prop_map(|(holder, resource, held)| Refusal::Quota { holder, resource, held }),
        1 => Just(Refusal::Late),
        1 => Just(Refusal::Conflict),
        1 => Just(Refusal::Full),
        1 => Just(Refusal::Dimension),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    prop_oneof![
        4 => (node(), refusal()).prop_map(|(by, refusal)| Failure::Refused { by, refusal }),
        1 => nodes().prop_map(|missing| Failure::NotReady { missing }),
        1 => Just(Failure::NeverOpened),
        1 => any::<(u32, u32)>()
            .prop_map(|(participants, needed)| Failure::TooFew { participants, needed }),
        1 => nodes().prop_map(|missing| Failure::Unreachable { missing }),
        1 => node().prop_map(|by| Failure::RosterMismatch { by }),
        1 => node().prop_map(|by| Failure::Defect { by }),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    prop_oneof![Just(Stage::Pending), Just(Stage::Collecting), Just(Stage::Revealing)]
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let reveal = (digest(), any::<u32>(), vector(Totals::parse));
    prop_oneof![
        reveal.prop_map(|(digest, participants, totals)| {
            Outcome::Completed(Reveal { digest, participants, totals })
        }),
        failure().prop_map(Outcome::Failed),
    ]
}

/// Messages of the proposer, and of the committee to it and among itself.
fn committee_message() -> impl Strategy<Value = Message> {
    let id = computation;
    prop_oneof![
        (nonce(), spec()).prop_map(|(nonce, spec)| Message::Propose { nonce, spec: spec.into() }),
        (id(), stage()).prop_map(|(id, stage)| Message::Progress { id, stage }),
        (id(), outcome()).prop_map(|(id, outcome)| Message::Outcome { id, outcome }),
        proposal().prop_map(Message::Prepare),
        id().prop_map(Message::Ready),
        id().prop_map(Message::Open),
        id().prop_map(Message::Opened),
        (id(), lights()).prop_map(|(id, lights)| Message::AllIn { id, lights }),
        id().prop_map(Message::Close),
        (id(), digest()).prop_map(|(id, digest)| Message::Frozen { id, digest }),
        id().prop_map(Message::List),
        (id(), roster()).prop_map(|(id, set)| Message::FrozenSet { id, set }),
        (id(), digest(), nodes()).prop_map(|(id, digest, excluded)| Message::Seal {
            id,
            digest,
            excluded
        }),
        (id(), digest(), vector(Counts::parse)).prop_map(|(id, digest, counts)| Message::Counts {
            id,
            digest,
            counts
        }),
        (id(), digest(), of_each_seat(Counts::parse))
            .prop_map(|(id, digest, counts)| Message::Counted { id, digest, counts }),
        (id(), digest(), vector(Partial::parse))
            .prop_map(|(id, digest, partial)| Message::Partial { id, digest, partial }),
        (id(), digest(), of_each_seat(Partial::parse))
            .prop_map(|(id, digest, partials)| Message::Revealed { id, digest, partials }),
        (id(), failure()).prop_map(|(id, failure)| Message::Abort { id, failure }),
    ]
}

/// Messages between heavy and light nodes.
fn light_message() -> impl Strategy<Value = Message> {
    let id = computation;
    prop_oneof![
        (proposal(), nodes())
            .prop_map(|(proposal, to)| Message::Announce { proposal, to: to.into() }),
        id().prop_map(Message::RequestInvite),
        proposal().prop_map(Message::Invite),
        (id(), tag(), vector(Share::parse)).prop_map(|(id, tag, share)| Message::Contribution {
            id,
            tag,
            share
        }),
        (id(), 1..9_usize).prop_map(|(id, dimension)| {
            Message::decline(id, Shape { ring: Ring::Z64, dimension })
        }),
        id().prop_map(Message::Receipt),
        (id(), refusal()).prop_map(|(id, refusal)| Message::Refuse { id, refusal }),
        id().prop_map(Message::QueryOutcome),
        (id(), any::<bool>()).prop_map(|(id, counted)| Message::Ended { id, counted }),
    ]
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    prop_oneof![16 => committee_message(), 9 => light_message()]
}

fn fact() -> impl Strategy<Value = Fact> {
    let seal = (roster(), nodes(), vector(Partial::parse));
    prop_oneof![
        proposal().prop_map(Fact::Prepared),
        Just(Fact::Opened),
        (node(), tag(), vector(Share::parse)).prop_map(|(light, tag, share)| Fact::Contributed {
            light,
            tag,
            share
        }),
        node().prop_map(Fact::Declined),
        Just(Fact::Frozen),
        seal.prop_map(|(roster, excluded, partial)| Fact::Sealed(Seal {
            roster,
            excluded,
            partial
        })),
        of_each_seat(Counts::parse).prop_map(Fact::Counted),
        of_each_seat(Partial::parse).prop_map(Fact::Revealed),
        failure().prop_map(Fact::Failed),
        proposal().prop_map(Fact::Asked),
        (tag(), of_each_seat(Share::parse)).prop_map(|(tag, shares)| Fact::Split { tag, shares }),
        Just(Fact::Withheld),
        Just(Fact::Delivered),
        any::<Option<bool>>().prop_map(Fact::Learned),
        proposal().prop_map(Fact::Proposed),
        Just(Fact::Accepted),
        outcome().prop_map(Fact::Concluded),
        Just(Fact::Forgotten),
    ]
}

pub(crate) fn record() -> impl Strategy<Value = Record> {
    (computation(), fact()).prop_map(|(id, fact)| Record { id, fact })
}
