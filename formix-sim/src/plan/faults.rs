//! What goes wrong: each fault is named by its place (a link, a node) and its ordinal or time there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cluster::Peer;
use super::kind::Kind;

/// Everything that goes wrong in one run. Any part of the list is a plan as well.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Faults {
    /// The kinds that were drawn.
    pub kinds: BTreeSet<Kind>,
    /// When they end, in milliseconds: nodes are restarted, links and disks are good.
    pub heal: u64,
    /// One by one.
    pub list: Vec<Fault>,
}

/// One thing that goes wrong. Times are milliseconds; the first of anything has the ordinal 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Something happens to one frame of a directed link.
    Frame {
        /// Whose frame.
        from: Peer,
        /// On the way to whom.
        to: Peer,
        /// Which.
        nth: u32,
        /// What.
        what: What,
    },
    /// Nothing ever gets through a directed link, healed or not.
    Deaf {
        /// Whose frames are lost.
        from: Peer,
        /// On the way to whom.
        to: Peer,
    },
    /// A directed link does not work for a while.
    Cut(Cut),
    /// Two nodes' connection breaks: what is on the way between them is lost.
    Reset {
        /// One of them.
        from: Peer,
        /// The other.
        to: Peer,
        /// When.
        at: u64,
    },
    /// A node stops.
    Crash(Crash),
    /// A node does nothing for a while, and notices nothing of it.
    Pause {
        /// Which node.
        peer: Peer,
        /// From when.
        at: u64,
        /// For how long.
        length: u64,
    },
    /// A write takes long.
    SlowWrite {
        /// At which node.
        peer: Peer,
        /// Which write.
        nth: u32,
        /// How much longer than others.
        extra: u64,
    },
    /// A clock is set.
    Step {
        /// Whose.
        peer: Peer,
        /// When.
        at: u64,
        /// How much it gains; loses if negative.
        by: i64,
    },
    /// A heavy node is told that a light node is enrolled, which is a stranger to it before.
    Enroll {
        /// Which light node.
        light: Peer,
        /// Who is told.
        heavy: Peer,
        /// When.
        at: u64,
    },
    /// A heavy node is told that a light node is not enrolled any more.
    Remove {
        /// Which light node.
        light: Peer,
        /// Who is told.
        heavy: Peer,
        /// When.
        at: u64,
    },
}

/// What can happen to a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It does not arrive.
    Lose,
    /// It arrives again, this many milliseconds later.
    Repeat(u64),
    /// It arrives this many milliseconds later.
    Delay(u64),
}

/// A directed link that does not work for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// A clog holds frames back until its end; any other kind loses them.
    pub kind: Kind,
    /// Whose frames.
    pub from: Peer,
    /// On the way to whom.
    pub to: Peer,
    /// From when.
    pub start: u64,
    /// Until when.
    pub end: u64,
}

/// A node that stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// The kind as which it counts.
    pub kind: Kind,
    /// Which node.
    pub peer: Peer,
    /// When.
    pub trigger: Trigger,
    /// How many of the batches that are not durable yet survive; the rest is lost. In a rollback: how
    /// many of the durable ones are lost.
    pub keep: usize,
    /// When it is started again, counted from the crash; `None` is never.
    pub down: Option<u64>,
    /// Each is one more crash: after this many outputs of the recovery.
    pub relapses: Vec<u32>,
}

/// When a node stops. Ordinals count over all lives of the node, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

impl Faults {
    /// The crashes.
    pub fn crashes(&self) -> impl Iterator<Item = &Crash> {
        self.list.iter().filter_map(|fault| match fault {
            Fault::Crash(crash) => Some(crash),
            _ => None,
        })
    }

    /// The nodes that come back with an old disk.
    pub fn rolled_back(&self) -> impl Iterator<Item = Peer> {
        let rollback = |crash: &&Crash| crash.kind == Kind::Rollback;
        self.crashes().filter(rollback).map(|crash| crash.peer)
    }

    /// The light nodes that are strangers to a heavy node at this time.
    pub fn strangers(&self, to: Peer, now: u64) -> BTreeSet<Peer> {
        let stranger = |fault: &Fault| match fault {
            Fault::Enroll { light, heavy, at } if *heavy == to && now < *at => Some(*light),
            Fault::Remove { light, heavy, at } if *heavy == to && *at <= now => Some(*light),
            _ => None,
        };
        self.list.iter().filter_map(stranger).collect()
    }

    /// The most milliseconds by which the steps of one clock move it.
    pub fn farthest_step(&self) -> u64 {
        let step = |fault: &Fault| match fault {
            Fault::Step { by, .. } => by.unsigned_abs(),
            _ => 0,
        };
        self.list.iter().map(step).sum()
    }

    /// The longest that a node does nothing.
    pub fn longest_pause(&self) -> u64 {
        let pause = |fault: &Fault| match fault {
            Fault::Pause { length, .. } => *length,
            _ => 0,
        };
        self.list.iter().map(pause).max().unwrap_or(0)
    }
}

impl Fault {
    /// The kind as which it counts.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Frame { what: What::Lose, .. } => Kind::Loss,
            Self::Frame { what: What::Repeat(_), .. } => Kind::Duplication,
            Self::Frame { what: What::Delay(_), .. } => Kind::Delay,
            Self::Deaf { .. } => Kind::Deafness,
            Self::Cut(cut) => cut.kind,
            Self::Reset { .. } => Kind::Reset,
            Self::Crash(crash) => crash.kind,
            Self::Pause { .. } => Kind::Pause,
            Self::SlowWrite { .. } => Kind::SlowDisk,
            Self::Step { .. } => Kind::ClockStep,
            Self::Enroll { .. } => Kind::Enrolment,
            Self::Remove { .. } => Kind::Removal,
        }
    }
}
