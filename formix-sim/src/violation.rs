//! What a checker finds wrong.

use core::fmt;

use crate::plan::{Cluster, Peer};

macro_rules! invariants {
    ($($name:ident $text:literal,)*) => {
        /// What must hold, by the names that the protocol's invariants have.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Invariant {
            $(#[doc = $text] $name,)*
        }

        impl Invariant {
            /// What it says.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

invariants! {
    C1 "a completed result is the sum of the roster's answers",
    C2 "a roster is sorted, unique, enrolled and not under the threshold",
    C3 "the shares of a roster's entry are one split of the planned answer",
    C4 "all nodes agree on how a computation ended",
    C5 "phases only go forward, across restarts as well",
    C6 "a handled message, delivered again, changes nothing and gets the same reply",
    C7 "a light node that every seat accepted is in the roster",
    C8 "a proposal that breaks a limit is never opened",
    C9 "collecting ends before the deadline only if every seat has heard from everyone who is enrolled",
    C10 "a seat's partial is the sum of the shares that it has accepted",
    P1 "a coalition sees nothing of two answers but their sum",
    P2 "every bit of a share is as likely set as not",
    P3 "every partial and count a seat sends is for one roster and the same bytes",
    P4 "a sum leaves only when its sealed roster is durable and large enough, and so are the counts of its groups",
    P5 "partials and counts go to committee members only",
    P6 "what a node tells its owner holds no share",
    P7 "the length of a message does not depend on the secrets in it",
    P8 "no disk holds a single answer's share of a computation that has ended there",
    D1 "what a message stands for is durable when it leaves",
    D2 "a node starts from what its disk holds",
    D3 "so it does after it stopped again and again while it started",
    R2 "an owner is asked only what every seat has sent in the same words",
    R4 "nothing leaves of a group that has fewer answers than the minimum",
    R3 "one contribution of each light node is accepted, ever",
    R12 "what an honest node sends is a message within its limits",
    R7 "a share leaves only when its split is durable, to its seat, always the same",
    L1 "every computation ends everywhere in time",
    L2 "with a live committee and enough accepted answers it completes",
    L6 "a light node that answered learns whether it was counted",
    L3 "with a heavy node dead for good it ends, or that node is named",
    L5 "an ended computation sends nothing more unasked",
    B1 "what a node holds is bounded",
    B3 "refused input changes nothing",
}

/// What a checker found wrong, before it is known when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Breach {
    pub(crate) invariant: Invariant,
    pub(crate) peer: Option<Peer>,
    pub(crate) question: Option<usize>,
    pub(crate) what: &'static str,
}

impl Breach {
    pub(crate) fn new(
        invariant: Invariant,
        question: impl Into<Option<usize>>,
        what: &'static str,
    ) -> Self {
        Self { invariant, peer: None, question: question.into(), what }
    }

    pub(crate) fn at(self, peer: Peer) -> Self {
        Self { peer: Some(peer), ..self }
    }
}

/// An invariant that did not hold. Names no share and no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant:?} broken at {at} ms, {place}: {what} ({})", .invariant.text())]
pub struct Violation {
    /// Which invariant.
    pub invariant: Invariant,
    /// When, in milliseconds since the start of the run.
    pub at: u64,
    /// Where.
    pub place: Place,
    /// In what way.
    pub what: &'static str,
}

/// Where an invariant was broken, as far as it is in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the node.
    pub node: Option<String>,
    /// The number of the question in the workload.
    pub question: Option<usize>,
}

impl Violation {
    pub(crate) fn new(breach: Breach, at: u64, cluster: &Cluster) -> Self {
        let Breach { invariant, peer, question, what } = breach;
        let place = Place { node: peer.map(|peer| cluster.name(peer)), question };
        Self { invariant, at, place, what }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.node.as_deref().unwrap_or("the network"))?;
        self.question.map_or(Ok(()), |number| write!(f, ", in c{number}"))
    }
}
