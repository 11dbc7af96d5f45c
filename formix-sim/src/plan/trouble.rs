//! From a seed to what goes wrong.

use std::collections::BTreeSet;

use formix_proto::directory::Role;

use super::Plan;
use super::cluster::{Cluster, Peer};
use super::faults::{Crash, Cut, Fault, Faults, Trigger, What};
use super::kind::Kind;
use crate::random::Stream;

/// Frames of one link beyond this ordinal go through as they are.
const MISHAPS_UNTIL: u32 = 48;

/// Draws what goes wrong into a plan that has everything else.
pub(super) fn add_faults(plan: &mut Plan) {
    let seed = plan.seed;
    let mut draw = Stream::new(seed, "faults");
    let mut faults = Faults { heal: draw.within(2_000..=16_000), ..Faults::default() };
    if !draw.chance(10) {
        let exists = |kind: &Kind| draw.chance(likelihood(*kind));
        faults.kinds = Kind::ALL.iter().copied().filter(exists).collect();
    }
    // What an adversary's light node has said is known only from what the seats hold.
    if !plan.adversary.members.is_empty() {
        faults.kinds.remove(&Kind::Rollback);
    }
    plan.network.reordering = faults.kinds.contains(&Kind::Reordering);
    set_clocks(seed, &mut plan.cluster, &mut faults);
    let cluster = &plan.cluster;
    mishaps(seed, cluster, &mut faults);
    cuts(seed, cluster, &mut faults);
    pauses(seed, cluster, &mut faults);
    slow_disks(seed, cluster, &mut faults);
    crashes(seed, plan, &mut faults);
    enrolments(seed, plan, &mut faults);
    plan.faults = faults;
}

/// In percent of the seeds that have faults at all.
fn likelihood(kind: Kind) -> u64 {
    match kind {
        Kind::Death | Kind::Rollback => 8,
        Kind::Amnesia | Kind::Deafness | Kind::DiskFull | Kind::FsyncError => 30,
        Kind::ClockStep | Kind::Drift | Kind::Pause | Kind::Clog | Kind::Reset => 30,
        Kind::Enrolment | Kind::Removal => 30,
        _ => 50,
    }
}

fn set_clocks(seed: u64, cluster: &mut Cluster, faults: &mut Faults) {
    let mut draw = Stream::new(seed, "clocks");
    for (peer, member) in (0..).map(Peer).zip(&mut cluster.members) {
        let [ahead, drift, by] =
            [100, 500, 1_500].map(|most: i64| draw.below(2 * most as u64 + 1).cast_signed() - most);
        let (at, steps) = (draw.below(faults.heal), draw.chance(25));
        if faults.kinds.contains(&Kind::Skew) {
            member.ahead = ahead;
        }
        if faults.kinds.contains(&Kind::Drift) {
            member.drift = drift;
        }
        if faults.kinds.contains(&Kind::ClockStep) && steps {
            faults.list.push(Fault::Step { peer, at, by });
        }
    }
}

fn mishaps(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    let mut shape = Stream::new(seed, "links");
    let (gap, longest) = (shape.within(4..=40), shape.within(20..=1_500));
    let possible = [Kind::Delay, Kind::Loss, Kind::Duplication, Kind::Reordering];
    let active: Vec<_> = possible.into_iter().filter(|kind| faults.kinds.contains(kind)).collect();
    for (from, to) in links(cluster).filter(|_| !active.is_empty()) {
        let purpose = format!("net {}->{}", cluster.name(from), cluster.name(to));
        let mut draw = Stream::new(seed, &purpose);
        let mut nth = 1 + draw.small(2 * gap);
        while nth <= MISHAPS_UNTIL {
            let what = match draw.pick(&active) {
                Kind::Loss => What::Lose,
                Kind::Duplication => What::Repeat(draw.within(0..=longest)),
                _ => What::Delay(draw.within(1..=longest)),
            };
            faults.list.push(Fault::Frame { from, to, nth, what });
            nth += 1 + draw.small(2 * gap);
        }
    }
    if faults.kinds.contains(&Kind::Deafness) {
        let from = shape.pick(&cluster.with_role(Role::Light));
        let to = shape.pick(&cluster.with_role(Role::Heavy));
        faults.list.push(Fault::Deaf { from, to });
    }
}

