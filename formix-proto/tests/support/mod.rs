//! Names, terms and a small deterministic network, for the tests of the protocol's rules.
//!
//! [`host::Host`] is one real node with its log and its disk; [`stage`] brings one to a phase by the
//! messages that lead there; [`world::World`] is a whole network of them.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test binary compiles all of this and uses its own part"
)]

pub(crate) mod host;
pub(crate) mod net;
pub(crate) mod samples;
pub(crate) mod stage;
pub(crate) mod steps;
pub(crate) mod vectors;
pub(crate) mod world;

use std::time::Duration;

use formix_proto::answer::Answer;
use formix_proto::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::node::Config;
use formix_proto::policy::Policy;
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::Committee;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;
use formix_testkit::cast;
pub(crate) use formix_testkit::cast::{
    LIGHTS, PROPOSER, SEATS, SPARE, START, STRANGER, directory, everyone,
};

pub(crate) const DEADLINE: Time = Time(START.0 + 60_000);

pub(crate) fn config(id: NodeId) -> Config {
    let directory = directory();
    let role = directory.role(&id).expect("only enrolled nodes run here");
    Config { id, role, policy: policy(), directory }
}

/// Answers leave as soon as they are known, so that most tests need no clock.
pub(crate) fn policy() -> Policy {
    Policy { answer_after: Duration::ZERO, ..Policy::default() }
}

/// What an owner is told of the question that most tests ask.
pub(crate) fn asks_the_owner() -> Event {
    Event::Asked { proposal: Box::new(question()), slots: None }
}

/// Declining the question that most tests ask.
pub(crate) fn decline() -> Message {
    Message::decline(id(), terms().shape())
}

pub(crate) fn terms() -> Spec {
    cast::terms().expect("a good domain")
}

pub(crate) fn committee(nodes: impl IntoIterator<Item = NodeId>) -> Committee {
    Committee::new(nodes).expect("a committee of a size that there is")
}

/// Puts another node in a seat.
pub(crate) fn reseat(spec: &mut Spec, seat: usize, node: NodeId) {
    let mut nodes: Vec<_> = spec.committee.nodes().collect();
    nodes[seat] = node;
    spec.committee = committee(nodes);
}

pub(crate) fn proposal(spec: Spec) -> Proposal {
    Proposal { proposer: PROPOSER, nonce: Nonce([0x0e; 16]), spec: spec.into() }
}

/// The computation that most tests are about.
pub(crate) fn question() -> Proposal {
    proposal(terms())
}

pub(crate) fn id() -> ComputationId {
    question().id()
}

pub(crate) fn answer(text: &str) -> Answer {
    Answer::parse(text).expect("a number")
}

/// The tag under which a light node contributes in staged scenes.
pub(crate) fn tag(light: NodeId) -> Tag {
    Tag([light.0[0]; 16])
}

pub(crate) fn contribution(light: NodeId, lane: u32) -> Message {
    Message::Contribution { id: id(), tag: tag(light), share: vectors::share(&[lane]) }
}

/// A seat's word that it has heard from every light node of [`directory`].
pub(crate) fn all_in() -> Message {
    Message::AllIn { id: id(), lights: directory().lights_digest() }
}

/// The set in which these light nodes have each contributed under their own tag.
pub(crate) fn roster(lights: &[NodeId]) -> Roster {
    let entry = |light: &NodeId| Entry { light: *light, tag: tag(*light) };
    Roster::try_from(lights.iter().map(entry).collect::<Vec<_>>()).expect("in order")
}

pub(crate) fn digest(lights: &[NodeId]) -> RosterDigest {
    roster(lights).digest()
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
