//! The kinds of fault.

use core::fmt;

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($name:ident $text:literal,)*) => {
        /// A kind of fault. Each seed first draws which of them exist.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind {
            $(#[doc = $text] $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Self::$name,)*];
        }

        impl fmt::Display for Kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                })
            }
        }
    };
}

kinds! {
    Delay "a frame takes long",
    Loss "a frame is lost",
    Duplication "a frame comes twice",
    Reordering "frames overtake each other",
    OneWayCut "one node does not hear another for a while",
    Partition "two groups of nodes do not hear each other for a while",
    Clog "frames of a link come all at once, late",
    Reset "a connection breaks, and what is on the way is lost",
    Deafness "a light node never gets through to one heavy node",
    CrashAtTime "a node stops at some moment",
    CrashAtOutput "a node stops right after an output",
    Relapse "a node stops again while it recovers",
    Pause "a node does nothing for a while",
    SlowDisk "a write takes long",
    DiskFull "a write fails for want of room, and the node stops",
    FsyncError "a write may have failed, and the node stops",
    Amnesia "a light node comes back with an empty disk",
    Rollback "a heavy node comes back with what its disk held a while ago",
    Skew "clocks are apart",
    Drift "clocks run at different rates",
    ClockStep "a clock is set",
    Death "a heavy node never comes back",
    Enrolment "a light node is enrolled while questions are open",
    Removal "a light node is removed while questions are open",
}
