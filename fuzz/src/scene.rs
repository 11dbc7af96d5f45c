//! A small network, and messages, commands and records that mostly fit into it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::directory::{Directory, Role};
use formix_proto::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::node::Config;
use formix_proto::outcome::{Failure, Outcome, Refusal, Reveal, Stage};
use formix_proto::policy::Policy;
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::share::Lanes;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::{Domain, Groups, Measure, Statistic};
use formix_proto::time::Time;
use formix_proto::wire::decode_record;

use super::reader::Reader;

/// When every run begins.
pub const START: Time = Time(1_700_000_000_000);

/// Everyone who is enrolled: the committee, a heavy node outside it, light nodes, a proposer.
pub const NODES: [(NodeId, Role); 9] = [
    (NodeId([0xa0; 32]), Role::Heavy),
    (NodeId([0xa1; 32]), Role::Heavy),
    (NodeId([0xa2; 32]), Role::Heavy),
    (NodeId([0xaf; 32]), Role::Heavy),
    (NodeId([0x10; 32]), Role::Light),
    (NodeId([0x11; 32]), Role::Light),
    (NodeId([0x12; 32]), Role::Light),
    (NodeId([0x13; 32]), Role::Light),
    (NodeId([0x50; 32]), Role::Proposer),
];
/// Who asks the plain question.
pub const PROPOSER: NodeId = NODES[8].0;
const STRANGER: NodeId = NodeId([0xee; 32]);
/// Who answers.
pub const LIGHTS: [NodeId; 4] = [NODES[4].0, NODES[5].0, NODES[6].0, NODES[7].0];

/// What the groups of the question that has some are called.
const GROUPS: [&str; 2] = ["a", "b"];

/// The questions of a run: a plain one; one that a heavy node asks itself, of two answers; one that a
/// light node asks, itself included; one in two groups; one that hides who declines; one that every
/// node refuses.
static QUESTIONS: LazyLock<[Proposal; 6]> = LazyLock::new(|| {
    let asked = |proposer, nonce| Proposal { proposer, nonce: Nonce([nonce; 16]), spec: spec() };
    let plain = asked(PROPOSER, 0);
    let mut refused = plain.clone();
    refused.spec.deadline = Time(u64::MAX);
    let mut grouped = asked(PROPOSER, 3);
    let labels = GROUPS.map(String::from).to_vec().try_into().expect("good labels");
    grouped.spec.statistic.groups = Some(Groups { labels, least: 2 });
    let mut hiding = asked(PROPOSER, 4);
    hiding.spec.statistic.hides_declining = true;
    [plain, asked(NODES[0].0, 1), asked(LIGHTS[0], 2), grouped, hiding, refused]
});
static IDS: LazyLock<[ComputationId; 6]> = LazyLock::new(|| QUESTIONS.each_ref().map(Proposal::id));

/// The question that a committee member asks.
pub fn own_question() -> ComputationId {
    IDS[1]
}

/// The questions that are accepted, the plain one first.
pub fn questions() -> &'static [Proposal] {
    &QUESTIONS[..5]
}

/// When the accepted questions stop taking answers.
pub fn deadline() -> Time {
    START + Duration::from_secs(20)
}

/// What somebody answers to one of the questions, in tenths. The last light node is in the second group.
pub fn answer(question: &Proposal, light: &NodeId, tenths: i64) -> Answer {
    let group = GROUPS[usize::from(*light == LIGHTS[3])];
    let group = question.spec.statistic.groups.as_ref().map(|_| Cell::text(group));
    let number = Cell::from(Decimal::new(tenths, 1));
    Answer::new(group.into_iter().chain([number]).collect())
}

fn spec() -> Spec {
    let domain = Domain::new(Decimal::ZERO, Decimal::from(1000), 1).expect("a good domain");
    Spec {
        prompt: "?".into(),
        query: None,
        statistic: Statistic::from(Measure::Sum(domain)),
        committee: Committee([NODES[0].0, NODES[1].0, NODES[2].0]),
        deadline: deadline(),
        min_participants: 2,
        max_participants: 3,
    }
}

/// Who is enrolled: everyone, or all but the last few.
pub fn directory(reader: &mut Reader<'_>) -> Arc<Directory> {
    let missing = if reader.rarely() { reader.below(NODES.len()) } else { 0 };
    Arc::new(NODES.into_iter().rev().skip(missing).collect())
}

