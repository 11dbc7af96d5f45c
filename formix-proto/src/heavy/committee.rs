//! Who may say what about a computation (R1): by seat among the committee, by role for light nodes.

use super::computation::{Computation, Phase};
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::NodeId;
use crate::message::Message;
use crate::spec::Seat;

impl Computation {
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let name = message.name();
        let seat = self.spec().committee.seat_of(&from);
        let is_light = cx.directory.role(&from) == Some(Role::Light);
        let handled = match seat {
            Some(Seat::PRIMARY) if !self.is_primary() => self.receive_from_primary(cx, message),
            Some(seat) if seat != Seat::PRIMARY && self.is_primary() => {
                self.receive_from_seat(cx, seat, message)
            }
            None if is_light => self.receive_from_light(cx, from, message),
            _ => false,
        };
        if !handled {
            cx.fault(from, Fault::NoStanding(name));
        }
    }

    fn receive_from_primary(&mut self, cx: &mut Context<'_>, message: Message) -> bool {
        if let (Phase::Done(done), false) = (&self.phase, matches!(message, Message::Abort { .. }))
        {
            done.tell_primary(self, cx);
            return true;
        }
        match message {
            Message::Open(_) => self.receive_open(cx),
            Message::Close(_) => self.receive_close(cx),
            Message::List(_) => self.receive_list(cx),
            Message::Seal { digest, excluded, .. } => self.receive_seal(cx, digest, excluded),
            Message::Revealed { digest, partials, .. } => {
                self.receive_revealed(cx, digest, partials);
            }
            Message::Abort { failure, .. } if !self.has_ended() => self.fail(cx, failure),
            Message::Abort { .. } => {}
            _ => return false,
        }
        true
    }

    fn receive_from_seat(&mut self, cx: &mut Context<'_>, from: Seat, message: Message) -> bool {
        if let (Phase::Done(done), false) = (&self.phase, matches!(message, Message::Abort { .. }))
        {
            done.tell_seat(self, cx, self.spec().committee.node(from));
            return true;
        }
        match message {
            Message::Ready(_) => self.receive_ready(cx, from),
            Message::Opened(_) => self.receive_opened(from),
            Message::AllIn(_) => self.receive_all_in(cx, from),
            Message::Frozen { digest, .. } => self.receive_frozen(cx, from, digest),
            Message::FrozenSet { set, .. } => self.receive_set(cx, from, set),
            Message::Partial { digest, partial, .. } => {
                self.receive_partial(cx, from, digest, partial);
            }
            Message::Abort { failure, .. } if !self.has_ended() => self.fail(cx, failure),
            Message::Abort { .. } => {}
            _ => return false,
        }
        true
    }

    fn receive_from_light(
        &mut self,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> bool {
        match message {
            Message::Knock(_) => self.receive_knock(cx, light),
            Message::Contribution { tag, share, .. } => {
                self.receive_contribution(cx, light, tag, share);
            }
            Message::Decline(_) => self.receive_decline(cx, light),
            Message::Inquire(_) => self.receive_inquiry(cx, light),
            _ => return false,
        }
        true
    }

    fn receive_opened(&mut self, from: Seat) {
        if let Phase::Collecting(phase) = &mut self.phase {
            phase.opened[from.index()] = true;
        }
    }
}
