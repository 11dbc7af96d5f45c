//! From a plan that breaks something to a small one that breaks the same.

use crate::finding::{Sort, find};
use crate::plan::{Fault, Latency, Plan};

/// Leaves out of a plan whatever its finding does not need: faults first, then an adversary's moves,
/// questions and nodes, then all that is out of the ordinary about clocks, disks and links.
///
/// `progress` is given every smaller plan. The result breaks the same invariant; that no part of it
/// can be left out alone holds for faults and moves.
pub fn shrink(plan: Plan, sort: Sort, mut progress: impl FnMut(&Plan)) -> Plan {
    let mut shrinker = Shrinker { plan, sort, progress: &mut progress };
    while shrinker.pass() {}
    shrinker.plan
}

struct Shrinker<'f> {
    plan: Plan,
    sort: Sort,
    progress: &'f mut dyn FnMut(&Plan),
}

impl Shrinker<'_> {
    /// Tries everything once; says whether anything could be left out.
    fn pass(&mut self) -> bool {
        let before = weight(&self.plan);
        self.minimize(|plan| &mut plan.faults.list);
        self.minimize(|plan| &mut plan.adversary.moves);
        self.minimize(|plan| &mut plan.adversary.members);
        self.minimize(|plan| &mut plan.workload);
        self.leave_out_nodes();
        self.calm();
        weight(&self.plan) < before
    }

    /// Takes another plan if it breaks the same invariant.
    fn take(&mut self, other: Plan) -> bool {
        let same = find(&other).is_some_and(|finding| finding.sort() == self.sort);
        if same {
            self.plan = other;
            (self.progress)(&self.plan);
        }
        same
    }

    /// Delta debugging (Zeller and Hildebrandt, 2002): leaves out halves, then quarters, and so on.
    fn minimize<T: Clone>(&mut self, list: impl Fn(&mut Plan) -> &mut Vec<T>) {
        let mut size = list(&mut self.plan).len().div_ceil(2);
        while size > 0 {
            let mut at = 0;
            while at < list(&mut self.plan).len() {
                let mut other = self.plan.clone();
                let items = list(&mut other);
                items.drain(at..(at + size).min(items.len()));
                if !self.take(other) {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn leave_out_nodes(&mut self) {
        for peer in self.plan.cluster.peers().collect::<Vec<_>>().into_iter().rev() {
            if let Some(other) = self.plan.without(peer) {
                self.take(other);
            }
        }
    }

    /// Tries clocks that agree, quick disks, short links and plain crashes.
    fn calm(&mut self) {
        for at in 0..self.plan.faults.list.len() {
            let mut other = self.plan.clone();
            if let Fault::Crash(crash) = &mut other.faults.list[at]
                && (crash.keep > 0 || !crash.relapses.is_empty())
            {
                (crash.keep, crash.relapses) = (0, Vec::new());
                self.take(other);
            }
        }
        let calmer: [fn(&mut Plan); 5] = [
            |plan| plan.network.latency = Latency::PerLink { min: 0, max: 0 },
            |plan| plan.network.reordering = false,
            |plan| plan.cluster.members.iter_mut().for_each(|member| member.ahead = 0),
            |plan| plan.cluster.members.iter_mut().for_each(|member| member.drift = 0),
            |plan| plan.cluster.members.iter_mut().for_each(|member| member.disk = 1),
        ];
        for calm in calmer {
            let mut other = self.plan.clone();
            calm(&mut other);
            if weight(&other) < weight(&self.plan) {
                self.take(other);
            }
        }
    }
}

/// How much there is in a plan that could be left out.
fn weight(plan: &Plan) -> usize {
    let Latency::PerLink { max, .. } = plan.network.latency else { return usize::MAX };
    let crash = |fault: &Fault| match fault {
        Fault::Crash(crash) => usize::from(crash.keep > 0 || !crash.relapses.is_empty()),
        _ => 0,
    };
    let odd = |member: &crate::plan::Member| {
        [member.ahead != 0, member.drift != 0, member.disk != 1]
            .into_iter()
            .filter(|odd| *odd)
            .count()
    };
    plan.faults.list.len()
        + plan.faults.list.iter().map(crash).sum::<usize>()
        + plan.adversary.moves.len()
        + plan.adversary.members.len()
        + plan.workload.len()
        + plan.cluster.members.len()
        + plan.cluster.members.iter().map(odd).sum::<usize>()
        + usize::from(max > 0)
        + usize::from(plan.network.reordering)
}
