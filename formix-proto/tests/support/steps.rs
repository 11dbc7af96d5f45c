//! Every step at which a node writes, with what it says once that is durable.

use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::seat::Seat;
use formix_proto::time::Time;

use super::host::{Host, Said};
use super::stage::{
    HELD, Phase, asked_light, asking_proposer, heavy, partial, propose, sending_light,
};
use super::vectors::{per_seat, seats};
use super::{
    DEADLINE, LIGHTS, PROPOSER, SEATS, answer, config, contribution, decline, digest, id, question,
};

pub(crate) type Act = Box<dyn Fn(&mut Host) -> Said>;

/// A step that writes, and what it says when that is durable.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) before: Host,
    pub(crate) act: Act,
    pub(crate) says: &'static [&'static str],
}

fn step(name: &'static str, before: Host, says: &'static [&'static str], act: Act) -> Step {
    Step { name, before, act, says }
}

fn hears(from: NodeId, message: Message) -> Act {
    Box::new(move |host| host.hear(from, &message))
}

/// Past everything that is sent again until then.
fn just_before(time: Time, mut host: Host) -> Host {
    host.sleep_until(Time(time.0 - 1));
    host
}

fn gives_up() -> Time {
    DEADLINE + config(SEATS[1]).policy.reveal_within
}

fn steps_of_a_primary() -> Vec<Step> {
    let at = |phase| heavy(Seat::PRIMARY, phase);
    let (id, digest, other) = (id(), digest(&HELD), SEATS[2]);
    let one_seat_is = |phase, message: Message| {
        let mut host = at(phase);
        host.hear(SEATS[1], &message);
        host
    };
    let partial = Message::Partial { id, digest, partial: partial() };
    let frozen = Message::Frozen { id, digest };
    let ready = Message::Ready(id);
    vec![
        step(
            "takes it up",
            Host::new(config(SEATS[0])),
            &["prepare", "prepare"],
            hears(PROPOSER, propose(&question())),
        ),
        step(
            "opens",
            one_seat_is(Phase::Preparing, ready.clone()),
            &["open", "open", "announce", "invite", "invite", "invite", "invite", "progress"],
            hears(other, ready),
        ),
        step(
            "freezes",
            just_before(DEADLINE, at(Phase::Collecting)),
            &["close", "close", "progress"],
            Box::new(|host| host.wake_at(DEADLINE)),
        ),
        step(
            "seals",
            one_seat_is(Phase::Closing, frozen.clone()),
            &["seal", "seal"],
            hears(other, frozen),
        ),
        step(
            "reveals",
            one_seat_is(Phase::Sealed, partial.clone()),
            &["revealed", "revealed", "outcome", "ended", "ended", "ended"],
            hears(other, partial),
        ),
    ]
}

fn steps_of_a_secondary() -> Vec<Step> {
    let at = |phase| heavy(seats()[1], phase);
    let (id, digest, primary) = (id(), digest(&HELD), SEATS[0]);
    let partials = per_seat([(); 3]).map(|()| partial());
    let seal = Message::Seal { id, digest, excluded: vec![] };
    vec![
        step(
            "gets ready",
            Host::new(config(SEATS[1])),
            &["ready"],
            hears(primary, Message::Prepare(Box::new(question()))),
        ),
        step(
            "opens",
            at(Phase::Preparing),
            &["opened", "invite", "invite", "invite", "invite"],
            hears(primary, Message::Open(id)),
        ),
        step(
            "accepts the last answer",
            at(Phase::Collecting),
            &["receipt", "all-in"],
            hears(LIGHTS[3], contribution(LIGHTS[3], 40)),
        ),
        step(
            "hears the last one decline",
            at(Phase::Collecting),
            &["receipt", "all-in"],
            hears(LIGHTS[3], decline()),
        ),
        step("freezes", at(Phase::Collecting), &["frozen"], hears(primary, Message::Close(id))),
        step("seals", at(Phase::Closing), &["partial"], hears(primary, seal)),
        step(
            "adds up",
            at(Phase::Sealed),
            &[],
            hears(primary, Message::Revealed { id, digest, partials }),
        ),
        step(
            "gives up",
            just_before(gives_up(), at(Phase::Closing)),
            &["abort"],
            Box::new(|host| host.wake_at(gives_up())),
        ),
    ]
}

fn steps_of_a_light_and_a_proposer() -> Vec<Step> {
    let id = id();
    let two_have_invited = || {
        let mut host = Host::new(config(LIGHTS[0]));
        for seat in &SEATS[..2] {
            host.hear(*seat, &Message::Invite(Box::new(question())));
        }
        host
    };
    let two_have_receipted = || {
        let mut host = sending_light(LIGHTS[0]);
        for seat in &SEATS[..2] {
            host.hear(*seat, &Message::Receipt(id));
        }
        host
    };
    let failed = Outcome::Failed(Failure::NeverOpened);
    let collecting = Message::Progress { id, stage: Stage::Collecting };
    vec![
        step(
            "is asked",
            two_have_invited(),
            &[],
            hears(SEATS[2], Message::Invite(Box::new(question()))),
        ),
        step(
            "answers",
            asked_light(LIGHTS[0]),
            &["contribution", "contribution", "contribution"],
            Box::new(move |host| host.command(Command::Answer { id, answer: answer("7") })),
        ),
        step(
            "declines",
            asked_light(LIGHTS[0]),
            &["decline", "decline", "decline"],
            Box::new(move |host| host.command(Command::Decline(id))),
        ),
        step("delivers", two_have_receipted(), &[], hears(SEATS[2], Message::Receipt(id))),
        step(
            "settles",
            sending_light(LIGHTS[0]),
            &[],
            hears(SEATS[1], Message::Ended { id, counted: true }),
        ),
        step(
            "asks",
            Host::new(config(PROPOSER)),
            &["propose"],
            Box::new(|host| host.command(Command::Propose(Box::new(question())))),
        ),
        step("hears of progress", asking_proposer(), &[], hears(SEATS[0], collecting)),
        step(
            "hears of the end",
            asking_proposer(),
            &[],
            hears(SEATS[0], Message::Outcome { id, outcome: failed }),
        ),
    ]
}

pub(crate) fn steps() -> impl Iterator<Item = Step> {
    let light_and_proposer = steps_of_a_light_and_a_proposer();
    steps_of_a_primary().into_iter().chain(steps_of_a_secondary()).chain(light_and_proposer)
}