/// What every node allows. Pauses are long, so that there are few messages before the end.
pub fn policy() -> Policy {
    Policy {
        least_participants: 1,
        resend_first: Duration::from_secs(1),
        resend_most: Duration::from_secs(5),
        reveal_within: Duration::from_secs(20),
        ..Policy::default()
    }
}

/// How one of the enrolled nodes is set up.
pub fn config((id, role): (NodeId, Role)) -> Config {
    Config { id, role, policy: policy(), directory: Arc::new(NODES.into_iter().collect()) }
}

/// The primary, a seat, or the heavy node outside the committee.
pub fn heavy(reader: &mut Reader<'_>) -> Config {
    config(reader.pick(&[NODES[0], NODES[1], NODES[3]]))
}

/// The light node that asks, or another.
pub fn light(reader: &mut Reader<'_>) -> Config {
    config(reader.pick(&[NODES[4], NODES[5]]))
}

/// A node of any role.
pub fn any(reader: &mut Reader<'_>) -> Config {
    config(reader.pick(&[NODES[0], NODES[1], NODES[4], NODES[8]]))
}

/// An enrolled node, or rarely a stranger.
pub fn node(reader: &mut Reader<'_>) -> NodeId {
    let others = [(STRANGER, Role::Light)];
    let everyone: Vec<_> = NODES.into_iter().chain(others).map(|(node, _)| node).collect();
    reader.pick(&everyone)
}

fn proposal(reader: &mut Reader<'_>) -> Box<Proposal> {
    Box::new(reader.pick(&QUESTIONS[..]))
}

/// Mostly the plain question.
pub fn id(reader: &mut Reader<'_>) -> ComputationId {
    reader.pick(&[IDS[0], IDS[0], IDS[1], IDS[2], IDS[5], IDS[3], IDS[4]])
}

fn tag(reader: &mut Reader<'_>) -> Tag {
    Tag([reader.byte() % 2; 16])
}

/// Mostly as many as an answer to that question has.
fn lanes(reader: &mut Reader<'_>, of: &ComputationId) -> Lanes {
    let asked = QUESTIONS.iter().zip(&*IDS).find(|(_, id)| *id == of);
    let dimension = asked.map_or(1, |(asked, _)| asked.spec.statistic.dimension());
    some(reader, dimension)
}

fn counts(reader: &mut Reader<'_>, of: &ComputationId) -> Lanes {
    let asked = QUESTIONS.iter().zip(&*IDS).find(|(_, id)| *id == of);
    let parts = asked.map_or(1, |(asked, _)| asked.spec.statistic.counted_parts());
    some(reader, parts)
}

fn some(reader: &mut Reader<'_>, dimension: usize) -> Lanes {
    let dimension = if reader.rarely() { reader.below(5) } else { dimension };
    Lanes::new(&(0..dimension).map(|_| reader.word() % 4).collect::<Vec<_>>())
}

fn three(reader: &mut Reader<'_>, of: &ComputationId) -> [Lanes; 3] {
    [(); 3].map(|()| lanes(reader, of))
}

fn three_counts(reader: &mut Reader<'_>, of: &ComputationId) -> [Lanes; 3] {
    [(); 3].map(|()| counts(reader, of))
}

fn some_lights(reader: &mut Reader<'_>) -> impl Iterator<Item = NodeId> + use<> {
    let chosen = reader.byte();
    LIGHTS.into_iter().enumerate().filter(move |(at, _)| chosen >> at & 1 == 1).map(|(_, it)| it)
}

fn roster(reader: &mut Reader<'_>) -> Roster {
    let entries: Vec<_> =
        some_lights(reader).map(|light| Entry { light, tag: tag(reader) }).collect();
    Roster::try_from(entries).expect("in order")
}

fn digest(reader: &mut Reader<'_>) -> RosterDigest {
    roster(reader).digest()
}

fn failure(reader: &mut Reader<'_>) -> Failure {
    let by = node(reader);
    reader.pick(&[
        Failure::NeverOpened,
        Failure::Refused { by, refusal: Refusal::Busy },
        Failure::Unreachable { missing: vec![by] },
        Failure::RosterMismatch { by },
    ])
}

fn outcome(reader: &mut Reader<'_>, of: &ComputationId) -> Outcome {
    if reader.rarely() {
        return Outcome::Failed(failure(reader));
    }
    let totals = lanes(reader, of);
    Outcome::Completed(Reveal {
        digest: digest(reader),
        participants: reader.byte().into(),
        totals,
    })
}

