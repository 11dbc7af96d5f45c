//! What is refused at the proposal, by the proposer's own node and again by every committee member.

use std::time::Duration;

use formix_proto::limits::{
    MAX_DIMENSION, MAX_PARTICIPANTS, MAX_PROMPT, MAX_QUERY, MAX_REGRESSION,
};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Refusal};
use formix_proto::policy::Policy;
use formix_proto::query::{Query, QueryError};
use formix_proto::record::Fact;
use formix_proto::spec::{Proposal, Spec, SpecError};
use formix_proto::statistic::{
    Count, Domain, Groups, Labels, Moments, Regression, Rule, Statistic, StatisticError, Vector,
};
use formix_proto::time::Time;

use crate::support::host::Host;
use crate::support::stage::{propose, with_terms};
use crate::support::{LIGHTS, PROPOSER, SEATS, SPARE, START, committee, config, reseat, terms};

fn horizon() -> Duration {
    Policy::default().horizon
}

/// The square of 2^62 times 15 is below 2^128, times 16 it is not.
fn wide_moments() -> Statistic {
    Statistic::from(Moments(Domain::try_from((0, 1 << 62, 0)).unwrap()))
}

fn in_groups_of(min_size: u32) -> Statistic {
    let labels = Labels::try_from(vec!["a".into(), "b".into()]).unwrap();
    Statistic { groups: Some(Groups { labels, min_size }), ..Count.into() }
}

fn standing_in(constant: &str) -> Statistic {
    Statistic { missing: Rule::Use(constant.into()), ..Count.into() }
}

fn regression(columns: usize) -> Statistic {
    let domain = Domain::try_from((0, 9, 0)).unwrap();
    let names = (0..columns).map(|n| format!("x{n}")).collect::<Vec<_>>();
    let names = Labels::try_from(names).unwrap();
    let regression = Regression::try_from((domain, names, vec![domain; columns])).unwrap();
    regression.into()
}

fn line() -> Statistic {
    regression(1)
}

fn wide_regression() -> Statistic {
    regression(16)
}

fn vector(length: u32) -> Statistic {
    Statistic::from(Vector(Domain::try_from((0, 1, 0)).unwrap(), length))
}

fn query(bytes: usize) -> Option<Query> {
    Some(Query { sql: "x".repeat(bytes), tables: vec![] })
}

type Change = fn(&mut Spec);

fn refused() -> Vec<(&'static str, Change, SpecError)> {
    [refused_terms(), refused_statistics()].concat()
}

fn refused_statistics() -> Vec<(&'static str, Change, SpecError)> {
    vec![
        (
            "overflow",
            |spec| (spec.statistic, spec.max_participants) = (wide_moments(), 16),
            SpecError::Overflow(16),
        ),
        (
            "no lanes",
            |spec| spec.statistic = vector(0),
            SpecError::Statistic(StatisticError::Dimension { found: 0, max: MAX_DIMENSION as u64 }),
        ),
        (
            "too many lanes",
            |spec| spec.statistic = vector(MAX_DIMENSION as u32 + 1),
            SpecError::Statistic(StatisticError::Dimension {
                found: MAX_DIMENSION as u64 + 1,
                max: MAX_DIMENSION as u64,
            }),
        ),
        (
            "more than a heavy node can keep",
            |spec| (spec.statistic, spec.max_participants) = (vector(MAX_DIMENSION as u32), 257),
            SpecError::TooLarge(257 * 4 * MAX_DIMENSION as u64),
        ),
        (
            "a regression of so few that its sums give them away",
            |spec| (spec.statistic, spec.min_participants) = (line(), 3),
            SpecError::ThresholdTooLow { asked: 3, min: 4 },
        ),
        (
            "the same of a group",
            |spec| {
                let groups = in_groups_of(3).groups;
                spec.statistic = Statistic { groups, ..line() };
            },
            SpecError::GroupTooSmall { asked: 3, min: 4 },
        ),
        (
            "more regressions than can be solved",
            |spec| {
                let labels = (0..600).map(|n| n.to_string()).collect::<Vec<_>>();
                let labels = Labels::try_from(labels).unwrap();
                let groups = Some(Groups { labels, min_size: 34 });
                spec.statistic = Statistic { groups, ..wide_regression() };
            },
            SpecError::Statistic(StatisticError::Dimension {
                found: 600 * (17 + 17 * 18 / 2 + 1),
                max: MAX_REGRESSION as u64,
            }),
        ),
        (
            "a stand-in that is no answer",
            |spec| spec.statistic = standing_in("maybe"),
            SpecError::Statistic(StatisticError::StandIn),
        ),
        (
            "groups of 2",
            |spec| spec.statistic = in_groups_of(2),
            SpecError::GroupTooSmall { asked: 2, min: 3 },
        ),
    ]
}