/// The directed links that frames can take: one end is a heavy node.
fn links(cluster: &Cluster) -> impl Iterator<Item = (Peer, Peer)> + '_ {
    let heavy = |peer: Peer| cluster.member(peer).role == Role::Heavy;
    let pairs = cluster.peers().flat_map(|from| cluster.peers().map(move |to| (from, to)));
    pairs.filter(move |(from, to)| from != to && (heavy(*from) || heavy(*to)))
}

fn cuts(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    let mut draw = Stream::new(seed, "cuts");
    let everyone: Vec<_> = cluster.peers().collect();
    for _ in 0..draw.within(1..=4) {
        let start = draw.below(faults.heal);
        let end = (start + draw.within(50..=6_000)).min(faults.heal);
        let (from, to) = (draw.pick(&everyone), draw.pick(&cluster.with_role(Role::Heavy)));
        let swap = draw.chance(50);
        let island: BTreeSet<_> = everyone.iter().filter(|_| draw.chance(30)).copied().collect();
        let (from, to) = if swap { (to, from) } else { (from, to) };
        for kind in [Kind::OneWayCut, Kind::Clog] {
            if faults.kinds.contains(&kind) {
                faults.list.push(Fault::Cut(Cut { kind, from, to, start, end }));
            }
        }
        if faults.kinds.contains(&Kind::Reset) {
            faults.list.push(Fault::Reset { from, to, at: end });
        }
        if faults.kinds.contains(&Kind::Partition) && swap {
            part(&everyone, &island, (start, end), faults);
        }
    }
}

fn part(everyone: &[Peer], island: &BTreeSet<Peer>, (start, end): (u64, u64), faults: &mut Faults) {
    for from in everyone {
        for to in everyone.iter().filter(|to| island.contains(from) != island.contains(to)) {
            let (from, to, kind) = (*from, *to, Kind::Partition);
            faults.list.push(Fault::Cut(Cut { kind, from, to, start, end }));
        }
    }
}

fn pauses(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    let mut draw = Stream::new(seed, "pauses");
    for _ in 0..draw.within(1..=3) {
        let peer = draw.pick(&cluster.peers().collect::<Vec<_>>());
        let at = draw.below(faults.heal);
        let length = draw.within(20..=5_000).min(faults.heal - at);
        if faults.kinds.contains(&Kind::Pause) {
            faults.list.push(Fault::Pause { peer, at, length });
        }
    }
}

fn slow_disks(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    if !faults.kinds.contains(&Kind::SlowDisk) {
        return;
    }
    for peer in cluster.peers() {
        let mut draw = Stream::new(seed, &format!("disk {}", cluster.name(peer)));
        let ordinals: BTreeSet<_> = (0..draw.below(8)).map(|_| 1 + draw.small(24)).collect();
        let slow = |nth| Fault::SlowWrite { peer, nth, extra: draw.within(20..=900) };
        faults.list.extend(ordinals.into_iter().map(slow));
    }
}

/// Light nodes that come and go while questions are open. Heavy nodes are told one after the other, as by
/// their operators. A light node that asks stays: nobody waits for the outcome of a stranger's question.
fn enrolments(seed: u64, plan: &Plan, faults: &mut Faults) {
    let mut draw = Stream::new(seed, "enrolments");
    let (lights, heavies) =
        (plan.cluster.with_role(Role::Light), plan.cluster.with_role(Role::Heavy));
    let asks = |light: &Peer| plan.workload.iter().any(|question| question.proposer == *light);
    for light in lights.into_iter().filter(|light| !asks(light)) {
        let (kind, moves) = (draw.pick(&[Kind::Enrolment, Kind::Removal]), draw.chance(25));
        let (first, apart) = (draw.below(faults.heal), draw.within(1..=1_000));
        for heavy in heavies.iter().copied() {
            let at = (first + draw.below(apart)).min(faults.heal);
            let told = match kind {
                Kind::Enrolment => Fault::Enroll { light, heavy, at },
                _ => Fault::Remove { light, heavy, at },
            };
            if moves && faults.kinds.contains(&kind) {
                faults.list.push(told);
            }
        }
    }
}