/// Any kind of message, mostly about a question of this scene.
pub fn message(reader: &mut Reader<'_>) -> Message {
    let (kind, id) = (reader.below(27), id(reader));
    match kind {
        0 => {
            let Proposal { nonce, spec, .. } = *proposal(reader);
            Message::Propose { nonce, spec: Box::new(spec) }
        }
        1 => {
            let stage = reader.pick(&[Stage::Pending, Stage::Collecting, Stage::Revealing]);
            Message::Progress { id, stage }
        }
        2 => Message::Outcome { id, outcome: outcome(reader, &id) },
        3 => Message::Prepare(proposal(reader)),
        4 => Message::Ready(id),
        5 => Message::Open(id),
        6 => Message::Opened(id),
        7 => Message::AllIn(id),
        8 => Message::Close(id),
        9 => Message::Frozen { id, digest: digest(reader) },
        10 => Message::List(id),
        11 => Message::FrozenSet { id, set: roster(reader) },
        12 => {
            let excluded = some_lights(reader).collect();
            Message::Seal { id, digest: digest(reader), excluded }
        }
        13 => Message::Partial { id, digest: digest(reader), partial: lanes(reader, &id) },
        14 => Message::Revealed { id, digest: digest(reader), partials: three(reader, &id) },
        15 => Message::Abort { id, failure: failure(reader) },
        25 => Message::Counts { id, digest: digest(reader), counts: counts(reader, &id) },
        26 => Message::Counted { id, digest: digest(reader), counts: three_counts(reader, &id) },
        16 => Message::Announce(proposal(reader)),
        17 => Message::Knock(id),
        18 => Message::Invite(proposal(reader)),
        19 => Message::Contribution { id, tag: tag(reader), share: lanes(reader, &id) },
        20 => Message::Decline(id),
        21 => Message::Receipt(id),
        22 => Message::Refuse { id, refusal: Refusal::Late },
        23 => Message::Inquire(id),
        _ => Message::Ended { id, counted: reader.byte().is_multiple_of(2) },
    }
}

/// Anything that an owner may want.
pub fn command(reader: &mut Reader<'_>) -> Command {
    match reader.below(4) {
        0 => Command::Propose(proposal(reader)),
        1 => {
            let number = Decimal::new(reader.word().into(), u32::from(reader.byte() % 4));
            let id = id(reader);
            let group = (id == IDS[3]).then(|| Cell::text(reader.pick(&GROUPS)));
            let cells = group.into_iter().chain([Cell::from(number)]);
            Command::Answer { id, answer: Answer::new(cells.collect()) }
        }
        2 => Command::Decline(id(reader)),
        _ => Command::Enroll(directory(reader)),
    }
}

/// Any kind of record, mostly about a question of this scene; or bytes, if they are a record.
pub fn record(reader: &mut Reader<'_>) -> Record {
    let at = reader.below(QUESTIONS.len());
    let (id, question) = (IDS[at], || Box::new(QUESTIONS[at].clone()));
    let fact = match reader.below(19) {
        0 => Fact::Prepared(question()),
        1 => Fact::Opened,
        2 => Fact::Contributed {
            light: reader.pick(&LIGHTS),
            tag: tag(reader),
            share: lanes(reader, &id),
        },
        3 => Fact::Declined(reader.pick(&LIGHTS)),
        4 => Fact::Frozen,
        5 => Fact::Sealed(Seal {
            roster: roster(reader),
            excluded: some_lights(reader).collect(),
            partial: lanes(reader, &id),
        }),
        6 => Fact::Revealed(three(reader, &id)),
        7 => Fact::Failed(failure(reader)),
        8 => Fact::Asked(question()),
        9 => Fact::Split { tag: tag(reader), shares: three(reader, &id) },
        10 => Fact::Withheld,
        11 => Fact::Delivered,
        12 => Fact::Settled(reader.pick(&[None, Some(false), Some(true)])),
        13 => Fact::Proposed(question()),
        14 => Fact::Accepted,
        15 => Fact::Concluded(outcome(reader, &id)),
        16 => Fact::Forgotten,
        17 => Fact::Counted(three_counts(reader, &id)),
        _ => {
            let bytes = reader.bytes();
            return decode_record(bytes).unwrap_or(Record { id, fact: Fact::Opened });
        }
    };
    Record { id, fact }
}
