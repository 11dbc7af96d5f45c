//! The values that the golden vectors encode, in the order of the files.

use formix_proto::Decimal;
use formix_proto::id::{ComputationId, LightsDigest, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal, Resource, Reveal, Stage};
use formix_proto::query::{Query, QueryError, Table};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::{Committee, PerSeat};
use formix_proto::sharing::{Counts, Partial, Ring, Scheme, Shape, Share, SharingError, Totals};
use formix_proto::spec::{Proposal, Spec, SpecError};
use formix_proto::statistic::{
    Buckets, Choice, Choices, Count, Domain, Groups, Histogram, Labels, Moments, Regression, Rule,
    Statistic, StatisticError, Sum, Vector,
};
use formix_proto::time::Time;
use std::time::Duration;

const ID: ComputationId = ComputationId([0xc0; 32]);
const DIGEST: RosterDigest = RosterDigest([0xd0; 32]);
const LIGHTS: LightsDigest = LightsDigest([0xd1; 32]);
const PROPOSER: NodeId = NodeId([0x50; 32]);
const HEAVIES: [NodeId; 3] = [NodeId([0xa0; 32]), NodeId([0xa1; 32]), NodeId([0xa2; 32])];
const LIGHT: NodeId = NodeId([0x11; 32]);
const NONCE: Nonce = Nonce([0x0e; 16]);
const TAG: Tag = Tag([0x77; 16]);

fn terms() -> Spec {
    Spec {
        prompt: "Cups of tea?".into(),
        query: None,
        statistic: Statistic::from(Sum(domain())),
        committee: Committee::new(HEAVIES).expect("three seats"),
        scheme: Scheme::Additive,
        deadline: Time(1_700_000_000_000),
        min_participants: 3,
        max_participants: 300,
    }
}

fn domain() -> Domain {
    Domain::new(Decimal::from(-1), Decimal::from(20), 1).expect("a good domain")
}

fn labels() -> Labels {
    Labels::try_from(vec!["tea".into(), "no".into()]).expect("two words")
}

fn edges() -> Buckets {
    let edges = [0, 5, 20].map(Decimal::from);
    Buckets::between(&edges, 0).expect("two buckets")
}

fn even() -> Buckets {
    Buckets::every(domain(), Decimal::from(5)).expect("five buckets")
}

fn regression() -> Regression {
    Regression::try_from((domain(), labels(), vec![domain(); 2])).expect("two columns")
}

fn in_groups() -> Statistic {
    Statistic {
        measure: Count.into(),
        groups: Some(Groups { labels: labels(), min_size: 5 }),
        missing: Rule::Use("0".into()),
        outside: Rule::Decline,
        hides_opt_outs: true,
    }
}

fn ask(statistic: Statistic) -> Message {
    Message::Propose { nonce: NONCE, spec: Spec { statistic, ..terms() }.into() }
}

fn asking(measure: impl Into<Statistic>) -> Message {
    ask(measure.into())
}

fn with_query() -> Spec {
    let columns = vec!["cups".into(), "day".into()];
    let tables = vec![Table { name: "teas".into(), columns }];
    Spec { query: Some(Query { sql: "SELECT sum(cups) FROM teas;".into(), tables }), ..terms() }
}

fn proposal() -> Box<Proposal> {
    Box::new(Proposal { proposer: PROPOSER, nonce: NONCE, spec: terms().into() })
}

type Parse<V> = fn(Ring, &[u8]) -> Result<V, SharingError>;

fn one<V>(parse: Parse<V>) -> V {
    parse(Ring::Z32, &[1, 2, 3, 4]).expect("one element")
}

fn three<V>(parse: Parse<V>) -> PerSeat<V> {
    let element = |element: u32| parse(Ring::Z32, &element.to_le_bytes()).expect("one element");
    PerSeat::try_collect([1, 2, u32::MAX].map(element)).expect("three seats")
}

fn wide() -> Partial {
    let elements = [1u64, 2].map(u64::to_le_bytes).concat();
    Partial::parse(Ring::Z64, &elements).expect("two elements")
}

fn roster() -> Roster {
    let entry = |byte| Entry { light: NodeId([byte; 32]), tag: TAG };
    Roster::try_from(vec![entry(0x11), entry(0x12)]).expect("in order")
}

