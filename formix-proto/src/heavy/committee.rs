//! Who may say what about a computation (R1): by seat among the committee, by role for light nodes.

use super::computation::{Computation, Phase};
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::NodeId;
use crate::message::Message;
use crate::outcome::Failure;
use crate::spec::Seat;

impl Computation {
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let seat = self.spec().committee.seat_of(&from);
        let is_light = cx.directory.role(&from) == Some(Role::Light);
        match (seat, Standing::needed(&message)) {
            (Some(Seat::PRIMARY), Standing::Primary | Standing::Member) if !self.is_primary() => {
                self.receive_from_primary(cx, message);
            }
            (Some(seat), Standing::Seat | Standing::Member)
                if seat != Seat::PRIMARY && self.is_primary() =>
            {
                self.receive_from_seat(cx, seat, message);
            }
            (None, Standing::Light) if is_light => self.receive_from_light(cx, from, message),
            _ => cx.fault(from, Fault::NoStanding(message.name())),
        }
    }

    fn receive_from_primary(&mut self, cx: &mut Context<'_>, message: Message) {
        if let (Phase::Done(done), false) = (&self.phase, is_abort(&message)) {
            return done.tell_primary(self, cx);
        }
        match message {
            Message::Open(_) => self.receive_open(cx),
            Message::Close(_) => self.receive_close(cx),
            Message::List(_) => self.receive_list(cx),
            Message::Seal { digest, excluded, .. } => self.receive_seal(cx, digest, excluded),
            Message::Counted { digest, counts, .. } => self.receive_counted(cx, digest, counts),
            Message::Revealed { digest, partials, .. } => {
                self.receive_revealed(cx, digest, partials);
            }
            Message::Abort { failure, .. } => self.receive_abort(cx, failure),
            _ => {}
        }
    }

    fn receive_from_seat(&mut self, cx: &mut Context<'_>, from: Seat, message: Message) {
        if let (Phase::Done(done), false) = (&self.phase, is_abort(&message)) {
            return done.tell_seat(self, cx, self.spec().committee.node(from));
        }
        match message {
            Message::Ready(_) => self.receive_ready(cx, from),
            Message::Opened(_) => self.receive_opened(from),
            Message::AllIn(_) => self.receive_all_in(cx, from),
            Message::Frozen { digest, .. } => self.receive_frozen(cx, from, digest),
            Message::FrozenSet { set, .. } => self.receive_set(cx, from, set),
            Message::Counts { digest, counts, .. } => {
                self.receive_counts(cx, from, digest, counts);
            }
            Message::Partial { digest, partial, .. } => {
                self.receive_partial(cx, from, digest, partial);
            }
            Message::Abort { failure, .. } => self.receive_abort(cx, failure),
            _ => {}
        }
    }

    fn receive_from_light(&mut self, cx: &mut Context<'_>, light: NodeId, message: Message) {
        match message {
            Message::Knock(_) => self.receive_knock(cx, light),
            Message::Contribution { tag, share, .. } => {
                self.receive_contribution(cx, light, tag, share);
            }
            Message::Decline(_) => self.receive_decline(cx, light),
            Message::Inquire(_) => self.receive_inquiry(cx, light),
            _ => {}
        }
    }

    /// Another member has failed it for good, so it cannot complete here either (R8).
    fn receive_abort(&mut self, cx: &mut Context<'_>, failure: Failure) {
        if !self.has_ended() {
            self.fail(cx, failure);
        }
    }

    fn receive_opened(&mut self, from: Seat) {
        if let Phase::Collecting(phase) = &mut self.phase {
            phase.opened[from.index()] = true;
        }
    }
}

/// Whom a message must come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Primary,
    Seat,
    /// The primary or another seat.
    Member,
    Light,
    /// It is not for a committee member.
    Nobody,
}

impl Standing {
    fn needed(message: &Message) -> Self {
        match message {
            Message::Open(_)
            | Message::Close(_)
            | Message::List(_)
            | Message::Seal { .. }
            | Message::Counted { .. }
            | Message::Revealed { .. } => Self::Primary,
            Message::Ready(_)
            | Message::Opened(_)
            | Message::AllIn(_)
            | Message::Frozen { .. }
            | Message::FrozenSet { .. }
            | Message::Counts { .. }
            | Message::Partial { .. } => Self::Seat,
            Message::Abort { .. } => Self::Member,
            Message::Knock(_)
            | Message::Contribution { .. }
            | Message::Decline(_)
            | Message::Inquire(_) => Self::Light,
            _ => Self::Nobody,
        }
    }
}

fn is_abort(message: &Message) -> bool {
    matches!(message, Message::Abort { .. })
}
