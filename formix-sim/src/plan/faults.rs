//! What goes wrong: each fault is named by its place (a link, a node) and its ordinal or time there.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};

use super::cluster::Peer;

/// The kinds of fault. Each seed first draws which of them exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Some frames take longer.
    Delay,
    /// Some frames are lost.
    Loss,
    /// Some frames come twice.
    Duplication,
    /// Frames overtake each other.
    Reordering,
    /// One node does not hear another for a while.
    OneWayCut,
    /// Two groups of nodes do not hear each other for a while.
    Partition,
    /// One light node never gets through to one heavy node.
    Deafness,
    /// A node stops at some moment.
    CrashAtTime,
    /// A node stops right after some output.
    CrashAtOutput,
    /// A node stops again while it recovers.
    Relapse,
    /// Some writes take long.
    SlowDisk,
    /// A light node comes back with an empty disk.
    Amnesia,
    /// Clocks are apart.
    Skew,
    /// One heavy node never comes back.
    Death,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 14] = [
        Self::Delay,
        Self::Loss,
        Self::Duplication,
        Self::Reordering,
        Self::OneWayCut,
        Self::Partition,
        Self::Deafness,
        Self::CrashAtTime,
        Self::CrashAtOutput,
        Self::Relapse,
        Self::SlowDisk,
        Self::Amnesia,
        Self::Skew,
        Self::Death,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delay => "delay",
            Self::Loss => "loss",
            Self::Duplication => "duplication",
            Self::Reordering => "reordering",
            Self::OneWayCut => "one-way cut",
            Self::Partition => "partition",
            Self::Deafness => "deafness",
            Self::CrashAtTime => "crash at a time",
            Self::CrashAtOutput => "crash at an output",
            Self::Relapse => "crash in recovery",
            Self::SlowDisk => "slow disk",
            Self::Amnesia => "lost disk",
            Self::Skew => "clock skew",
            Self::Death => "heavy dead for good",
        })
    }
}

/// Everything that goes wrong in one run.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// The kinds that were drawn.
    pub kinds: BTreeSet<Kind>,
    /// When they end: nodes are restarted, links and disks are good.
    pub heal: u64,
    /// The directed links that are not plain.
    pub links: BTreeMap<(Peer, Peer), Link>,
    /// Frames may overtake each other.
    pub reordering: bool,
    /// Links that are cut for a while.
    pub cuts: Vec<Cut>,
    /// Nodes that stop.
    pub crashes: Vec<Crash>,
    /// Writes that take long: the ordinal of the write and its milliseconds.
    pub slow: BTreeMap<Peer, Vec<(u32, u64)>>,
}

/// One directed link.
#[derive(Debug, Clone, Default)]
pub struct Link {
    /// How long a frame takes, in milliseconds, beyond the one that every frame takes.
    pub latency: u64,
    /// What happens to which frame, in order of their ordinals.
    pub mishaps: Vec<Mishap>,
    /// Nothing ever gets through, healed or not.
    pub deaf: bool,
}

/// What happens to one frame of a link.
#[derive(Debug, Clone, Copy)]
pub struct Mishap {
    /// Which: the first is 1.
    pub nth: u32,
    /// What.
    pub what: What,
}

/// What can happen to a frame.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// It does not arrive.
    Lose,
    /// It arrives again, that many milliseconds later.
    Repeat(u64),
    /// It arrives that many milliseconds later.
    Delay(u64),
}

/// A directed link that is cut for a while.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// As what it counts.
    pub kind: Kind,
    /// Whose frames are lost.
    pub from: Peer,
    /// On the way to whom.
    pub to: Peer,
    /// From when.
    pub start: u64,
    /// Until when.
    pub end: u64,
}

/// A node that stops.
#[derive(Debug, Clone)]
pub struct Crash {
    /// As what it counts.
    pub kind: Kind,
    /// Which node.
    pub peer: Peer,
    /// When.
    pub trigger: Trigger,
    /// How many of the batches that are not durable yet survive; the rest is lost.
    pub keep: usize,
    /// When it is started again, counted from the crash; `None` is never.
    pub down: Option<u64>,
    /// Each is one more crash: after that many outputs of the recovery.
    pub relapses: Vec<u32>,
}

/// When a node stops. Ordinals count over all lives of the node, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// At this time.
    Time(u64),
    /// Right after this output, of whatever kind.
    Output(u32),
    /// Right after this batch was handed to the disk.
    Persist(u32),
    /// Right after this message was handed to the network.
    Send(u32),
}
