//! Everything that nodes say to each other: one table of messages, their names, senders and lengths.
//!
//! No message names its sender: that is the key which authenticated the connection (R1). All but a
//! proposal name their computation by the id that a proposal has (R2).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{ComputationId, LightsDigest, NodeId, Nonce, RosterDigest, Tag};
use crate::outcome::{Failure, Outcome, Refusal, Stage};
use crate::roster::Roster;
use crate::seat::PerSeat;
use crate::sharing::{Blank, Counts, Partial, Shape, Share};
use crate::spec::{Proposal, Spec};

/// What every message of one kind has in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// What it is called, in faults and traces.
    pub name: &'static str,
    /// Who may send it (R1).
    pub from: Party,
    /// Who may receive it.
    pub to: Party,
    /// How long it may be.
    pub length: Length,
}

/// A part that nodes play in a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// Any enrolled node.
    Anyone,
    /// The node that asks.
    Proposer,
    /// The committee member in seat 0.
    Primary,
    /// The committee members in the other seats.
    Others,
    /// Any committee member.
    Member,
    /// Any heavy node, a committee member or not.
    Heavy,
    /// Any heavy or light node.
    HeavyOrLight,
    /// Any light node.
    Light,
}

impl Party {
    /// Whether it is played by committee members only.
    pub fn is_committee(self) -> bool {
        matches!(self, Self::Primary | Self::Others | Self::Member)
    }
}

/// How long an encoded message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// [`SMALL_FRAME`](crate::limits::SMALL_FRAME) bytes. A question must fit: its many short texts would
    /// take far more memory than bytes before anything of it could be checked.
    Short,
    /// [`MAX_FRAME`](crate::limits::MAX_FRAME) bytes: it holds a vector, a roster, or who is left out of one.
    Long,
}

/// Declares [`Message`] from one table, a row a kind of message:
/// `fields = name, sender => receiver, length`. Rows are numbered on the wire in this order.
macro_rules! messages {
    ($($(#[$doc:meta])* $variant:ident $fields:tt = $name:literal, $from:ident => $to:ident, $length:ident;)*) => {
        /// One message.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Message {
            $($(#[$doc])* $variant $fields,)*
        }

        /// Every kind of message, by its number on the wire.
        pub const KINDS: &[Kind] = &[$(Kind {
            name: $name,
            from: Party::$from,
            to: Party::$to,
            length: Length::$length,
        },)*];

        impl Message {
            /// What it has in common with others of its kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$variant { .. } => const {
                        Kind { name: $name, from: Party::$from, to: Party::$to, length: Length::$length }
                    },)*
                }
            }

            /// The computation that it names; `None` if it brings the proposal itself.
            pub fn computation(&self) -> Option<ComputationId> {
                match self {
                    $(subject!(subject, $variant $fields) => subject.computation(),)*
                }
            }
        }
    };
}

