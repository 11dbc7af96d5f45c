//! R8: every computation ends, at every node that is up, by its deadline plus the bound; or says, by
//! name, whom it waits for.

use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::seat::Seat;
use formix_proto::status::Standing;
use formix_proto::time::Time;

use crate::support::host::Host;
use crate::support::stage::{HELD, Phase, heavy, propose};
use crate::support::vectors::seats;
use crate::support::world::World;
use crate::support::{
    DEADLINE, LIGHTS, PROPOSER, SEATS, SPARE, all_in, config, contribution, digest, id, question,
    seconds, terms,
};

const PRIMARY: NodeId = SEATS[0];
const SECOND: NodeId = SEATS[1];

/// What everyone who is up must have come to.
#[derive(Debug, Clone)]
enum End {
    Completed(u32),
    Failed(Failure),
    /// It may fail at different nodes for different reasons.
    FailedSomehow,
    /// The seats wait for this node, and so does the proposer.
    WaitsFor(NodeId),
}

/// One node goes silent for good just before it would send its first message of this kind (or, with
/// an empty name, at the start).
fn silence(node: NodeId, before: &'static str) -> World {
    let mut world = World::new();
    if before.is_empty() {
        world.silent.insert(node);
    }
    let mut is_silent = false;
    world.copies = Box::new(move |letter| {
        is_silent |= letter.from == node && letter.message.name() == before;
        usize::from(!is_silent || letter.from != node && letter.to != node)
    });
    world
}

fn bound() -> Time {
    DEADLINE + config(PROPOSER).policy.bound()
}