fn reveal() -> Outcome {
    let totals = Totals::parse(Ring::Z32, &[180, 0, 0, 0]).expect("one element");
    Outcome::Completed(Reveal { digest: DIGEST, participants: 3, totals })
}

/// Every reason for which a computation fails.
fn failures() -> Vec<(&'static str, Failure)> {
    let [by, first, second] = HEAVIES;
    let refused = |refusal| Failure::Refused { by, refusal };
    let terms = |error| refused(Refusal::Terms(error));
    let (enrolled, needed) = (2, 3);
    vec![
        ("abort: not the proposer", terms(SpecError::NotTheProposer)),
        ("abort: empty prompt", terms(SpecError::EmptyPrompt)),
        ("abort: too long", terms(SpecError::TooLong)),
        ("abort: query too long", terms(SpecError::Query(QueryError::TooLong))),
        ("abort: query empty", terms(SpecError::Query(QueryError::Empty))),
        ("abort: query name", terms(SpecError::Query(QueryError::Name("a b".into())))),
        ("abort: query repeated", terms(SpecError::Query(QueryError::Repeated("a".into())))),
        ("abort: query no columns", terms(SpecError::Query(QueryError::NoColumns("a".into())))),
        (
            "abort: dimension",
            terms(SpecError::Statistic(StatisticError::Dimension { found: 0, max: 1 })),
        ),
        ("abort: stand-in", terms(SpecError::Statistic(StatisticError::StandIn))),
        ("abort: repeated heavy", terms(SpecError::RepeatedHeavy(first))),
        ("abort: deadline passed", terms(SpecError::DeadlinePassed)),
        (
            "abort: deadline too far",
            terms(SpecError::DeadlineTooFar(Duration::new(2_592_000, 500))),
        ),
        ("abort: threshold too low", terms(SpecError::ThresholdTooLow { asked: 2, min: 3 })),
        ("abort: group too small", terms(SpecError::GroupTooSmall { asked: 2, min: 3 })),
        ("abort: threshold too high", terms(SpecError::ThresholdTooHigh { min: 5, max: 4 })),
        ("abort: too many participants", terms(SpecError::TooManyParticipants(250_001))),
        ("abort: too large", terms(SpecError::TooLarge(300))),
        ("abort: reveal too large", terms(SpecError::RevealTooLarge(300))),
        ("abort: overflow", terms(SpecError::Overflow(300))),
        ("abort: not a heavy", refused(Refusal::NotAHeavy(second))),
        ("abort: too few lights", refused(Refusal::TooFewLights { enrolled, needed })),
        ("abort: busy", refused(Refusal::Busy(Resource::Open))),
        (
            "abort: quota",
            refused(Refusal::Quota { holder: PROPOSER, resource: Resource::Shares, held: 300 }),
        ),
        ("abort: not ready", Failure::NotReady { missing: vec![first, second] }),
        ("abort: never opened", Failure::NeverOpened),
        ("abort: too few", Failure::TooFew { participants: 2, needed: 3 }),
        ("abort: unreachable", Failure::Unreachable { missing: vec![first] }),
        ("abort: roster mismatch", Failure::RosterMismatch { by: second }),
        ("abort: defect", Failure::Defect { by: second }),
    ]
}

