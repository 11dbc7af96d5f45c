//! One machine of the world: a node's process, if it runs, and its disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use formix_proto::driver::Driver;
use formix_proto::node::Node;
use formix_proto::time::Time;
use formix_testkit::Disk;

use super::coins::Coins;
use crate::plan::{Crash, Fault, Peer, Plan, Trigger};

/// One machine.
#[derive(Debug)]
pub(super) struct Host {
    /// Boxed, because it is taken out for every input.
    pub(super) driver: Option<Box<Driver<Node<Coins>>>>,
    pub(super) disk: Disk,
    /// How often the node was started.
    pub(super) life: u32,
    /// How far its clock is ahead, not counting its drift.
    pub(super) ahead: i64,
    /// What it takes for now.
    pub(super) latest: Time,
    /// It does nothing until then.
    pub(super) paused: u64,
    /// It never runs again.
    pub(super) dead: bool,
    /// The light nodes that are strangers to it.
    pub(super) strangers: BTreeSet<Peer>,
    /// When the next wake-up on the queue is.
    pub(super) wakes: Option<u64>,
    /// The crash that the output just carried out has set off.
    pub(super) crashing: Option<Crash>,
    /// Outputs after which it stops while it recovers, a start each.
    pub(super) relapses: VecDeque<u32>,
    /// Outputs left until such a stop.
    pub(super) relapse_after: Option<u32>,
    /// The ordinals of the writes that take long, and how much longer.
    pub(super) slow: BTreeMap<u32, u64>,
    /// How many messages an adversary's node has wanted to send.
    pub(super) sends: u32,
    done: Counts,
    armed: Vec<Crash>,
}

/// How many outputs of each kind were carried out, over all lives.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    outputs: u32,
    batches: u32,
    messages: u32,
}

/// A kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Persist,
    Send,
    Event,
}

impl Host {
    pub(super) fn new(plan: &Plan, peer: Peer) -> Self {
        let by_output =
            |crash: &&Crash| crash.peer == peer && !matches!(crash.trigger, Trigger::Time(_));
        let mut disk = Disk::default();
        if plan.faults.rolled_back().any(|of| of == peer) {
            disk.remember();
        }
        let slow = |fault: &Fault| match fault {
            Fault::SlowWrite { peer: of, nth, extra } if *of == peer => Some((*nth, *extra)),
            _ => None,
        };
        Self {
            slow: plan.faults.list.iter().filter_map(slow).collect(),
            driver: None,
            disk,
            life: 0,
            ahead: plan.cluster.member(peer).ahead,
            latest: Time::default(),
            paused: 0,
            sends: 0,
            dead: false,
            strangers: BTreeSet::new(),
            wakes: None,
            crashing: None,
            relapses: VecDeque::new(),
            relapse_after: None,
            done: Counts::default(),
            armed: plan.faults.crashes().filter(by_output).cloned().collect(),
        }
    }

    /// Counts an output that was carried out, and sets off the crash that comes right after it.
    pub(super) fn carried_out(&mut self, kind: Kind) {
        self.done.outputs += 1;
        self.done.batches += u32::from(kind == Kind::Persist);
        self.done.messages += u32::from(kind == Kind::Send);
        let Counts { outputs, batches, messages } = self.done;
        let due = |crash: &Crash| match crash.trigger {
            Trigger::Output(nth) => nth == outputs,
            Trigger::Persist(nth) => kind == Kind::Persist && nth == batches,
            Trigger::Send(nth) => kind == Kind::Send && nth == messages,
            Trigger::Time(_) => false,
        };
        if let Some(at) = self.armed.iter().position(due) {
            self.crashing = Some(self.armed.swap_remove(at));
        }
        self.relapse_after = self.relapse_after.map(|left| left.saturating_sub(1));
    }

    /// Whether what the node still wants done is not done any more.
    pub(super) fn is_stopping(&self) -> bool {
        self.crashing.is_some() || self.relapse_after == Some(0)
    }
}
