//! The phases of a computation at a heavy node: each is a type, and leaving it consumes it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::closing::Closing;
use super::collecting::Collecting;
use super::counting::Counting;
use super::done::Done;
use super::preparing::Preparing;
use super::sealed::Sealed;
use super::terms::Terms;
use crate::context::Context;
use crate::id::NodeId;
use crate::message::Message;
use crate::outcome::{Failure, Stage};
use crate::record::{Fact, InvalidTransition};
use crate::seat::Member;
use crate::timers::Reason;

/// What a phase does. Each file beside this one holds one phase and all of this for it.
///
/// `terms` is the computation that it is a phase of. What a phase returns is the phase that follows: itself
/// if nothing has moved.
pub(super) trait State: Into<Phase> {
    /// The phase that follows from a fact, live and at recovery. That the computation has failed is not
    /// its business: see [`Phase::apply`].
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition>;

    /// Takes a message of another committee member.
    fn receive(self, terms: &Terms, cx: &mut Context<'_>, from: Member, message: Message) -> Phase;

    /// Takes a message of a light node.
    fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> Phase;

    /// Sends what it waits for an answer to.
    fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>);

    /// The committee members without whom it does not go on.
    fn missing(&self, terms: &Terms) -> Vec<NodeId>;

    /// How many answers it holds, or has summed.
    fn answers(&self) -> u32;

    /// A time has come.
    fn timeout(self, terms: &Terms, cx: &mut Context<'_>, reason: Reason) -> Phase {
        match reason {
            Reason::RevealTimeout => self.give_up(terms, cx),
            _ => self.into(),
        }
    }

    /// R8: fails alone, as a phase may in which no partial of this node has left, because all are needed.
    fn give_up(self, terms: &Terms, cx: &mut Context<'_>) -> Phase {
        let missing = self.missing(terms);
        self.fail(terms, cx, Failure::Unreachable { missing })
    }

    /// Decides a fact.
    fn commit(self, terms: &Terms, cx: &mut Context<'_>, fact: Fact) -> Phase {
        let phase: Phase = self.into();
        commit(terms, cx, fact, |fact| phase.apply(terms, fact))
    }

    /// Ends the computation without a result.
    fn fail(self, terms: &Terms, cx: &mut Context<'_>, failure: Failure) -> Phase {
        self.commit(terms, cx, Fact::Failed(failure))
    }
}

/// Decides a fact. One that does not follow is a defect of this node, and fails the computation.
pub(super) fn commit(
    terms: &Terms,
    cx: &mut Context<'_>,
    fact: Fact,
    apply: impl FnOnce(Fact) -> Result<Phase, InvalidTransition>,
) -> Phase {
    let name = fact.name();
    cx.commit(terms.id, fact, apply).unwrap_or_else(|InvalidTransition| {
        debug_assert!(false, "`{name}` does not follow");
        let failure = Failure::Defect { by: cx.me };
        let failed = cx.commit(terms.id, Fact::Failed(failure.clone()), |_| Ok::<_, ()>(()));
        debug_assert!(failed.is_ok());
        Done::failed(failure).into()
    })
}

macro_rules! phases {
    ($($phase:ident in $place:ty,)*) => {
        /// The phase of a computation. It moves with every message, so what is large is boxed.
        #[derive(Debug, Clone)]
        pub(super) enum Phase {
            $($phase($place),)*
        }

        $(impl From<$phase> for Phase {
            fn from(phase: $phase) -> Self {
                Self::$phase(phase.into())
            }
        })*

        /// Evaluates the same expression for whichever phase it is.
        macro_rules! each {
            ($of:expr, $name:ident => $does:expr) => {
                match $of {
                    $(Phase::$phase($name) => $does,)*
                }
            };
        }
    };
}

phases! {
    Preparing in Preparing,
    Collecting in Collecting,
    Closing in Box<Closing>,
    Counting in Box<Counting>,
    Sealed in Box<Sealed>,
    Done in Box<Done>,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Preparing(Preparing::default())
    }
}

impl Phase {
    pub(super) fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match (self, fact) {
            (Self::Done(_), _) => Err(InvalidTransition),
            (Self::Preparing(_), Fact::Failed(failure)) => Ok(Done::never_opened(failure).into()),
            (_, Fact::Failed(failure)) => Ok(Done::failed(failure).into()),
            (phase, fact) => each!(phase, phase => phase.apply(terms, fact)),
        }
    }

    pub(super) fn receive(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        from: Member,
        message: Message,
    ) -> Phase {
        match (self, message) {
            (Self::Done(done), message) => done.receive(terms, cx, from, message),
            // Another member has failed it for good, so it cannot complete here either (R8).
            (phase, Message::Abort { failure, .. }) => {
                each!(phase, phase => phase.fail(terms, cx, failure))
            }
            (phase, message) => each!(phase, phase => phase.receive(terms, cx, from, message)),
        }
    }

    pub(super) fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> Phase {
        each!(self, phase => phase.receive_from_light(terms, cx, light, message))
    }

    pub(super) fn timeout(self, terms: &Terms, cx: &mut Context<'_>, reason: Reason) -> Phase {
        each!(self, phase => phase.timeout(terms, cx, reason))
    }

    pub(super) fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        each!(self, phase => phase.resend(terms, cx));
    }

    pub(super) fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        each!(self, phase => phase.missing(terms))
    }

    pub(super) fn answers(&self) -> u32 {
        each!(self, phase => phase.answers())
    }

    /// How far the computation is; `None` once it has ended.
    pub(super) fn stage(&self) -> Option<Stage> {
        match self {
            Self::Preparing(_) => Some(Stage::Pending),
            Self::Collecting(_) => Some(Stage::Collecting),
            Self::Closing(_) | Self::Counting(_) | Self::Sealed(_) => Some(Stage::Revealing),
            Self::Done(_) => None,
        }
    }
}