/// Matches a message, and binds the field that says what it is about: its first, or its only one.
macro_rules! subject {
    ($subject:ident, $variant:ident ($field:ty)) => {
        Self::$variant($subject)
    };
    ($subject:ident, $variant:ident { $(#[$doc:meta])* $first:ident: $($rest:tt)* }) => {
        Self::$variant { $first: $subject, .. }
    };
}

messages! {
    /// Proposer to a committee member: open this, or say what became of it. Sent again until there
    /// is an outcome, so it is the proposer's inquiry as well.
    Propose {
        /// Drawn by the proposer, whom the connection names.
        nonce: Nonce,
        /// The question.
        spec: Arc<Spec>,
    } = "propose", Anyone => Member, Short;
    /// Primary to proposer: how far it is.
    Progress {
        /// Which computation.
        id: ComputationId,
        /// How far.
        stage: Stage,
    } = "progress", Primary => Proposer, Short;
    /// Committee member to proposer: how it ended.
    Outcome {
        /// Which computation.
        id: ComputationId,
        /// How it ended.
        outcome: Outcome,
    } = "outcome", Member => Proposer, Long;

    /// Primary to the other seats: are these terms acceptable?
    Prepare(Box<Proposal>) = "prepare", Primary => Others, Short;
    /// Seat to primary: they are, durably.
    Ready(ComputationId) = "ready", Others => Primary, Short;
    /// Primary to the other seats: all are ready; invite and collect.
    Open(ComputationId) = "open", Primary => Others, Short;
    /// Seat to primary: it is open here, durably.
    Opened(ComputationId) = "opened", Others => Primary, Short;
    /// Seat to primary: each of these light nodes, who are all that are enrolled here, has answered or
    /// declined here.
    AllIn {
        /// Which computation.
        id: ComputationId,
        /// Which light nodes.
        lights: LightsDigest,
    } = "all-in", Others => Primary, Short;
    /// Primary to the other seats: accept nothing more.
    Close(ComputationId) = "close", Primary => Others, Short;
    /// Seat to primary: nothing more is accepted here, and this names what was.
    Frozen {
        /// Which computation.
        id: ComputationId,
        /// The digest of the frozen set.
        digest: RosterDigest,
    } = "frozen", Others => Primary, Short;
    /// Primary to a seat whose frozen set is not its own: which entries?
    List(ComputationId) = "list", Primary => Others, Short;
    /// Seat to primary: these entries.
    FrozenSet {
        /// Which computation.
        id: ComputationId,
        /// The frozen set.
        set: Roster,
    } = "frozen-set", Others => Primary, Long;
    /// Primary to the other seats: the roster is your frozen set without these light nodes.
    Seal {
        /// Which computation.
        id: ComputationId,
        /// The digest of the roster that must remain.
        digest: RosterDigest,
        /// Light nodes that some seat lacks, or holds under another tag.
        excluded: Vec<NodeId>,
    } = "seal", Primary => Others, Long;
    /// Seat to primary: the elements of its partial that count the answers of each group. Only where a
    /// question counts them, and only ever to a committee member (R6).
    Counts {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sum.
        counts: Counts,
    } = "counts", Others => Primary, Long;
    /// Primary to the other seats: the counts of every seat. Together they say which groups have enough
    /// answers to be released.
    Counted {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sums.
        counts: PerSeat<Counts>,
    } = "counted", Primary => Others, Long;
    /// Seat to primary: the sum of its shares over the roster. Only ever to a committee member (R6).
    Partial {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sum.
        partial: Partial,
    } = "partial", Others => Primary, Long;
    /// Primary to the other seats: the partials of every seat. Together they are the outcome; each seat
    /// reconstructs it for itself.
    Revealed {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The partials.
        partials: PerSeat<Partial>,
    } = "revealed", Primary => Others, Long;
    /// Between the primary and another seat: this computation has failed for good.
    Abort {
        /// Which computation.
        id: ComputationId,
        /// Why.
        failure: Failure,
    } = "abort", Member => Member, Short;

    /// Primary to a heavy node outside the committee, and from there to light nodes: a committee that may not be
    /// connected to you asks this.
    Announce {
        /// What is asked.
        proposal: Box<Proposal>,
        /// The light nodes that it is passed on to: at most [`MAX_NAMED`](crate::limits::MAX_NAMED) that have
        /// not answered.
        to: Arc<[NodeId]>,
    } = "announce", Heavy => HeavyOrLight, Short;
    /// Light to a committee member: I heard of this computation; invite me if it is yours.
    RequestInvite(ComputationId) = "request-invite", Light => Member, Short;
    /// Committee member to light: a question, with all its terms.
    Invite(Box<Proposal>) = "invite", Member => Light, Short;
    /// Light to a committee member: this seat's share of my answer.
    Contribution {
        /// Which computation.
        id: ComputationId,
        /// Which splitting.
        tag: Tag,
        /// This seat's share.
        share: Share,
    } = "contribution", Light => Member, Long;
    /// Light to a committee member: I do not answer this. As long as a contribution to the same question, so
    /// that nobody on the wire can tell the two apart (R10).
    Decline {
        /// Which computation.
        id: ComputationId,
        /// In place of a tag.
        tag: Tag,
        /// In place of a share.
        blank: Blank,
    } = "decline", Light => Member, Long;
    /// Heavy to light: your contribution, or your declining, is durable here.
    Receipt(ComputationId) = "receipt", Member => Light, Short;
    /// Heavy to light: your contribution is not accepted here.
    Refuse {
        /// Which computation.
        id: ComputationId,
        /// Why.
        refusal: Refusal,
    } = "refuse", Member => Light, Short;
    /// Light to a committee member: was I counted?
    QueryOutcome(ComputationId) = "query-outcome", Light => Member, Short;
    /// Heavy to light: it has ended.
    Ended {
        /// Which computation.
        id: ComputationId,
        /// Whether your answer is in the sum.
        counted: bool,
    } = "ended", Member => Light, Short;
}

impl Message {
    /// Declines a question whose answers have this shape.
    pub fn decline(id: ComputationId, shape: Shape) -> Self {
        Self::Decline { id, tag: Tag([0; 16]), blank: Blank::new(shape) }
    }

    /// What the message is called, in faults and traces.
    pub fn name(&self) -> &'static str {
        self.kind().name
    }

    /// The bytes of its vectors and its roster, beside what it shares with others.
    pub(crate) fn own_bytes(&self) -> usize {
        match self {
            Self::Outcome { outcome: Outcome::Completed(reveal), .. } => {
                reveal.totals.shape().bytes()
            }
            Self::FrozenSet { set, .. } => size_of_val(set.entries()),
            Self::Seal { excluded, .. } => size_of_val(excluded.as_slice()),
            Self::Counts { counts, .. } => counts.shape().bytes(),
            Self::Counted { counts, .. } => counts.values().map(|it| it.shape().bytes()).sum(),
            Self::Partial { partial, .. } => partial.shape().bytes(),
            Self::Revealed { partials, .. } => partials.values().map(|it| it.shape().bytes()).sum(),
            Self::Contribution { share, .. } => share.shape().bytes(),
            _ => 0,
        }
    }
}

/// What a message is about.
trait Subject {
    fn computation(&self) -> Option<ComputationId>;
}

impl Subject for ComputationId {
    fn computation(&self) -> Option<ComputationId> {
        Some(*self)
    }
}

impl Subject for Box<Proposal> {
    fn computation(&self) -> Option<ComputationId> {
        None
    }
}

/// The first field of a question whose proposer only the connection names.
impl Subject for Nonce {
    fn computation(&self) -> Option<ComputationId> {
        None
    }
}

/// So that the number of a kind is one byte on the wire.
const _: () = assert!(KINDS.len() < 0x80);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn kinds_are_numbered_as_messages_are_encoded() {
        let id = ComputationId([7; 32]);
        let samples = [
            Message::Progress { id, stage: Stage::Pending },
            Message::Ready(id),
            Message::Abort { id, failure: Failure::NeverOpened },
            Message::Ended { id, counted: true },
        ];
        for message in samples {
            let number = usize::from(wire::encode(&message).as_ref()[0]);
            assert_eq!(KINDS[number], message.kind());
            assert_eq!(message.computation(), Some(id));
        }
        let names: alloc::collections::BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len(), "every kind has a name of its own");
    }
}