pub(crate) fn messages() -> Vec<(&'static str, Message)> {
    let (id, digest, tag) = (ID, DIGEST, TAG);
    let failed = Outcome::Failed(Failure::NeverOpened);
    let refuse = |refusal| Message::Refuse { id, refusal };
    let excluded = vec![LIGHT];
    let mut messages = vec![
        ("propose", Message::Propose { nonce: NONCE, spec: terms().into() }),
        ("propose: with a query", Message::Propose { nonce: NONCE, spec: with_query().into() }),
        ("propose: count", asking(Count)),
        ("propose: moments", asking(Moments(domain()))),
        ("propose: histogram between edges", asking(Histogram(edges()))),
        ("propose: histogram of even buckets", asking(Histogram(even()))),
        ("propose: choice", asking(Choice(labels()))),
        ("propose: choices", asking(Choices(labels()))),
        ("propose: vector", asking(Vector(domain(), 100_000))),
        ("propose: regression", asking(regression())),
        ("propose: in groups", ask(in_groups())),
        ("progress: pending", Message::Progress { id, stage: Stage::Pending }),
        ("progress: collecting", Message::Progress { id, stage: Stage::Collecting }),
        ("progress: revealing", Message::Progress { id, stage: Stage::Revealing }),
        ("outcome: completed", Message::Outcome { id, outcome: reveal() }),
        ("outcome: failed", Message::Outcome { id, outcome: failed }),
        ("prepare", Message::Prepare(proposal())),
        ("ready", Message::Ready(id)),
        ("open", Message::Open(id)),
        ("opened", Message::Opened(id)),
        ("all-in", Message::AllIn { id, lights: LIGHTS }),
        ("close", Message::Close(id)),
        ("frozen", Message::Frozen { id, digest }),
        ("list", Message::List(id)),
        ("frozen-set", Message::FrozenSet { id, set: roster() }),
        ("frozen-set: empty", Message::FrozenSet { id, set: Roster::default() }),
        ("seal", Message::Seal { id, digest, excluded }),
        ("counts", Message::Counts { id, digest, counts: one(Counts::parse) }),
        ("counted", Message::Counted { id, digest, counts: three(Counts::parse) }),
        ("partial", Message::Partial { id, digest, partial: one(Partial::parse) }),
        ("partial: two wide elements", Message::Partial { id, digest, partial: wide() }),
        ("revealed", Message::Revealed { id, digest, partials: three(Partial::parse) }),
    ];
    messages.extend(
        failures().into_iter().map(|(name, failure)| (name, Message::Abort { id, failure })),
    );
    messages.extend([
        ("announce", Message::Announce { proposal: proposal(), to: [LIGHT].into() }),
        ("request-invite", Message::RequestInvite(id)),
        ("invite", Message::Invite(proposal())),
        ("contribution", Message::Contribution { id, tag, share: one(Share::parse) }),
        ("decline", Message::decline(id, Shape { ring: Ring::Z32, dimension: 1 })),
        ("receipt", Message::Receipt(id)),
        ("refuse: late", refuse(Refusal::Late)),
        ("refuse: conflict", refuse(Refusal::Conflict)),
        ("refuse: full", refuse(Refusal::Full)),
        ("refuse: dimension", refuse(Refusal::Dimension)),
        ("query-outcome", Message::QueryOutcome(id)),
        ("ended: not counted", Message::Ended { id, counted: false }),
        ("ended: counted", Message::Ended { id, counted: true }),
    ]);
    messages
}

pub(crate) fn records() -> Vec<(&'static str, Record)> {
    let (light, tag) = (LIGHT, TAG);
    let seal =
        Seal { roster: roster(), excluded: vec![NodeId([0x13; 32])], partial: one(Partial::parse) };
    let facts = vec![
        ("prepared", Fact::Prepared(proposal())),
        ("opened", Fact::Opened),
        ("contributed", Fact::Contributed { light, tag, share: one(Share::parse) }),
        ("declined", Fact::Declined(light)),
        ("frozen", Fact::Frozen),
        ("sealed", Fact::Sealed(seal)),
        ("counted", Fact::Counted(three(Counts::parse))),
        ("revealed", Fact::Revealed(three(Partial::parse))),
        ("failed", Fact::Failed(Failure::TooFew { participants: 2, needed: 3 })),
        ("asked", Fact::Asked(proposal())),
        ("split", Fact::Split { tag, shares: three(Share::parse) }),
        ("withheld", Fact::Withheld),
        ("delivered", Fact::Delivered),
        ("learned: unknown", Fact::Learned(None)),
        ("learned: not counted", Fact::Learned(Some(false))),
        ("learned: counted", Fact::Learned(Some(true))),
        ("proposed", Fact::Proposed(proposal())),
        ("accepted", Fact::Accepted),
        ("concluded", Fact::Concluded(reveal())),
        ("forgotten", Fact::Forgotten),
    ];
    facts.into_iter().map(|(name, fact)| (name, Record { id: ID, fact })).collect()
}