fn refused_terms() -> Vec<(&'static str, Change, SpecError)> {
    let too_low = |asked| SpecError::ThresholdTooLow { asked, min: 3 };
    vec![
        ("empty prompt", |spec| spec.prompt.clear(), SpecError::EmptyPrompt),
        ("blank prompt", |spec| spec.prompt = " \n\t".into(), SpecError::EmptyPrompt),
        ("long prompt", |spec| spec.prompt = "x".repeat(MAX_PROMPT + 1), SpecError::TooLong),
        (
            "long query",
            |spec| spec.query = query(MAX_QUERY + 1),
            SpecError::Query(QueryError::TooLong),
        ),
        ("empty query", |spec| spec.query = query(0), SpecError::Query(QueryError::Empty)),
        (
            "too many participants",
            |spec| spec.max_participants = MAX_PARTICIPANTS + 1,
            SpecError::TooManyParticipants(MAX_PARTICIPANTS + 1),
        ),
        ("threshold 0", |spec| spec.min_participants = 0, too_low(0)),
        ("threshold 1", |spec| spec.min_participants = 1, too_low(1)),
        ("threshold 2", |spec| spec.min_participants = 2, too_low(2)),
        (
            "threshold over max",
            |spec| (spec.min_participants, spec.max_participants) = (11, 10),
            SpecError::ThresholdTooHigh { min: 11, max: 10 },
        ),
        ("deadline now", |spec| spec.deadline = START, SpecError::DeadlinePassed),
        ("deadline 0", |spec| spec.deadline = Time(0), SpecError::DeadlinePassed),
        (
            "deadline beyond the horizon",
            |spec| spec.deadline = Time((START + horizon()).0 + 1),
            SpecError::DeadlineTooFar(horizon()),
        ),
        (
            "deadline at the end of time",
            |spec| spec.deadline = Time(u64::MAX),
            SpecError::DeadlineTooFar(horizon()),
        ),
        (
            "partials of more seats than fit in a message",
            |spec| {
                (spec.statistic, spec.max_participants) = (wide_vector(), 60);
                let more = (0..4).map(|seat| formix_proto::id::NodeId([seat; 32]));
                spec.committee = committee(SEATS.into_iter().chain(more));
            },
            SpecError::RevealTooLarge(7 * 16 * MAX_DIMENSION as u64),
        ),
        ("seats 0 and 1", |spec| reseat(spec, 1, SEATS[0]), SpecError::RepeatedHeavy(SEATS[0])),
        ("seats 0 and 2", |spec| reseat(spec, 2, SEATS[0]), SpecError::RepeatedHeavy(SEATS[0])),
        ("seats 1 and 2", |spec| reseat(spec, 2, SEATS[1]), SpecError::RepeatedHeavy(SEATS[1])),
    ]
}

