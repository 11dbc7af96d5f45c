//! R13: time tells nothing. What a light node says leaves at a time that the question fixes, whatever it is
//! and however soon or late the node knows it.

use std::time::Duration;

use formix_proto::id::NodeId;
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::policy::{Policy, Slots};
use formix_proto::record::Fact;
use formix_proto::time::Time;
use formix_proto::wire;

use crate::support::host::Host;
use crate::support::stage::with_terms;
use crate::support::{DEADLINE, LIGHTS, SEATS, START, answer, config, id, question, seconds};

const SOON: Time = Time(START.0 + 5_000);
/// The longest pause before the deadline.
const LATE: Time = Time(DEADLINE.0 - 4_000);

/// When, to whom, and how many bytes: what can be seen on the wire.
type Trace = Vec<(Time, NodeId, usize)>;

/// A light node that keeps to the time, and that every seat has invited to this.
fn asked_to(question: &formix_proto::spec::Proposal) -> (Host, Vec<Event>) {
    let mut config = config(LIGHTS[0]);
    config.policy = Policy::default();
    let mut host = Host::new(config);
    let invite = Message::Invite(Box::new(question.clone()));
    let events = SEATS.iter().flat_map(|seat| host.hear(*seat, &invite).events).collect();
    (host, events)
}

fn asked() -> Host {
    asked_to(&question()).0
}

/// What leaves until the deadline if the owner does this, each so many milliseconds after the start.
fn trace(mut host: Host, script: Vec<(u64, Command)>) -> Trace {
    let mut trace = Trace::new();
    let end = (DEADLINE.0 - START.0, None);
    for (at, command) in script.into_iter().map(|(at, act)| (at, Some(act))).chain([end]) {
        let at = Time(START.0 + at);
        while let Some(due) = host.next_timeout().filter(|due| *due <= at) {
            let said = host.wake_at(due);
            trace.extend(
                said.sent.iter().map(|(to, sent)| (due, *to, wire::encode(sent).as_ref().len())),
            );
        }
        host.now = at;
        let said = command.map(|command| host.command(command)).unwrap_or_default();
        trace.extend(
            said.sent.iter().map(|(to, sent)| (at, *to, wire::encode(sent).as_ref().len())),
        );
    }
    trace
}

/// All that an owner, a program or a rule may do, and when: it may be none of the network's business.
fn scripts(id: formix_proto::id::ComputationId) -> Vec<Vec<(u64, Command)>> {
    let says = |text| Command::Answer { id, answer: answer(text) };
    vec![
        vec![(0, says("0"))],
        vec![(4_999, says("72.5"))],
        // Refused, and declined because of that.
        vec![(17, says("1000")), (18, Command::Decline(id))],
        vec![(17, says("1000"))],
        vec![(1, Command::Decline(id))],
        vec![(1, Command::Decline(id)), (2, says("3"))],
        // Nothing at all, and what comes too late.
        vec![],
        vec![(5_001, says("3")), (30_000, Command::Decline(id))],
    ]
}

#[test]
fn r13_whatever_a_light_node_finds_the_same_leaves_at_the_same_time() {
    for hides in [false, true] {
        let question = with_terms(|spec| spec.statistic.hides_opt_outs = hides);
        for defers in [false, true] {
            let traces = scripts(question.id()).into_iter().map(|mut script| {
                if defers {
                    script.insert(0, (0, Command::Defer(question.id())));
                }
                trace(asked_to(&question).0, script)
            });
            let mut traces = traces.collect::<Vec<_>>();
            let first = traces.pop().unwrap();
            assert_eq!(first[0].0, if defers { LATE } else { SOON });
            assert!(first.len() >= SEATS.len(), "it is sent again until there is a receipt");
            for other in traces {
                assert_eq!(other, first, "hidden: {hides}, deferred: {defers}");
            }
        }
    }
}

#[test]
fn r13_what_was_said_last_before_the_slot_is_what_is_said() {
    let id = id();
    let says = |text| Command::Answer { id, answer: answer(text) };
    let cases = [
        (vec![says("3")], true),
        (vec![Command::Decline(id), says("3")], true),
        (vec![says("3"), Command::Decline(id)], false),
        (vec![], false),
    ];
    for (commands, answers) in cases {
        let mut host = asked();
        for command in commands {
            assert!(host.command(command).is_nothing(), "nothing leaves, nothing is recorded");
        }
        let said = host.wake_at(SOON);
        let is_split = said.facts().any(|fact| matches!(fact, Fact::Split { .. }));
        let withholds = said.facts().any(|fact| *fact == Fact::Withheld);
        assert_eq!((is_split, withholds), (answers, !answers));
        assert!(host.command(says("4")).is_nothing(), "it has been said");
    }
}

#[test]
fn r13_an_owner_is_told_by_when_to_answer() {
    let (_, events) = asked_to(&question());
    let slots = Some(Slots { soon: SOON, late: LATE });
    assert_eq!(events, [Event::Asked { proposal: Box::new(question()), slots }]);
}

/// A short time is divided, so that the answer has its share of it and the way has another.
#[test]
fn r13_slots_leave_room_before_the_deadline() {
    for (left, soon, late) in
        [(60_000, 5_000, 56_000), (8_000, 5_000, 6_000), (2_000, 1_500, 1_500)]
    {
        let question = with_terms(|spec| spec.deadline = START + Duration::from_millis(left));
        let (_, events) = asked_to(&question);
        let [Event::Asked { slots, .. }] = &events[..] else { panic!("it is asked once") };
        let expected = Slots { soon: Time(START.0 + soon), late: Time(START.0 + late) };
        assert_eq!(*slots, Some(expected), "{left} ms");
    }
}

/// What waits for its time is in memory only: a node that starts again asks again, and takes its time again.
#[test]
fn r13_a_restart_asks_again_and_says_nothing_sooner() {
    let mut host = asked();
    host.command(Command::Answer { id: id(), answer: answer("3") });
    host.now = START + seconds(2);
    let said = host.restart();
    let slots = Some(Slots { soon: START + seconds(7), late: host.now + seconds(54) });
    assert_eq!(said.events, [Event::Asked { proposal: Box::new(question()), slots }]);
    assert!(said.sent.is_empty());
    host.command(Command::Answer { id: id(), answer: answer("3") });
    assert!(host.sleep_until(Time(START.0 + 6_999)).is_nothing());
    assert_eq!(host.sleep_until(START + seconds(7)).sent.len(), SEATS.len());
}

/// A clock that was wrong for a moment neither loses what was said nor puts it off.
#[test]
fn r13_a_clock_that_is_set_back_moves_the_slot_with_it() {
    for (defers, after) in [(false, seconds(5)), (true, seconds(66))] {
        let mut host = asked();
        if defers {
            host.command(Command::Defer(id()));
        }
        host.command(Command::Answer { id: id(), answer: answer("3") });
        let back = Time(START.0 - 10_000);
        assert!(host.wake_at(back).is_nothing());
        assert_eq!(host.next_timeout(), Some(back + after));
        let said = host.sleep_until(back + after);
        assert!(said.facts().any(|fact| matches!(fact, Fact::Split { .. })));
    }
}
