//! Done: the outcome, for good (R9). It sends nothing of itself any more; whoever asks is told.

use super::computation::Computation;
use crate::context::Context;
use crate::id::{NodeId, RosterDigest};
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Reveal};
use crate::ring::Shape;
use crate::roster::Roster;
use crate::share::{Lanes, SEATS, sum};
use crate::spec::Seat;

/// How a computation ended, and what is needed to say so again.
#[derive(Debug, Clone)]
pub(super) struct Done {
    outcome: Outcome,
    roster: Roster,
    partials: Option<[Lanes; SEATS]>,
}

impl Done {
    pub(super) fn failed(failure: Failure) -> Self {
        Self { outcome: Outcome::Failed(failure), roster: Roster::default(), partials: None }
    }

    pub(super) fn completed(
        roster: Roster,
        digest: RosterDigest,
        shape: Shape,
        partials: [Lanes; SEATS],
    ) -> Self {
        let totals = sum(shape, &partials);
        let reveal = Reveal { digest, participants: roster.len(), totals };
        Self { outcome: Outcome::Completed(reveal), roster, partials: Some(partials) }
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Tells everyone who waits.
    pub(super) fn announce(&self, of: &Computation, cx: &mut Context<'_>) {
        if of.is_primary() {
            for seat in Seat::OTHERS {
                self.tell_seat(of, cx, of.spec().committee.node(seat));
            }
            self.tell_proposer(of, cx);
            for entry in self.roster.entries() {
                self.tell_light(of, cx, entry.light);
            }
        } else {
            self.tell_primary(of, cx);
        }
    }

    pub(super) fn tell_proposer(&self, of: &Computation, cx: &mut Context<'_>) {
        let outcome = self.outcome.clone();
        cx.send(of.proposal.proposer, Message::Outcome { id: of.id, outcome });
    }

    /// A seat that has failed alone tells the primary, which cannot complete without it.
    pub(super) fn tell_primary(&self, of: &Computation, cx: &mut Context<'_>) {
        if let Outcome::Failed(failure) = &self.outcome {
            let failure = failure.clone();
            cx.send(of.primary(), Message::Abort { id: of.id, failure });
        }
    }

    pub(super) fn tell_seat(&self, of: &Computation, cx: &mut Context<'_>, to: NodeId) {
        let id = of.id;
        let message = match (&self.outcome, &self.partials) {
            (Outcome::Completed(reveal), Some(partials)) => {
                Message::Revealed { id, digest: reveal.digest, partials: partials.clone() }
            }
            (Outcome::Failed(failure), _) => Message::Abort { id, failure: failure.clone() },
            (Outcome::Completed(_), None) => return,
        };
        cx.send(to, message);
    }

    pub(super) fn tell_light(&self, of: &Computation, cx: &mut Context<'_>, light: NodeId) {
        let counted = self.roster.of(&light).is_some();
        cx.send(light, Message::Ended { id: of.id, counted });
    }
}