/// The extremes that are still accepted.
fn accepted() -> Vec<(&'static str, Change)> {
    vec![
        ("the plain terms", |_| {}),
        ("the longest prompt", |spec| spec.prompt = "x".repeat(MAX_PROMPT)),
        ("a query", |spec| spec.query = query(25)),
        ("the longest query", |spec| spec.query = query(MAX_QUERY)),
        ("a prompt of any text", |spec| spec.prompt = "\0\u{1b}[2J\u{202e}\u{200b}".into()),
        ("the greatest sum", |spec| {
            (spec.statistic, spec.max_participants) = (wide_moments(), 15);
        }),
        ("the most lanes, of as many as can be kept", |spec| {
            (spec.statistic, spec.max_participants) = (vector(MAX_DIMENSION as u32), 256);
        }),
        ("a regression of just enough", |spec| {
            (spec.statistic, spec.min_participants) = (line(), 4);
        }),
        ("groups of 3", |spec| spec.statistic = in_groups_of(3)),
        ("a stand-in", |spec| spec.statistic = standing_in("no")),
        ("the widest vector, for three seats", |spec| {
            (spec.statistic, spec.max_participants) = (wide_vector(), 60);
        }),
        ("threshold 3", |spec| spec.min_participants = 3),
        ("threshold of all", |spec| {
            (spec.min_participants, spec.max_participants) = (4, 4);
        }),
        ("the next deadline", |spec| spec.deadline = Time(START.0 + 1)),
        ("the farthest deadline", |spec| spec.deadline = START + horizon()),
    ]
}

/// As many elements as there may be, over 2^128.
fn wide_vector() -> Statistic {
    let domain = Domain::try_from((0, i64::MAX, 0)).unwrap();
    Statistic::from(Vector(domain, MAX_DIMENSION as u32))
}

fn prepare(proposal: &Proposal) -> Message {
    Message::Prepare(Box::new(proposal.clone()))
}

#[test]
fn a_proposer_refuses_bad_terms_and_sends_nothing() {
    for (what, change, error) in refused() {
        let proposal = with_terms(change);
        let id = proposal.id();
        let said = Host::new(config(PROPOSER)).command(Command::Propose(Box::new(proposal)));
        assert_eq!(said.events, [Event::Rejected { id, error }], "{what}");
        assert!(said.sent.is_empty() && said.batches.is_empty(), "{what}");
    }
}

#[test]
fn a_proposer_asks_on_the_most_extreme_terms_that_are_allowed() {
    for (what, change) in accepted() {
        let proposal = with_terms(change);
        let id = proposal.id();
        let said = Host::new(config(PROPOSER)).command(Command::Propose(Box::new(proposal)));
        assert_eq!(said.events, [Event::Proposed(id)], "{what}");
        assert_eq!(said.names(), [(SEATS[0], "propose")], "{what}");
    }
}

#[test]
fn a_primary_refuses_bad_terms_and_tells_the_proposer() {
    for (what, change, error) in refused() {
        let proposal = with_terms(change);
        let id = proposal.id();
        let mut primary = Host::new(config(SEATS[0]));
        let said = primary.hear(PROPOSER, &propose(&proposal));
        let failure = match error {
            SpecError::DeadlinePassed if what == "deadline 0" => None, // may be forgotten: silence
            SpecError::DeadlinePassed => Some(Failure::NeverOpened),
            error => Some(Failure::Refused { by: SEATS[0], refusal: Refusal::Terms(error) }),
        };
        let outcome = failure.map(|why| Message::Outcome { id, outcome: Outcome::Failed(why) });
        assert_eq!(said.to(PROPOSER), outcome.iter().collect::<Vec<_>>(), "{what}");
        let goes_on = |message: &Message| matches!(message.name(), "prepare" | "invite" | "open");
        assert!(!said.sent.iter().any(|(_, message)| goes_on(message)), "{what}: {said:?}");
    }
}

#[test]
fn every_other_seat_refuses_bad_terms_and_tells_the_primary() {
    for (what, change, error) in refused() {
        let proposal = with_terms(change);
        if proposal.spec.committee.seat_of(&SEATS[2]).is_none() {
            continue;
        }
        let failure = Failure::Refused { by: SEATS[2], refusal: Refusal::Terms(error) };
        let abort = Message::Abort { id: proposal.id(), failure };
        let said = Host::new(config(SEATS[2])).hear(SEATS[0], &prepare(&proposal));
        assert_eq!(said.sent, [(SEATS[0], abort)], "{what}");
        assert!(said.batches.is_empty(), "{what}");
    }
}

