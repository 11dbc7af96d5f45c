//! A clock that is wrong for a moment costs what is under way then, and nothing after it.

use std::time::Duration;

use formix_proto::id::NodeId;
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::record::Fact;
use formix_proto::spec::Proposal;
use formix_proto::time::Time;

use crate::support::host::{Host, Said};
use crate::support::stage::{propose, with_terms};
use crate::support::{LIGHTS, PROPOSER, SEATS, START, config, question, seconds};

const HOUR: Duration = seconds(3600);

/// The clock jumps an hour ahead, and four seconds later it is right again.
fn be_wrong_for_four_seconds(host: &mut Host) -> Said {
    host.wake_at(START + HOUR);
    host.wake_at(START + HOUR + seconds(3));
    host.wake_at(START + seconds(4))
}

/// A question that is still open when the clock is an hour ahead.
fn long_question() -> Proposal {
    with_terms(|spec| spec.deadline = START + 2 * HOUR)
}

fn invite(host: &mut Host, asked: &Proposal) -> Said {
    let mut said = Said::default();
    for seat in SEATS {
        said.extend(host.hear(seat, &Message::Invite(Box::new(asked.clone()))));
    }
    said
}

#[test]
fn a_node_takes_part_again_once_its_clock_is_right() {
    let later = |node: NodeId| {
        let mut host = Host::new(config(node));
        be_wrong_for_four_seconds(&mut host);
        host
    };
    let prepare = Message::Prepare(Box::new(question()));
    let said = later(SEATS[0]).hear(PROPOSER, &propose(&question()));
    assert_eq!(said.names(), [(SEATS[1], "prepare"), (SEATS[2], "prepare")]);
    assert_eq!(later(SEATS[1]).hear(SEATS[0], &prepare).names(), [(SEATS[0], "ready")]);
    let asked = invite(&mut later(LIGHTS[0]), &question());
    assert!(asked.facts().any(|fact| matches!(fact, Fact::Asked(_))));
    let said = later(PROPOSER).command(Command::Propose(Box::new(question())));
    assert_eq!(said.names(), [(SEATS[0], "propose")]);
}

/// Its timers were set by the wrong clock: without new ones it would be silent for an hour.
#[test]
fn what_is_unanswered_is_sent_again_after_pauses_by_the_right_clock() {
    let asked = long_question();
    let mut seat = Host::new(config(SEATS[1]));
    seat.hear(SEATS[0], &Message::Prepare(Box::new(asked.clone())));
    seat.hear(SEATS[0], &Message::Open(asked.id()));
    let invited = LIGHTS.map(|light| (light, "invite"));
    assert_eq!(be_wrong_for_four_seconds(&mut seat).names(), invited);
    let due = seat.next_timeout().unwrap();
    assert!(due <= seat.now + config(SEATS[1]).policy.resend_max);
    assert_eq!(seat.wake_at(due).names(), invited);
}

#[test]
fn deadlines_are_kept_by_the_right_clock() {
    let asked = long_question();
    let mut seat = Host::new(config(SEATS[1]));
    seat.hear(SEATS[0], &Message::Prepare(Box::new(asked.clone())));
    seat.hear(SEATS[0], &Message::Open(asked.id()));
    be_wrong_for_four_seconds(&mut seat);
    let is_frozen = |said: &Said| said.facts().any(|fact| *fact == Fact::Frozen);
    let deadline = asked.spec.deadline;
    assert!(!is_frozen(&seat.sleep_until(Time(deadline.0 - 1))));
    assert!(is_frozen(&seat.sleep_until(deadline)));
}

/// Unlike one who was asked before a restart, the owner still knows.
#[test]
fn an_owner_who_was_asked_is_not_asked_again() {
    let mut light = Host::new(config(LIGHTS[0]));
    invite(&mut light, &long_question());
    let asked =
        |said: &Said| said.events.iter().filter(|it| matches!(it, Event::Asked { .. })).count();
    assert_eq!(asked(&be_wrong_for_four_seconds(&mut light)), 0);
    assert_eq!(asked(&light.restart()), 1);
}
