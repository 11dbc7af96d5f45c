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
use formix_proto::outcome::{Failure, Outcome, Refusal, Resource, Reveal, Stage};
use formix_proto::policy::Policy;
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::PerSeat;
use formix_proto::sharing::{Counts, Partial, Ring, Shape, Share, SharingError, Totals};
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::Groups;
use formix_proto::time::Time;
use formix_proto::wire::decode_record;
use formix_testkit::cast::{self, LIGHTS, PROPOSER, SEATS, SPARE, START, STRANGER, everyone};

use super::reader::Reader;

/// What the groups of the question that has some are called.
const GROUPS: [&str; 2] = ["a", "b"];

/// The questions of a run: a plain one; one that a heavy node asks itself, of two answers; one that a
/// light node asks, itself included; one in two groups; one that hides opt-outs; one that every
/// node refuses.
static QUESTIONS: LazyLock<[Proposal; 6]> = LazyLock::new(|| {
    let asked =
        |proposer, nonce| Proposal { proposer, nonce: Nonce([nonce; 16]), spec: spec().into() };
    let plain = asked(PROPOSER, 0);
    let mut refused = plain.clone();
    Arc::make_mut(&mut refused.spec).deadline = Time(u64::MAX);
    let mut grouped = asked(PROPOSER, 3);
    let labels = GROUPS.map(String::from).to_vec().try_into().expect("good labels");
    Arc::make_mut(&mut grouped.spec).statistic.groups = Some(Groups { labels, min_size: 2 });
    let mut hiding = asked(PROPOSER, 4);
    Arc::make_mut(&mut hiding.spec).statistic.hides_opt_outs = true;
    [plain, asked(SEATS[0], 1), asked(LIGHTS[0], 2), grouped, hiding, refused]
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
    let terms = cast::terms().expect("a good domain");
    let (min_participants, max_participants, deadline) = (2, 3, deadline());
    Spec { prompt: "?".into(), deadline, min_participants, max_participants, ..terms }
}

/// The enrolled nodes: everyone, or all but the last few.
pub fn directory(reader: &mut Reader<'_>) -> Arc<Directory> {
    let missing = if reader.rarely() { reader.below(everyone().count()) } else { 0 };
    Arc::new(everyone().rev().skip(missing).collect())
}

/// What every node allows. Pauses are long, so that there are few messages before the end.
pub fn policy() -> Policy {
    Policy {
        min_participants: 1,
        resend_first: Duration::from_secs(1),
        resend_max: Duration::from_secs(5),
        reveal_within: Duration::from_secs(20),
        answer_after: Duration::ZERO,
        ..Policy::default()
    }
}

/// How one of the enrolled nodes is set up.
pub fn config((id, role): (NodeId, Role)) -> Config {
    Config { id, role, policy: policy(), directory: cast::directory() }
}

/// The primary, a seat, or the heavy node outside the committee.
pub fn heavy(reader: &mut Reader<'_>) -> Config {
    config(reader.pick(&[SEATS[0], SEATS[1], SPARE].map(|id| (id, Role::Heavy))))
}

/// The light node that asks, or another.
pub fn light(reader: &mut Reader<'_>) -> Config {
    config(reader.pick(&[LIGHTS[0], LIGHTS[1]].map(|id| (id, Role::Light))))
}

/// A node of any role.
pub fn any(reader: &mut Reader<'_>) -> Config {
    let [primary, seat] = [SEATS[0], SEATS[1]].map(|id| (id, Role::Heavy));
    config(reader.pick(&[primary, seat, (LIGHTS[0], Role::Light), (PROPOSER, Role::Proposer)]))
}

/// An enrolled node, or rarely a stranger.
pub fn node(reader: &mut Reader<'_>) -> NodeId {
    let others = [(STRANGER, Role::Light)];
    let nodes: Vec<_> = everyone().chain(others).map(|(node, _)| node).collect();
    reader.pick(&nodes)
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

type Parse<V> = fn(Ring, &[u8]) -> Result<V, SharingError>;

/// Mostly of as many elements as an answer to that question has.
fn vector<V>(reader: &mut Reader<'_>, of: &ComputationId, parse: Parse<V>) -> V {
    let asked = QUESTIONS.iter().zip(&*IDS).find(|(_, id)| *id == of);
    let dimension = asked.map_or(1, |(asked, _)| asked.spec.statistic.dimension());
    some(reader, dimension, parse)
}

fn counts(reader: &mut Reader<'_>, of: &ComputationId) -> Counts {
    let asked = QUESTIONS.iter().zip(&*IDS).find(|(_, id)| *id == of);
    let groups = asked.map_or(1, |(asked, _)| asked.spec.statistic.counted_groups());
    some(reader, groups, Counts::parse)
}

fn some<V>(reader: &mut Reader<'_>, dimension: usize, parse: Parse<V>) -> V {
    let dimension = if reader.rarely() { reader.below(5) } else { dimension };
    let elements = (0..dimension.max(1)).map(|_| reader.word() % 4);
    let bytes: Vec<_> = elements.flat_map(u32::to_le_bytes).collect();
    parse(Ring::Z32, &bytes).expect("whole elements")
}

fn three<V>(reader: &mut Reader<'_>, of: &ComputationId, parse: Parse<V>) -> PerSeat<V> {
    PerSeat::try_collect([(); 3].map(|()| vector(reader, of, parse))).expect("three seats")
}

fn three_counts(reader: &mut Reader<'_>, of: &ComputationId) -> PerSeat<Counts> {
    PerSeat::try_collect([(); 3].map(|()| counts(reader, of))).expect("three seats")
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

/// As enrolled, without one of them.
fn lights(reader: &mut Reader<'_>) -> Directory {
    let gone = reader.pick(&[STRANGER, LIGHTS[0], LIGHTS[3]]);
    everyone().filter(|(node, _)| *node != gone).collect()
}

fn digest(reader: &mut Reader<'_>) -> RosterDigest {
    roster(reader).digest()
}

fn failure(reader: &mut Reader<'_>) -> Failure {
    let by = node(reader);
    reader.pick(&[
        Failure::NeverOpened,
        Failure::Refused { by, refusal: Refusal::Busy(Resource::Open) },
        Failure::Unreachable { missing: vec![by] },
        Failure::RosterMismatch { by },
    ])
}

fn outcome(reader: &mut Reader<'_>, of: &ComputationId) -> Outcome {
    if reader.rarely() {
        return Outcome::Failed(failure(reader));
    }
    let totals = vector(reader, of, Totals::parse);
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
            Message::Propose { nonce, spec }
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
        7 => Message::AllIn { id, lights: lights(reader).lights_digest() },
        8 => Message::Close(id),
        9 => Message::Frozen { id, digest: digest(reader) },
        10 => Message::List(id),
        11 => Message::FrozenSet { id, set: roster(reader) },
        12 => {
            let excluded = some_lights(reader).collect();
            Message::Seal { id, digest: digest(reader), excluded }
        }
        13 => Message::Partial {
            id,
            digest: digest(reader),
            partial: vector(reader, &id, Partial::parse),
        },
        14 => Message::Revealed {
            id,
            digest: digest(reader),
            partials: three(reader, &id, Partial::parse),
        },
        15 => Message::Abort { id, failure: failure(reader) },
        25 => Message::Counts { id, digest: digest(reader), counts: counts(reader, &id) },
        26 => Message::Counted { id, digest: digest(reader), counts: three_counts(reader, &id) },
        16 => {
            let (proposal, to) = (proposal(reader), some_lights(reader).collect());
            Message::Announce { proposal, to }
        }
        17 => Message::RequestInvite(id),
        18 => Message::Invite(proposal(reader)),
        19 => {
            Message::Contribution { id, tag: tag(reader), share: vector(reader, &id, Share::parse) }
        }
        20 => Message::decline(id, Shape { ring: Ring::Z32, dimension: 1 }),
        21 => Message::Receipt(id),
        22 => Message::Refuse { id, refusal: Refusal::Late },
        23 => Message::QueryOutcome(id),
        _ => Message::Ended { id, counted: reader.byte().is_multiple_of(2) },
    }
}

/// Anything that an owner may want.
pub fn command(reader: &mut Reader<'_>) -> Command {
    match reader.below(5) {
        0 => Command::Propose(proposal(reader)),
        1 => {
            let number = Decimal::new(reader.word().into(), u32::from(reader.byte() % 4));
            let id = id(reader);
            let group = (id == IDS[3]).then(|| Cell::text(reader.pick(&GROUPS)));
            let cells = group.into_iter().chain([Cell::from(number)]);
            Command::Answer { id, answer: Answer::new(cells.collect()) }
        }
        2 => Command::Decline(id(reader)),
        3 => Command::Defer(id(reader)),
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
            share: vector(reader, &id, Share::parse),
        },
        3 => Fact::Declined(reader.pick(&LIGHTS)),
        4 => Fact::Frozen,
        5 => Fact::Sealed(Seal {
            roster: roster(reader),
            excluded: some_lights(reader).collect(),
            partial: vector(reader, &id, Partial::parse),
        }),
        6 => Fact::Revealed(three(reader, &id, Partial::parse)),
        7 => Fact::Failed(failure(reader)),
        8 => Fact::Asked(question()),
        9 => Fact::Split { tag: tag(reader), shares: three(reader, &id, Share::parse) },
        10 => Fact::Withheld,
        11 => Fact::Delivered,
        12 => Fact::Learned(reader.pick(&[None, Some(false), Some(true)])),
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
