//! Where everything is: nodes to the right, time down.

use std::collections::BTreeMap;

use formix_proto::directory::Role;

use super::axis::Axis;
use super::notes::Notes;
use formix_sim::plan::{Peer, Plan};

/// How large things are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// From one moment to the next.
    pub(super) step: i32,
    /// From one lane to the next.
    pub(super) pitch: i32,
    /// The width of one computation's band.
    pub(super) band: i32,
    /// The room to the left of the lanes.
    pub(super) left: i32,
    /// The room to the right of them.
    pub(super) right: i32,
    /// The height at which time begins.
    pub(super) top: i32,
}

/// The places of nodes and times.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) size: Size,
    pub(super) axis: Axis,
    /// The nodes from left to right: proposers, heavy nodes, light nodes.
    pub(super) lanes: Vec<Peer>,
}

impl Grid {
    pub(super) fn new(plan: &Plan, notes: &Notes, size: Size) -> Self {
        let roles = [Role::Proposer, Role::Heavy, Role::Light];
        let lanes = roles.into_iter().flat_map(|role| plan.cluster.with_role(role)).collect();
        Self { size, axis: Axis::new(&weights(notes), size.step), lanes }
    }

    /// Where the lane of a node is.
    pub(super) fn x(&self, peer: Peer) -> i32 {
        let at = self.lanes.iter().position(|lane| *lane == peer).unwrap_or(0);
        self.lane(i32::try_from(at).unwrap_or(0))
    }

    /// Where the lane of that number is.
    pub(super) fn lane(&self, number: i32) -> i32 {
        self.size.left + self.size.pitch * number + self.size.pitch / 2
    }

    /// Where a time is.
    pub(super) fn y(&self, time: u64) -> i32 {
        self.size.top + self.axis.height(time)
    }

    /// Where the lanes end on the right.
    pub(super) fn edge(&self) -> i32 {
        self.size.left + self.size.pitch * i32::try_from(self.lanes.len()).unwrap_or(0)
    }

    pub(super) fn width(&self) -> i32 {
        self.edge() + self.size.right
    }

    pub(super) fn height(&self) -> i32 {
        self.size.top + self.axis.end() + 4 * self.size.step
    }
}

/// Every time that something happens at, and how many arrows begin there.
fn weights(notes: &Notes) -> BTreeMap<u64, i32> {
    let mut weights = BTreeMap::new();
    let mut add = |time: u64, weight: i32| {
        if time <= notes.end {
            *weights.entry(time).or_default() += weight;
        }
    };
    for flight in &notes.flights {
        add(flight.sent, 1);
        flight.heard.iter().for_each(|time| add(*time, 0));
    }
    for write in &notes.writes {
        add(write.issued, 0);
        if let Some((time, _)) = write.fate {
            add(time, 0);
        }
    }
    notes.events.iter().for_each(|event| add(event.at, 0));
    notes.moments.iter().for_each(|moment| add(moment.at, 0));
    add(notes.end, 0);
    weights
}
