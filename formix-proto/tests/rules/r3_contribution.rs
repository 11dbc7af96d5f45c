//! R3: one contribution per light node. The first valid one wins; the same bytes again get the same
//! receipt; another is a conflict; a late one is late.

use formix_proto::id::{NodeId, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::Refusal;
use formix_proto::record::Fact;
use formix_proto::seat::Seat;
use formix_proto::time::Time;

use crate::support::host::{Host, Said};
use crate::support::stage::{self, Phase, heavy, heavy_with, with_terms};
use crate::support::vectors::{seats, share};
use crate::support::{
    DEADLINE, LIGHTS, SEATS, all_in, config, contribution, decline, digest, id, tag,
};

const HELD: NodeId = LIGHTS[0];
const NEW: NodeId = LIGHTS[3];

fn contribute(tag: Tag, lanes: &[u32]) -> Message {
    Message::Contribution { id: id(), tag, share: share(lanes) }
}

fn reply(said: &Said, light: NodeId) -> Option<Message> {
    match said.to(light)[..] {
        [] => None,
        [reply] => Some(reply.clone()),
        _ => panic!("more than one reply: {said:?}"),
    }
}

fn receipt() -> Option<Message> {
    Some(Message::Receipt(id()))
}

fn refuse(refusal: Refusal) -> Option<Message> {
    Some(Message::Refuse { id: id(), refusal })
}

fn ended(counted: bool) -> Option<Message> {
    Some(Message::Ended { id: id(), counted })
}

#[test]
fn r3_what_a_contribution_is_answered_in_every_phase() {
    let same = contribution(HELD, 10);
    let other_tag = contribute(Tag([0xff; 16]), &[10]);
    let other_share = contribution(HELD, 11);
    let new = contribution(NEW, 40);
    let wide = contribute(tag(NEW), &[40, 0]);
    let table = [
        (Phase::Unknown, NEW, &new, None),
        (Phase::Preparing, NEW, &new, None),
        (Phase::Collecting, NEW, &new, receipt()),
        (Phase::Collecting, HELD, &same, receipt()),
        (Phase::Collecting, HELD, &other_tag, refuse(Refusal::Conflict)),
        (Phase::Collecting, HELD, &other_share, refuse(Refusal::Conflict)),
        (Phase::Collecting, NEW, &wide, refuse(Refusal::Dimension)),
        (Phase::Closing, NEW, &new, refuse(Refusal::Late)),
        (Phase::Closing, HELD, &same, receipt()),
        (Phase::Closing, HELD, &other_tag, refuse(Refusal::Conflict)),
        (Phase::Closing, HELD, &other_share, refuse(Refusal::Conflict)),
        (Phase::Sealed, NEW, &new, refuse(Refusal::Late)),
        (Phase::Sealed, HELD, &same, receipt()),
        (Phase::Sealed, HELD, &other_tag, refuse(Refusal::Conflict)),
        (Phase::Done, NEW, &new, ended(false)),
        (Phase::Done, HELD, &same, ended(true)),
        (Phase::Done, HELD, &other_tag, ended(true)),
    ];
    for seat in seats() {
        for (phase, light, offered, expected) in &table {
            let mut host = heavy(seat, *phase);
            let said = host.hear(*light, offered);
            let scene = format!("{seat:?} while {phase:?}: {offered:?}");
            assert_eq!(reply(&said, *light), *expected, "{scene}");
            let kept = *phase == Phase::Collecting && *light == NEW && *expected == receipt();
            assert_eq!(said.facts().count(), usize::from(kept), "{scene}");
        }
    }
}

#[test]
fn r3_nothing_new_is_accepted_from_the_deadline_on() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Collecting);
        host.now = DEADLINE;
        let said = host.hear(NEW, &contribution(NEW, 40));
        assert_eq!(reply(&said, NEW), refuse(Refusal::Late));
        assert!(said.batches.is_empty());
    }
}

/// The receipt may have been lost, and the message that asks again may overtake the timer.
#[test]
fn r3_a_replay_gets_its_receipt_at_the_deadline_too() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Collecting);
        host.now = DEADLINE;
        assert_eq!(reply(&host.hear(HELD, &contribution(HELD, 10)), HELD), receipt());
    }
}

#[test]
fn r3_a_replay_gets_the_same_receipt_after_a_restart() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Collecting);
        host.restart();
        assert_eq!(reply(&host.hear(HELD, &contribution(HELD, 10)), HELD), receipt());
        let said = host.hear(HELD, &contribution(HELD, 11));
        assert_eq!(reply(&said, HELD), refuse(Refusal::Conflict));
    }
}