fn assert_ended(world: &World, silent: NodeId, expected: &End, scene: &str) {
    for node in SEATS.into_iter().chain([PROPOSER]).filter(|node| *node != silent) {
        let scene = format!("{} when {scene}", node.short());
        let status = world.hosts[&node].status();
        let outcome = world.outcome(node);
        match (expected, &outcome) {
            (End::Completed(participants), Some(Outcome::Completed(reveal))) => {
                assert_eq!(reveal.participants, *participants, "{scene}");
            }
            (End::Failed(failure), Some(Outcome::Failed(known))) => {
                assert_eq!(known, failure, "{scene}");
            }
            (End::FailedSomehow, Some(Outcome::Failed(_))) => {}
            (End::FailedSomehow, None) if status.is_none() => {}
            (End::WaitsFor(whom), None) => {
                assert_eq!(status.map(|status| status.waiting_for), Some(vec![*whom]), "{scene}");
            }
            _ => panic!("{scene}: {outcome:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn r8_with_any_one_node_silent_the_others_end_or_name_it() {
    let unreachable = |node| End::Failed(Failure::Unreachable { missing: vec![node] });
    let table = [
        (PRIMARY, "", End::FailedSomehow),
        (PRIMARY, "prepare", End::FailedSomehow),
        (PRIMARY, "open", End::Failed(Failure::NeverOpened)),
        (PRIMARY, "close", unreachable(PRIMARY)),
        (PRIMARY, "seal", unreachable(PRIMARY)),
        (PRIMARY, "revealed", End::WaitsFor(PRIMARY)),
        (SECOND, "", End::Failed(Failure::NotReady { missing: vec![SECOND] })),
        (SECOND, "ready", End::Failed(Failure::NotReady { missing: vec![SECOND] })),
        (SECOND, "opened", unreachable(SECOND)),
        (SECOND, "all-in", unreachable(SECOND)),
        (SECOND, "frozen", unreachable(SECOND)),
        (SECOND, "partial", unreachable(SECOND)),
        (LIGHTS[0], "", End::Completed(3)),
        (LIGHTS[0], "contribution", End::Completed(3)),
        (PROPOSER, "", End::FailedSomehow),
    ];
    for (silent, before, expected) in table {
        let scene = format!("{} is silent from its first `{before}` on", silent.short());
        let mut world = silence(silent, before);
        world.propose(terms());
        world.run_until(bound());
        assert_ended(&world, silent, &expected, &scene);
        for light in LIGHTS.into_iter().filter(|light| *light != silent) {
            let status = world.hosts[&light].status();
            let ended = status.is_none_or(|it| matches!(it.standing, Standing::Learned { .. }));
            assert!(ended, "{} when {scene}", light.short());
        }
    }
}

#[test]
fn r8_a_computation_whose_proposer_is_gone_ends_all_the_same() {
    let mut world = World::new();
    world.copies = Box::new(|letter| usize::from(letter.to != PROPOSER));
    world.propose(terms());
    world.run_until(bound());
    for seat in SEATS {
        assert!(matches!(world.outcome(seat), Some(Outcome::Completed(_))), "{}", seat.short());
    }
}

#[test]
fn r8_a_seat_that_has_sent_its_partial_waits_for_the_primary() {
    let mut seat = heavy(seats()[1], Phase::Sealed);
    let said = seat.sleep_until(DEADLINE + seconds(24 * 3600));
    assert!(said.to(PRIMARY).iter().all(|message| message.name() == "partial"), "{said:?}");
    let status = seat.status().unwrap();
    assert_eq!(status.standing, Standing::Open(Stage::Revealing));
    assert_eq!(status.waiting_for, [PRIMARY]);
    seat.hear(PRIMARY, &Message::Abort { id: id(), failure: Failure::NeverOpened });
    assert_eq!(seat.outcome(), Some(Outcome::Failed(Failure::NeverOpened)), "its word ends it");
}

#[test]
fn r8_whoever_has_not_sent_its_partial_fails_alone_and_says_why() {
    let gives_up = DEADLINE + config(PRIMARY).policy.reveal_within;
    let others = vec![SEATS[1], SEATS[2]];
    let table = [
        (Seat::PRIMARY, Phase::Preparing, Failure::NotReady { missing: others.clone() }),
        (Seat::PRIMARY, Phase::Collecting, Failure::Unreachable { missing: others.clone() }),
        (Seat::PRIMARY, Phase::Closing, Failure::Unreachable { missing: others.clone() }),
        (Seat::PRIMARY, Phase::Sealed, Failure::Unreachable { missing: others }),
        (seats()[1], Phase::Preparing, Failure::NeverOpened),
        (seats()[1], Phase::Collecting, Failure::Unreachable { missing: vec![PRIMARY] }),
        (seats()[1], Phase::Closing, Failure::Unreachable { missing: vec![PRIMARY] }),
    ];
    for (seat, phase, failure) in table {
        for restarts in [false, true] {
            let mut host = heavy(seat, phase);
            if restarts {
                host.restart();
            }
            let said = host.sleep_until(gives_up);
            let scene = format!("{seat:?} while {phase:?}, restarted: {restarts}");
            assert_eq!(host.outcome(), Some(Outcome::Failed(failure.clone())), "{scene}");
            let abort = Message::Abort { id: id(), failure: failure.clone() };
            let others = SEATS.into_iter().filter(|node| *node != host.config.id);
            let told = others.filter(|node| said.to(*node).contains(&&abort)).count();
            assert_eq!(told, if seat == Seat::PRIMARY { 2 } else { 1 }, "{scene}: {said:?}");
        }
    }
}

#[test]
fn r8_the_failure_of_one_seat_is_the_failure_of_all() {
    let failure = Failure::Unreachable { missing: vec![SECOND] };
    for phase in [Phase::Preparing, Phase::Collecting, Phase::Closing, Phase::Sealed] {
        let mut primary = heavy(Seat::PRIMARY, phase);
        let abort = Message::Abort { id: id(), failure: failure.clone() };
        let said = primary.hear(SECOND, &abort);
        assert_eq!(primary.outcome(), Some(Outcome::Failed(failure.clone())), "{phase:?}");
        let outcome = Message::Outcome { id: id(), outcome: Outcome::Failed(failure.clone()) };
        assert_eq!(said.to(SEATS[2]), [&abort], "{phase:?}");
        assert_eq!(said.to(PROPOSER), [&outcome], "{phase:?}");
    }
}

#[test]
fn r8_a_seat_that_never_heard_of_it_says_so_once_the_deadline_is_past() {
    let mut seat = Host::new(config(SECOND));
    assert!(seat.hear(PROPOSER, &propose(&question())).is_nothing(), "the primary begins it");
    seat.now = DEADLINE;
    let outcome = Outcome::Failed(Failure::NeverOpened);
    let said = seat.hear(PROPOSER, &propose(&question()));
    assert_eq!(said.to(PROPOSER), [&Message::Outcome { id: id(), outcome }]);
    seat.now = DEADLINE + seat.config.policy.retention;
    assert!(seat.hear(PROPOSER, &propose(&question())).is_nothing(), "it may have forgotten");
}

#[test]
fn r8_pauses_between_repetitions_double_up_to_their_limit() {
    let mut proposer = Host::new(config(PROPOSER));
    proposer.command(Command::Propose(Box::new(question())));
    let policy = proposer.config.policy.clone();
    let mut expected = policy.resend_first;
    for _ in 0..12 {
        let due = proposer.next_timeout().unwrap();
        assert_eq!(due.since(proposer.now), expected);
        assert_eq!(proposer.wake_at(due).names(), [(PRIMARY, "propose")]);
        expected = (2 * expected).min(policy.resend_max);
    }
}

/// An answer may have been lost: whoever asks again gets it again at once, and nothing is written twice.
#[test]
fn r8_a_seat_answers_its_primary_as_often_as_it_is_asked() {
    let seal = || Message::Seal { id: id(), digest: digest(&HELD), excluded: vec![] };
    let table = [
        (Phase::Preparing, Message::Prepare(Box::new(question())), "ready"),
        (Phase::Collecting, Message::Open(id()), "opened"),
        (Phase::Closing, Message::Open(id()), "opened"),
        (Phase::Closing, Message::Close(id()), "frozen"),
        (Phase::Closing, Message::List(id()), "frozen-set"),
        (Phase::Sealed, seal(), "partial"),
    ];
    for (phase, asked, answered) in table {
        let mut seat = heavy(seats()[1], phase);
        for _ in 0..3 {
            let said = seat.hear(PRIMARY, &asked);
            assert_eq!(said.names(), [(PRIMARY, answered)], "while {phase:?}");
            assert!(said.batches.is_empty(), "while {phase:?}");
        }
    }
}

#[test]
fn r8_a_primary_repeats_only_what_has_not_been_answered() {
    let mut primary = heavy(Seat::PRIMARY, Phase::Collecting);
    // Announcements have pauses of their own.
    let mut repeats = |heard: &[(NodeId, Message)]| {
        for (from, message) in heard {
            primary.hear(*from, message);
        }
        let due = primary.next_timeout().unwrap();
        let mut names = primary.wake_at(due).names();
        names.retain(|(_, name)| *name != "announce");
        names
    };
    let (invite, open) = ((LIGHTS[3], "invite"), |seat| (seat, "open"));
    assert_eq!(repeats(&[]), [open(SECOND), open(SEATS[2]), invite]);
    assert_eq!(repeats(&[(SECOND, Message::Opened(id()))]), [open(SEATS[2]), invite]);
    assert_eq!(repeats(&[(SEATS[2], all_in())]), [invite]);
    assert_eq!(repeats(&[(LIGHTS[3], contribution(LIGHTS[3], 40))]), []);
}

/// By way of the others it costs the whole network, so it is for whom has not been heard, with pauses that
/// double without end.
#[test]
fn r8_announcements_are_for_those_not_heard_and_ever_rarer() {
    let mut primary = heavy(Seat::PRIMARY, Phase::Collecting);
    let mut announced = Vec::new();
    for attempt in 2..=64 {
        let due = primary.next_timeout().unwrap();
        for (_, message) in primary.wake_at(due).sent {
            if let Message::Announce { to, .. } = message {
                assert_eq!(*to, [LIGHTS[3]]);
                announced.push(attempt);
            }
        }
        if primary.now + seconds(5) >= DEADLINE {
            break;
        }
    }
    assert_eq!(announced, [2, 4, 8, 16]);
}

#[test]
fn r8_an_announcement_is_passed_on_to_whom_it_names() {
    let (proposal, to) = (Box::new(question()), [LIGHTS[1], PROPOSER].into());
    let mut other = Host::new(config(SPARE));
    let said = other.hear(PRIMARY, &Message::Announce { proposal, to });
    assert_eq!(said.names(), [(LIGHTS[1], "announce")]);
}

/// Presumed abort: a seat does not wait for a primary that has forgotten it, or never knew.
#[test]
fn r8_a_primary_that_does_not_know_a_computation_fails_it() {
    let said = Host::new(config(PRIMARY)).hear(SECOND, &Message::Ready(id()));
    let abort = Message::Abort { id: id(), failure: Failure::NeverOpened };
    assert_eq!(said.sent, [(SECOND, abort.clone())]);
    let mut seat = heavy(seats()[1], Phase::Preparing);
    seat.hear(PRIMARY, &abort);
    assert_eq!(seat.outcome(), Some(Outcome::Failed(Failure::NeverOpened)));
}

/// A proposer takes such a word from the primary only: from another seat it would be a fault.
#[test]
fn r8_only_the_primary_tells_a_proposer_how_far_it_is() {
    for phase in [Phase::Preparing, Phase::Collecting, Phase::Closing, Phase::Sealed] {
        let told = heavy(Seat::PRIMARY, phase).hear(PROPOSER, &propose(&question()));
        assert_eq!(told.names(), [(PROPOSER, "progress")], "{phase:?}");
        let other = heavy(seats()[1], phase).hear(PROPOSER, &propose(&question()));
        assert!(other.is_nothing(), "{phase:?}: {other:?}");
    }
}
