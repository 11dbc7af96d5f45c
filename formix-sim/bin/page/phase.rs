//! Which part of a computation's life a message or a record belongs to, and so its colour.

use formix_proto::record::Fact;

/// A phase that a node is in, as of a durable record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Phase {
    /// What it is called.
    pub(super) name: &'static str,
    /// Its colour.
    pub(super) colour: Colour,
}

/// The colours: one for each part of a computation's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Colour {
    /// Until answers are accepted.
    Prepare,
    /// While they are.
    Collect,
    /// While the committee agrees on whose they are.
    Close,
    /// While it adds up.
    Reveal,
    /// It has ended.
    Over,
    /// It has failed, or is refused.
    Fail,
}

impl Colour {
    /// All of them.
    pub(super) const ALL: [Colour; 6] =
        [Self::Prepare, Self::Collect, Self::Close, Self::Reveal, Self::Over, Self::Fail];

    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Collect => "collect",
            Self::Close => "close",
            Self::Reveal => "reveal",
            Self::Over => "over",
            Self::Fail => "fail",
        }
    }

    /// What it stands for: at heavy nodes, and at light nodes.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Prepare => "preparing; light: asked",
            Self::Collect => "collecting; light: split",
            Self::Close => "closing; light: delivered",
            Self::Reveal => "sealed",
            Self::Over => "ended, settled",
            Self::Fail => "failed, refused, declined",
        }
    }

    /// The colour of a message, by its name. Any that is not listed belongs to the end.
    pub(super) fn of_message(name: &str) -> Self {
        match name {
            "propose" | "prepare" | "ready" | "open" | "opened" | "announce" => Self::Prepare,
            "request-invite" | "invite" | "contribution" | "receipt" | "all-in" => Self::Collect,
            "close" | "frozen" | "list" | "frozen-set" => Self::Close,
            "seal" | "partial" | "revealed" => Self::Reveal,
            "abort" | "refuse" | "decline" => Self::Fail,
            _ => Self::Over,
        }
    }
}

/// What begins with a record at a heavy node, a light node or a proposer; not all records begin one.
pub(super) fn phase(fact: &Fact) -> Option<Phase> {
    let (name, colour) = match fact {
        Fact::Prepared(_) => ("preparing", Colour::Prepare),
        Fact::Opened => ("collecting", Colour::Collect),
        Fact::Frozen => ("closing", Colour::Close),
        Fact::Sealed(_) => ("sealed", Colour::Reveal),
        Fact::Revealed(_) => ("ended", Colour::Over),
        Fact::Failed(_) => ("failed", Colour::Fail),
        Fact::Asked(_) => ("asked", Colour::Prepare),
        Fact::Split { .. } => ("split", Colour::Collect),
        Fact::Withheld => ("declined", Colour::Fail),
        Fact::Delivered => ("delivered", Colour::Close),
        Fact::Learned(_) => ("settled", Colour::Over),
        Fact::Proposed(_) => ("proposed", Colour::Prepare),
        Fact::Accepted => ("accepted", Colour::Collect),
        Fact::Concluded(_) => ("concluded", Colour::Over),
        _ => return None,
    };
    Some(Phase { name, colour })
}

/// Whether a record is of the node as a proposer, which it may be beside its other role.
pub(super) fn is_proposers(fact: &Fact) -> bool {
    matches!(fact, Fact::Proposed(_) | Fact::Accepted | Fact::Concluded(_))
}