const CRASHES: [Kind; 7] = [
    Kind::CrashAtTime,
    Kind::CrashAtOutput,
    Kind::DiskFull,
    Kind::FsyncError,
    Kind::Death,
    Kind::Amnesia,
    Kind::Rollback,
];

fn crashes(seed: u64, plan: &Plan, faults: &mut Faults) {
    let cluster = &plan.cluster;
    for kind in CRASHES.into_iter().filter(|kind| faults.kinds.contains(kind)).collect::<Vec<_>>() {
        let mut draw = Stream::new(seed, &format!("{kind}"));
        let single = matches!(kind, Kind::Death | Kind::Amnesia | Kind::Rollback);
        for _ in 0..if single { 1 } else { draw.within(1..=4) } {
            let role = match (kind, draw.below(10)) {
                (Kind::Amnesia, _) => Role::Light,
                (Kind::Death | Kind::Rollback, _) | (_, 0..6) => Role::Heavy,
                (_, 6..9) => Role::Light,
                _ => Role::Proposer,
            };
            let peer = draw.pick(&cluster.with_role(role));
            let crash = crash(&mut draw, kind, peer, faults);
            // A proposer that lost its disk has not asked: nobody waits for its outcome.
            let asks = plan.workload.iter().any(|question| question.proposer == peer);
            if !(kind == Kind::Amnesia && asks) {
                faults.list.push(Fault::Crash(crash));
                if kind == Kind::Amnesia {
                    hold_back(&mut draw, cluster, peer, faults);
                }
            }
        }
    }
}

/// Delays the first frames of a light node that will lose its disk: shares of its first split are
/// then still on their way when it splits again.
fn hold_back(draw: &mut Stream, cluster: &Cluster, from: Peer, faults: &mut Faults) {
    for to in cluster.with_role(Role::Heavy) {
        let what = if draw.chance(50) { What::Lose } else { What::Delay(draw.within(100..=2_000)) };
        let (count, held) = (1 + draw.small(3), draw.chance(70));
        let on_link = |fault: &Fault| matches!(fault, Fault::Frame { from: f, to: t, .. } if (*f, *t) == (from, to));
        if held {
            faults.list.retain(|fault| !on_link(fault));
            faults.list.extend((1..=count).map(|nth| Fault::Frame { from, to, nth, what }));
        }
    }
}

fn crash(draw: &mut Stream, kind: Kind, peer: Peer, faults: &Faults) -> Crash {
    let trigger = match (kind, draw.below(3)) {
        (Kind::CrashAtTime, _) => Trigger::Time(draw.below(faults.heal)),
        (Kind::Amnesia, _) => Trigger::Send(1 + draw.small(8)),
        (Kind::Death | Kind::DiskFull | Kind::FsyncError | Kind::Rollback, _) | (_, 1) => {
            Trigger::Persist(1 + draw.small(24))
        }
        (_, 0) => Trigger::Output(1 + draw.small(120)),
        _ => Trigger::Send(1 + draw.small(80)),
    };
    let keep = match kind {
        Kind::DiskFull => 0,
        Kind::FsyncError => draw.index(4),
        Kind::Rollback => 1 + draw.index(12),
        _ if draw.chance(60) => 0,
        _ => draw.index(4),
    };
    let longest = if kind == Kind::Amnesia { 100 } else { 3_000 };
    let down = (kind != Kind::Death).then(|| draw.within(5..=longest));
    let relapses: Vec<_> = (0..draw.below(6)).map(|_| draw.small(8)).collect();
    let relapses =
        if faults.kinds.contains(&Kind::Relapse) && down.is_some() { relapses } else { Vec::new() };
    Crash { kind, peer, trigger, keep, down, relapses }
}
