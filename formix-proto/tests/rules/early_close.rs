//! Collecting ends before the deadline only when every seat has heard from each light node that is enrolled
//! at the primary, whatever the enrolment was when a seat said so.

use std::sync::Arc;

use formix_proto::directory::Directory;
use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::record::Fact;
use formix_proto::seat::Seat;

use crate::support::host::{Host, Said};
use crate::support::stage::{HELD, Phase, heavy_with};
use crate::support::vectors::seats;
use crate::support::{LIGHTS, SEATS, config, contribution, everyone, id};

/// On stage all light nodes but this one have answered.
const NEW: NodeId = LIGHTS[3];

/// All nodes but this one.
fn without(gone: NodeId) -> Arc<Directory> {
    Arc::new(everyone().filter(|(node, _)| *node != gone).collect())
}

fn all_in(directory: &Directory) -> Message {
    Message::AllIn { id: id(), lights: directory.lights_digest() }
}

/// A heavy node that collects, and knows these nodes.
fn collecting(seat: Seat, directory: &Arc<Directory>) -> Host {
    let mut config = config(SEATS[seat.index()]);
    config.directory = directory.clone();
    heavy_with(seat, Phase::Collecting, &config)
}

fn enroll(host: &mut Host, directory: &Arc<Directory>) {
    assert!(host.command(Command::Enroll(directory.clone())).is_nothing());
}

fn has_closed(said: &Said) -> bool {
    said.facts().any(|fact| *fact == Fact::Frozen)
}

/// What a host sends the primary when it sends again what is unanswered.
fn repeats(host: &mut Host) -> Vec<Message> {
    let due = host.next_timeout().unwrap();
    host.wake_at(due).to(SEATS[0]).into_iter().cloned().collect()
}

/// One seat has spoken before the enrolment, and the word of another was on its way.
#[test]
fn a_light_node_that_is_enrolled_while_collecting_is_waited_for_at_every_seat() {
    let (before, now) = (without(NEW), crate::support::directory());
    let mut primary = collecting(Seat::PRIMARY, &before);
    primary.hear(SEATS[1], &all_in(&before));
    enroll(&mut primary, &now);
    assert!(!has_closed(&primary.hear(NEW, &contribution(NEW, 40))));
    assert!(!has_closed(&primary.hear(SEATS[2], &all_in(&before))));
    assert!(!has_closed(&primary.hear(SEATS[2], &all_in(&now))));
    assert!(has_closed(&primary.hear(SEATS[1], &all_in(&now))));
}

/// The primary learns last who is enrolled: what the seats have said of them counts from then on.
#[test]
fn the_word_of_a_seat_that_knows_of_an_enrolment_first_is_not_lost() {
    let (before, now) = (without(NEW), crate::support::directory());
    let mut primary = collecting(Seat::PRIMARY, &before);
    for seat in &SEATS[1..] {
        assert!(!has_closed(&primary.hear(*seat, &all_in(&now))));
    }
    enroll(&mut primary, &now);
    assert!(has_closed(&primary.hear(NEW, &contribution(NEW, 40))));
}

#[test]
fn a_light_node_that_is_removed_while_collecting_is_not_waited_for() {
    let (before, now) = (crate::support::directory(), without(NEW));
    let mut primary = collecting(Seat::PRIMARY, &before);
    enroll(&mut primary, &now);
    assert!(!has_closed(&primary.hear(SEATS[1], &all_in(&now))));
    assert!(has_closed(&primary.hear(SEATS[2], &all_in(&now))));
}

/// As many were heard as are enrolled, but not the same ones.
#[test]
fn one_who_answered_and_was_removed_does_not_stand_for_one_who_has_not() {
    let now = without(HELD[0]);
    for seat in seats() {
        let mut host = collecting(seat, &crate::support::directory());
        enroll(&mut host, &now);
        if seat == Seat::PRIMARY {
            for other in &SEATS[1..] {
                assert!(!has_closed(&host.hear(*other, &all_in(&now))));
            }
            assert!(has_closed(&host.hear(NEW, &contribution(NEW, 40))));
        } else {
            assert!(!repeats(&mut host).contains(&all_in(&now)));
            assert_eq!(host.hear(NEW, &contribution(NEW, 40)).to(SEATS[0]), [&all_in(&now)]);
        }
    }
}

#[test]
fn a_seat_names_those_who_are_enrolled_now_and_is_silent_until_it_has_heard_them() {
    let (three, four) = (without(NEW), crate::support::directory());
    let mut seat = collecting(seats()[1], &three);
    assert_eq!(repeats(&mut seat), [all_in(&three)]);
    enroll(&mut seat, &four);
    assert_eq!(repeats(&mut seat), []);
    assert_eq!(seat.hear(NEW, &contribution(NEW, 40)).to(SEATS[0]), [&all_in(&four)]);
    enroll(&mut seat, &three);
    assert_eq!(repeats(&mut seat), [all_in(&three)]);
}
