//! R8 at a light node: it delivers until it has its receipts, asks only for an end that is overdue, and
//! stops waiting by the bound.

use formix_proto::id::NodeId;
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::outcome::{Refusal, Stage};
use formix_proto::record::Fact;
use formix_proto::status::Standing;
use formix_proto::time::Time;

use crate::support::host::Host;
use crate::support::stage::{asked_light, sending_light};
use crate::support::{DEADLINE, LIGHTS, SEATS, answer, config, id, question, seconds};

const PRIMARY: NodeId = SEATS[0];
const SECOND: NodeId = SEATS[1];

fn bound() -> Time {
    DEADLINE + config(LIGHTS[0]).policy.bound()
}

fn overdue() -> Time {
    DEADLINE + config(LIGHTS[0]).policy.resend_first
}

/// A light node that only one seat has invited.
fn hearing_light(light: NodeId) -> Host {
    let mut host = Host::new(config(light));
    host.hear(SECOND, &Message::Invite(Box::new(question())));
    host
}

/// A light node that has delivered to all three seats.
fn waiting_light(light: NodeId) -> Host {
    let mut host = sending_light(light);
    for seat in SEATS {
        host.hear(seat, &Message::Receipt(id()));
    }
    host
}

fn declining_light(light: NodeId) -> Host {
    let mut host = asked_light(light);
    host.command(Command::Decline(id()));
    host
}

/// Light nodes that have something to deliver, and what they deliver it with.
fn delivering_lights() -> [(Host, &'static str); 2] {
    [(sending_light(LIGHTS[0]), "contribution"), (declining_light(LIGHTS[0]), "decline")]
}

#[test]
fn r8_a_light_node_knocks_where_an_invitation_does_not_come() {
    let mut light = hearing_light(LIGHTS[0]);
    let due = light.next_timeout().unwrap();
    assert!(due < DEADLINE);
    assert_eq!(
        light.wake_at(due).names(),
        [(PRIMARY, "request-invite"), (SEATS[2], "request-invite")]
    );
}

#[test]
fn r8_a_light_node_repeats_itself_only_where_it_has_no_receipt() {
    for (mut light, said) in delivering_lights() {
        assert!(light.hear(SECOND, &Message::Receipt(id())).is_nothing());
        let due = light.next_timeout().unwrap();
        assert_eq!(light.wake_at(due).names(), [(PRIMARY, said), (SEATS[2], said)]);
        assert!(light.hear(PRIMARY, &Message::Receipt(id())).is_nothing());
        let delivered = light.hear(SEATS[2], &Message::Receipt(id()));
        assert_eq!(delivered.facts().collect::<Vec<_>>(), [&Fact::Delivered]);
    }
}

/// The end is told by itself, once; only who has missed it asks, and only where nothing is left to say.
#[test]
fn r8_a_light_node_asks_how_it_ended_once_that_is_overdue() {
    for (mut light, repeated) in delivering_lights() {
        light.hear(SECOND, &Message::Receipt(id()));
        let before = light.sleep_until(Time(overdue().0 - 1)).names();
        assert!(before.contains(&(PRIMARY, repeated)));
        assert!(before.iter().all(|(to, name)| *to != SECOND && *name == repeated), "{before:?}");
        let after = light.sleep_until(overdue() + seconds(5)).names();
        assert!(after.contains(&(SECOND, "query-outcome")), "{after:?}");
        let expected = |to: NodeId| if to == SECOND { "query-outcome" } else { repeated };
        assert!(after.iter().all(|(to, name)| *name == expected(*to)), "{after:?}");

        light.hear(PRIMARY, &Message::Receipt(id()));
        light.hear(SEATS[2], &Message::Receipt(id()));
        let due = light.next_timeout().unwrap();
        assert_eq!(light.wake_at(due).names(), SEATS.map(|seat| (seat, "query-outcome")));
    }
}

#[test]
fn r8_an_owner_can_answer_or_decline_until_the_deadline() {
    let says = |at: Time| {
        let answers = Command::Answer { id: id(), answer: answer("1") };
        [answers, Command::Decline(id())].map(|command| {
            let mut light = asked_light(LIGHTS[0]);
            light.now = at;
            light.command(command).names().len()
        })
    };
    assert_eq!(says(Time(DEADLINE.0 - 1)), [3, 3]);
    assert_eq!(says(DEADLINE), [0, 0]);
}

#[test]
fn r8_a_light_node_does_not_insist_where_it_was_refused() {
    let mut light = sending_light(LIGHTS[0]);
    let said = light.hear(SECOND, &Message::Refuse { id: id(), refusal: Refusal::Late });
    assert!(said.is_nothing(), "{said:?}");
    let due = light.next_timeout().unwrap();
    let rest = [(PRIMARY, "contribution"), (SEATS[2], "contribution")];
    assert_eq!(light.wake_at(due).names(), rest);
}

/// Whatever the owner did, and whoever has gone silent: a light node stops waiting by the bound.
#[test]
fn r8_a_light_node_that_hears_no_end_settles_without_one() {
    let lights = [asked_light, sending_light, declining_light];
    for mut light in lights.map(|light| light(LIGHTS[0])) {
        let said = light.sleep_until(bound());
        assert_eq!(said.events, [Event::Learned { id: id(), counted: None }]);
        let standing = light.status().map(|status| status.standing);
        assert_eq!(standing, Some(Standing::Learned { counted: None }));
    }
}

#[test]
fn r8_a_light_node_that_has_delivered_rests_until_the_end_is_overdue() {
    for restarts in [false, true] {
        let mut light = waiting_light(LIGHTS[0]);
        if restarts {
            assert!(light.restart().is_nothing());
        }
        assert_eq!(light.next_timeout(), Some(overdue()), "restarted: {restarts}");
        assert_eq!(light.wake_at(overdue()).names(), SEATS.map(|seat| (seat, "query-outcome")));
    }
}

#[test]
fn r8_a_light_node_says_how_far_it_is_and_whom_it_waits_for() {
    let table = [
        (hearing_light(LIGHTS[0]), Stage::Pending, vec![PRIMARY, SEATS[2]]),
        (asked_light(LIGHTS[0]), Stage::Collecting, vec![]),
        (sending_light(LIGHTS[0]), Stage::Collecting, SEATS.to_vec()),
        (declining_light(LIGHTS[0]), Stage::Collecting, SEATS.to_vec()),
        (waiting_light(LIGHTS[0]), Stage::Revealing, SEATS.to_vec()),
    ];
    for (light, stage, waiting_for) in table {
        let status = light.status().unwrap();
        assert_eq!((status.standing, status.waiting_for), (Standing::Open(stage), waiting_for));
    }
}