#[test]
fn committee_members_take_part_on_the_most_extreme_terms_that_are_allowed() {
    for (what, change) in accepted() {
        let proposal = with_terms(change);
        let said = Host::new(config(SEATS[0])).hear(PROPOSER, &propose(&proposal));
        assert_eq!(said.names(), [(SEATS[1], "prepare"), (SEATS[2], "prepare")], "{what}");
        let said = Host::new(config(SEATS[1])).hear(SEATS[0], &prepare(&proposal));
        assert_eq!(said.names(), [(SEATS[0], "ready")], "{what}");
    }
}

/// What only the enrolled network can tell: the committee must be heavy, and the light nodes enough.
#[test]
fn committee_members_hold_the_terms_against_who_is_enrolled() {
    let (enrolled, needed) = (4, 5);
    let table: [(&str, Change, Refusal); 3] = [
        (
            "threshold over the light nodes",
            |spec| spec.min_participants = 5,
            Refusal::TooFewLights { enrolled, needed },
        ),
        (
            "a light node in a seat",
            |spec| reseat(spec, 1, LIGHTS[0]),
            Refusal::NotAHeavy(LIGHTS[0]),
        ),
        (
            "a stranger in a seat",
            |spec| reseat(spec, 1, crate::support::STRANGER),
            Refusal::NotAHeavy(crate::support::STRANGER),
        ),
    ];
    for (what, change, refusal) in table {
        let proposal = with_terms(change);
        let id = proposal.id();
        let failure = |by| Failure::Refused { by, refusal: refusal.clone() };

        let mut primary = Host::new(config(SEATS[0]));
        let said = primary.hear(PROPOSER, &propose(&proposal));
        let outcome = Outcome::Failed(failure(SEATS[0]));
        assert_eq!(said.to(PROPOSER), [&Message::Outcome { id, outcome }], "{what}");
        assert!(!said.names().iter().any(|(_, name)| *name == "prepare"), "{what}");

        let said = Host::new(config(SEATS[2])).hear(SEATS[0], &prepare(&proposal));
        assert_eq!(said.sent, [(SEATS[0], Message::Abort { id, failure: failure(SEATS[2]) })]);
    }
}

/// Enrolment can change, so such a refusal is kept in memory as long as the same question may still come.
#[test]
fn a_refusal_that_another_day_might_not_repeat_is_remembered() {
    let proposal = with_terms(|spec| spec.min_participants = 5);
    let mut primary = Host::new(config(SEATS[0]));
    let first = primary.hear(PROPOSER, &propose(&proposal));
    assert!(first.batches.is_empty() && first.sent.len() == 1);
    let more = crate::support::everyone().chain([(SPARE, formix_proto::directory::Role::Light)]);
    primary.command(Command::Enroll(std::sync::Arc::new(more.collect())));
    assert_eq!(primary.hear(PROPOSER, &propose(&proposal)).sent, first.sent);
    primary.now = primary.now + 2 * primary.config.policy.bound();
    let anew = with_terms(|spec| {
        spec.min_participants = 5;
        spec.deadline = START + crate::support::seconds(3600);
    });
    assert_eq!(primary.hear(PROPOSER, &propose(&anew)).names()[0].1, "prepare");
}

/// None of them takes a place, or is written down.
#[test]
fn a_refused_question_is_no_computation() {
    for (what, change, _) in refused() {
        let mut primary = Host::new(config(SEATS[0]));
        let said = primary.hear(PROPOSER, &propose(&with_terms(change)));
        assert!(said.batches.is_empty() && primary.node().computations().is_empty(), "{what}");
    }
}

