//! Names, terms and a small deterministic network, for the tests of the protocol's rules.
//!
//! [`host::Host`] is one real node with its log and its disk; [`stage`] brings one to a phase by the
//! messages that lead there; [`world::World`] is a whole network of them.
#![allow(dead_code, reason = "every test binary compiles all of this and uses its own part")]

pub(crate) mod host;
pub(crate) mod samples;
pub(crate) mod stage;
pub(crate) mod steps;
pub(crate) mod world;

use std::sync::Arc;
use std::time::Duration;

use formix_proto::Decimal;
use formix_proto::answer::Answer;
use formix_proto::directory::{Directory, Role};
use formix_proto::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::node::Config;
use formix_proto::policy::Policy;
use formix_proto::roster::{Entry, Roster};
use formix_proto::share::Lanes;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::{Domain, Measure, Statistic};
use formix_proto::time::Time;

pub(crate) const START: Time = Time(1_700_000_000_000);
pub(crate) const DEADLINE: Time = Time(START.0 + 60_000);

pub(crate) const PROPOSER: NodeId = NodeId([0x50; 32]);
/// The committee, in order of the seats.
pub(crate) const SEATS: [NodeId; 3] = [NodeId([0xa0; 32]), NodeId([0xa1; 32]), NodeId([0xa2; 32])];
/// A heavy node that sits on no committee.
pub(crate) const SPARE: NodeId = NodeId([0xaf; 32]);
pub(crate) const LIGHTS: [NodeId; 4] =
    [NodeId([0x10; 32]), NodeId([0x11; 32]), NodeId([0x12; 32]), NodeId([0x13; 32])];
/// A node that nobody has enrolled.
pub(crate) const STRANGER: NodeId = NodeId([0xee; 32]);

/// Everyone who is enrolled.
pub(crate) fn everyone() -> impl Iterator<Item = (NodeId, Role)> {
    let heavies = SEATS.into_iter().chain([SPARE]).map(|node| (node, Role::Heavy));
    let lights = LIGHTS.into_iter().map(|node| (node, Role::Light));
    heavies.chain(lights).chain([(PROPOSER, Role::Proposer)])
}

pub(crate) fn directory() -> Arc<Directory> {
    Arc::new(everyone().collect())
}

pub(crate) fn config(id: NodeId) -> Config {
    let directory = directory();
    let role = directory.role(&id).expect("only enrolled nodes run here");
    Config { id, role, policy: Policy::default(), directory }
}

/// Numbers from 0 to 1000 in tenths, of three answers or more.
pub(crate) fn terms() -> Spec {
    let domain = Domain::new(Decimal::ZERO, Decimal::from(1000), 1).expect("a good domain");
    Spec {
        prompt: "How many cups of tea today?".into(),
        query: None,
        statistic: Statistic::from(Measure::Sum(domain)),
        committee: Committee(SEATS),
        deadline: DEADLINE,
        min_participants: 3,
        max_participants: 1000,
    }
}

pub(crate) fn proposal(spec: Spec) -> Proposal {
    Proposal { proposer: PROPOSER, nonce: Nonce([0x0e; 16]), spec }
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
    Message::Contribution { id: id(), tag: tag(light), share: Lanes::new(&[lane]) }
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