#[test]
fn r3_who_has_declined_cannot_contribute_and_the_reverse() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Collecting);
        let said = host.hear(NEW, &decline());
        assert_eq!(said.facts().collect::<Vec<_>>(), [&Fact::Declined(NEW)]);
        assert_eq!(reply(&said, NEW), receipt());
        let again = host.hear(NEW, &decline());
        assert_eq!((reply(&again, NEW), again.facts().count()), (receipt(), 0), "again");
        let said = host.hear(NEW, &contribution(NEW, 40));
        assert_eq!(reply(&said, NEW), refuse(Refusal::Conflict));
        assert!(host.hear(HELD, &decline()).is_nothing());
    }
}

#[test]
fn r3_no_more_than_max_participants_are_accepted() {
    let asked = with_terms(|spec| spec.max_participants = 3);
    let id = asked.id();
    let mut host = Host::new(config(SEATS[1]));
    host.hear(SEATS[0], &Message::Prepare(Box::new(asked)));
    host.hear(SEATS[0], &Message::Open(id));
    let contribution = |light| Message::Contribution { id, tag: tag(light), share: share(&[0]) };
    for light in &LIGHTS[..3] {
        let said = host.hear(*light, &contribution(*light));
        assert_eq!(reply(&said, *light), Some(Message::Receipt(id)));
    }
    let said = host.hear(NEW, &contribution(NEW));
    assert_eq!(reply(&said, NEW), Some(Message::Refuse { id, refusal: Refusal::Full }));
    let again = host.hear(LIGHTS[0], &contribution(LIGHTS[0]));
    assert_eq!(reply(&again, LIGHTS[0]), Some(Message::Receipt(id)), "a replay is not one more");
}

/// A light node that was enrolled after the opening was not invited yet: it is welcome all the same.
#[test]
fn r3_who_may_contribute_is_decided_by_the_enrolment_of_now() {
    let mut config = config(SEATS[1]);
    config.directory =
        std::sync::Arc::new(crate::support::everyone().filter(|(node, _)| *node != NEW).collect());
    let mut host = heavy_with(seats()[1], Phase::Collecting, &config);
    assert_eq!(reply(&host.hear(NEW, &contribution(NEW, 40)), NEW), None, "a stranger");
    host.command(formix_proto::machine::Command::Enroll(crate::support::directory()));
    assert_eq!(reply(&host.hear(NEW, &contribution(NEW, 40)), NEW), receipt());
}

/// One seat whose clock is ahead, or who lies, cannot end it for the others; at the deadline it may be
/// heard before the timer is.
#[test]
fn r3_the_word_of_another_seat_ends_the_collecting_from_the_deadline_on() {
    let frozen = Message::Frozen { id: id(), digest: digest(&stage::HELD) };
    let mut primary = heavy(Seat::PRIMARY, Phase::Collecting);
    primary.now = Time(DEADLINE.0 - 1);
    assert!(primary.hear(SEATS[1], &frozen).is_nothing());
    primary.now = DEADLINE;
    let said = primary.hear(SEATS[1], &frozen);
    assert_eq!(said.facts().collect::<Vec<_>>(), [&Fact::Frozen]);
    assert_eq!(said.to(SEATS[2]), [&Message::Close(id())]);
}

#[test]
fn r3_who_knocks_is_invited_unless_it_has_been_heard() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Collecting);
        let knock = Message::RequestInvite(id());
        assert_eq!(host.hear(NEW, &knock).names(), [(NEW, "invite")]);
        assert!(host.hear(HELD, &knock).is_nothing(), "it has contributed");
        host.hear(NEW, &decline());
        assert!(host.hear(NEW, &knock).is_nothing(), "it has declined");
    }
}

/// Whoever declines after the freeze is not in the roster either way, and must not have to ask again.
#[test]
fn r3_what_declining_is_answered_in_every_phase() {
    let table = [
        (Phase::Unknown, None),
        (Phase::Preparing, None),
        (Phase::Collecting, receipt()),
        (Phase::Closing, receipt()),
        (Phase::Sealed, receipt()),
        (Phase::Done, ended(false)),
    ];
    for seat in seats() {
        for (phase, expected) in &table {
            let said = heavy(seat, *phase).hear(NEW, &decline());
            assert_eq!(reply(&said, NEW), *expected, "{seat:?} while {phase:?}");
            let kept = *phase == Phase::Collecting;
            assert_eq!(said.facts().count(), usize::from(kept), "{seat:?} while {phase:?}");
        }
    }
}

/// The primary may close early on this word: said too soon, it would cost the others their answers.
#[test]
fn r3_a_seat_says_that_all_are_in_with_the_last_one_and_not_before() {
    let mut seat = heavy(seats()[1], Phase::Preparing);
    seat.hear(SEATS[0], &Message::Open(id()));
    for light in LIGHTS {
        let says_so = seat.hear(light, &contribution(light, 1)).to(SEATS[0]) == [&all_in()];
        assert_eq!(says_so, light == LIGHTS[3], "{}", light.short());
    }
}