#[test]
fn a_member_of_the_committee_judges_by_its_own_policy() {
    let mut strict = config(SEATS[1]);
    strict.policy.min_participants = 4;
    let said = Host::new(strict).hear(SEATS[0], &prepare(&crate::support::question()));
    let error = SpecError::ThresholdTooLow { asked: 3, min: 4 };
    let failure = Failure::Refused { by: SEATS[1], refusal: Refusal::Terms(error) };
    assert_eq!(said.sent, [(SEATS[0], Message::Abort { id: crate::support::id(), failure })]);
}

/// No policy allows to reveal the sum over nobody.
#[test]
fn a_threshold_of_zero_is_refused_under_every_policy() {
    let policy = Policy { min_participants: 0, ..Policy::default() };
    let none = Spec { min_participants: 0, ..terms() };
    let error = SpecError::ThresholdTooLow { asked: 0, min: 1 };
    assert_eq!(none.check(START, &policy), Err(error));
    assert_eq!(Spec { min_participants: 1, ..terms() }.check(START, &policy), Ok(()));
}

#[test]
fn asking_twice_is_asking_once() {
    let mut proposer = Host::new(config(PROPOSER));
    let ask = || Command::Propose(Box::new(crate::support::question()));
    proposer.command(ask());
    let again = proposer.command(ask());
    assert_eq!(again.events, [Event::Proposed(crate::support::id())]);
    assert!(again.sent.is_empty() && again.batches.is_empty());
}

/// The node would send it under its own key, where it is another computation, and wait for ever.
#[test]
fn a_node_asks_in_its_own_name_only() {
    let foreign = Proposal { proposer: LIGHTS[0], ..crate::support::question() };
    let (id, error) = (foreign.id(), SpecError::NotTheProposer);
    let said = Host::new(config(PROPOSER)).command(Command::Propose(Box::new(foreign)));
    assert_eq!(said.events, [Event::Rejected { id, error }]);
    assert!(said.sent.is_empty() && said.batches.is_empty(), "{said:?}");
}

#[test]
fn a_seat_does_not_prepare_what_a_stranger_asks() {
    let proposal = Proposal { proposer: crate::support::STRANGER, ..with_terms(|_| {}) };
    let refusal = Refusal::Stranger(crate::support::STRANGER);
    let failure = Failure::Refused { by: SEATS[1], refusal };
    let said = Host::new(config(SEATS[1])).hear(SEATS[0], &prepare(&proposal));
    assert_eq!(said.sent, [(SEATS[0], Message::Abort { id: proposal.id(), failure })]);
}

/// What it says to itself passes the same gate as all else, and does not leave it.
#[test]
fn a_heavy_node_can_ask_a_committee_that_it_sits_on() {
    let own = Proposal { proposer: SEATS[0], ..crate::support::question() };
    let id = own.id();
    let mut primary = Host::new(config(SEATS[0]));
    let said = primary.command(Command::Propose(Box::new(own)));
    assert_eq!(said.names(), [(SEATS[1], "prepare"), (SEATS[2], "prepare")]);
    let waits_for = primary.node().status(&id).unwrap().waiting_for;
    assert_eq!(waits_for, SEATS, "as its asker for the primary, as the primary for the others");
    for seat in [SEATS[1], SEATS[2]] {
        primary.hear(seat, &Message::Ready(id));
    }
    let heard_of_it = |fact: &Fact| *fact == Fact::Accepted;
    assert!(primary.log().iter().any(|record| heard_of_it(&record.fact)), "as its own proposer");
}

/// The same rule as at the committee: what no committee would take part in is not sent to one.
#[test]
fn a_proposer_does_not_ask_a_committee_that_is_not_enrolled() {
    let proposal = with_terms(|spec| reseat(spec, 2, LIGHTS[0]));
    let id = proposal.id();
    let said = Host::new(config(PROPOSER)).command(Command::Propose(Box::new(proposal)));
    let failure = Failure::Refused { by: PROPOSER, refusal: Refusal::NotAHeavy(LIGHTS[0]) };
    assert_eq!(said.events, [Event::Ended { id, outcome: Outcome::Failed(failure) }]);
    assert!(said.sent.is_empty() && said.batches.is_empty(), "{said:?}");
}
