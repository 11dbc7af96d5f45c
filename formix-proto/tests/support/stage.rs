//! One node brought to a phase by the messages that lead there.

use std::sync::Arc;

use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::seat::Seat;
use formix_proto::sharing::Partial;
use formix_proto::spec::{Proposal, Spec};

use super::host::Host;
use super::vectors::{per_seat, sums};
use super::{
    DEADLINE, LIGHTS, PROPOSER, SEATS, answer, config, contribution, digest, id, question,
};

/// The phases of a computation at a heavy node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Never heard of it.
    Unknown,
    Preparing,
    /// The first three light nodes have contributed lanes of 10, 20 and 30; the fourth has not.
    Collecting,
    Closing,
    Sealed,
    Done,
}

impl Phase {
    pub(crate) const KNOWN: [Phase; 5] =
        [Phase::Preparing, Phase::Collecting, Phase::Closing, Phase::Sealed, Phase::Done];
}

/// The light nodes that have contributed on stage.
pub(crate) const HELD: [NodeId; 3] = [LIGHTS[0], LIGHTS[1], LIGHTS[2]];

/// The partial of a heavy node on stage, whichever its seat.
pub(crate) fn partial() -> Partial {
    sums(&[60])
}

/// A heavy node in a seat of [`question`], in this phase.
pub(crate) fn heavy(seat: Seat, phase: Phase) -> Host {
    heavy_with(seat, phase, &config(SEATS[seat.index()]))
}

pub(crate) fn heavy_with(seat: Seat, phase: Phase, config: &super::Config) -> Host {
    let mut host = Host::new(config.clone());
    for (next, script) in scripts(seat) {
        if next <= phase {
            if seat == Seat::PRIMARY && next == Phase::Closing {
                host.wake_at(DEADLINE);
            }
            for (from, message) in script {
                host.hear(from, &message);
            }
        }
    }
    host
}

/// The messages that lead into each phase.
fn scripts(seat: Seat) -> [(Phase, Vec<(NodeId, Message)>); 5] {
    let primary = SEATS[0];
    let contributed = HELD.into_iter().zip([10, 20, 30]);
    let contributed =
        contributed.map(|(light, lane)| (light, contribution(light, lane))).collect::<Vec<_>>();
    let (id, digest) = (id(), digest(&HELD));
    let from_others = |message: Message| [SEATS[1], SEATS[2]].map(|other| (other, message.clone()));
    if seat == Seat::PRIMARY {
        let frozen = from_others(Message::Frozen { id, digest });
        let partials = from_others(Message::Partial { id, digest, partial: partial() });
        return [
            (Phase::Preparing, vec![(PROPOSER, propose(&question()))]),
            (
                Phase::Collecting,
                from_others(Message::Ready(id)).into_iter().chain(contributed).collect(),
            ),
            (Phase::Closing, vec![]),
            (Phase::Sealed, frozen.into()),
            (Phase::Done, partials.into()),
        ];
    }
    let seal = Message::Seal { id, digest, excluded: vec![] };
    let partials = per_seat([(); 3]).map(|()| partial());
    [
        (Phase::Preparing, vec![(primary, Message::Prepare(Box::new(question())))]),
        (
            Phase::Collecting,
            [(primary, Message::Open(id))].into_iter().chain(contributed).collect(),
        ),
        (Phase::Closing, vec![(primary, Message::Close(id))]),
        (Phase::Sealed, vec![(primary, seal)]),
        (Phase::Done, vec![(primary, Message::Revealed { id, digest, partials })]),
    ]
}

pub(crate) fn propose(proposal: &Proposal) -> Message {
    Message::Propose { nonce: proposal.nonce, spec: proposal.spec.clone() }
}

pub(crate) fn announced(proposal: Proposal) -> Message {
    Message::Announce { proposal: Box::new(proposal), to: LIGHTS.into() }
}

/// A light node that all three seats have invited.
pub(crate) fn asked_light(light: NodeId) -> Host {
    let mut host = Host::new(config(light));
    for seat in SEATS {
        host.hear(seat, &Message::Invite(Box::new(question())));
    }
    host
}

/// A light node that has answered, and has no receipt yet.
pub(crate) fn sending_light(light: NodeId) -> Host {
    let mut host = asked_light(light);
    host.command(Command::Answer { id: id(), answer: answer("72.5") });
    host
}

/// The proposer, having asked.
pub(crate) fn asking_proposer() -> Host {
    let mut host = Host::new(config(PROPOSER));
    host.command(Command::Propose(Box::new(question())));
    host
}

/// [`question`] with other terms.
pub(crate) fn with_terms(change: impl FnOnce(&mut Spec)) -> Proposal {
    let mut proposal = question();
    change(Arc::make_mut(&mut proposal.spec));
    proposal
}
