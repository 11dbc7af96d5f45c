//! From a seed to what goes wrong.

use std::collections::BTreeSet;

use formix_proto::directory::Role;

use super::cluster::{Cluster, Peer};
use super::faults::{Crash, Cut, Faults, Kind, Link, Mishap, Trigger, What};
use super::generate::small;
use super::workload::Question;
use crate::random::Stream;

/// Frames of one link beyond this ordinal go through as they are.
const MISHAPS_UNTIL: u64 = 48;

pub(super) fn faults(seed: u64, cluster: &mut Cluster, workload: &[Question]) -> Faults {
    let mut draw = Stream::new(seed, "faults");
    let mut faults = Faults { heal: draw.within(2_000..=16_000), ..Faults::default() };
    if !draw.chance(10) {
        let exists = |kind: &Kind| draw.chance(likelihood(*kind));
        faults.kinds = Kind::ALL.into_iter().filter(exists).collect();
    }
    if faults.kinds.contains(&Kind::Skew) {
        let mut draw = Stream::new(seed, "clocks");
        for member in &mut cluster.members {
            member.ahead = i64::from(small(draw.below(200))) - 100;
        }
    }
    faults.reordering = faults.kinds.contains(&Kind::Reordering);
    links(seed, cluster, &mut faults);
    cuts(seed, cluster, &mut faults);
    crashes(seed, cluster, workload, &mut faults);
    slow_disks(seed, cluster, &mut faults);
    faults
}

/// In percent of the seeds that have faults at all.
fn likelihood(kind: Kind) -> u64 {
    match kind {
        Kind::Death => 8,
        Kind::Amnesia | Kind::Deafness => 30,
        _ => 50,
    }
}

fn links(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    let mut shape = Stream::new(seed, "links");
    let gap = shape.within(4..=40);
    let longest = shape.within(20..=1_500);
    for from in cluster.peers() {
        for to in cluster.peers() {
            let heavy = |peer: Peer| cluster.member(peer).role == Role::Heavy;
            if from != to && (heavy(from) || heavy(to)) {
                let purpose = format!("net {}->{}", cluster.name(from), cluster.name(to));
                let mut draw = Stream::new(seed, &purpose);
                let latency = draw.below(12);
                let mishaps = mishaps(&mut draw, &faults.kinds, gap, longest);
                faults.links.insert((from, to), Link { latency, mishaps, deaf: false });
            }
        }
    }
    if faults.kinds.contains(&Kind::Deafness) {
        let light = shape.pick(&cluster.with_role(Role::Light));
        let heavy = shape.pick(&cluster.with_role(Role::Heavy));
        faults.links.entry((light, heavy)).or_default().deaf = true;
    }
}

fn mishaps(draw: &mut Stream, kinds: &BTreeSet<Kind>, gap: u64, longest: u64) -> Vec<Mishap> {
    let possible = [Kind::Delay, Kind::Loss, Kind::Duplication, Kind::Reordering];
    let active: Vec<_> = possible.into_iter().filter(|kind| kinds.contains(kind)).collect();
    let mut mishaps = Vec::new();
    let mut nth = 1 + draw.below(2 * gap);
    while nth <= MISHAPS_UNTIL && !active.is_empty() {
        let what = match draw.pick(&active) {
            Kind::Loss => What::Lose,
            Kind::Duplication => What::Repeat(draw.within(0..=longest)),
            _ => What::Delay(draw.within(1..=longest)),
        };
        mishaps.push(Mishap { nth: u32::from(small(nth)), what });
        nth += 1 + draw.below(2 * gap);
    }
    mishaps
}

fn cuts(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    let mut draw = Stream::new(seed, "cuts");
    let everyone: Vec<_> = cluster.peers().collect();
    for _ in 0..draw.within(1..=4) {
        let start = draw.below(faults.heal);
        let end = (start + draw.within(50..=6_000)).min(faults.heal);
        let (from, to) = (draw.pick(&everyone), draw.pick(&cluster.with_role(Role::Heavy)));
        let swap = draw.chance(50);
        let island: Vec<_> = everyone.iter().filter(|_| draw.chance(30)).copied().collect();
        if faults.kinds.contains(&Kind::OneWayCut) {
            let (from, to) = if swap { (to, from) } else { (from, to) };
            faults.cuts.push(Cut { kind: Kind::OneWayCut, from, to, start, end });
        }
        if faults.kinds.contains(&Kind::Partition) && swap {
            part(&everyone, &island, (start, end), faults);
        }
    }
}

fn part(everyone: &[Peer], island: &[Peer], (start, end): (u64, u64), faults: &mut Faults) {
    for from in everyone {
        for to in everyone.iter().filter(|to| island.contains(from) != island.contains(to)) {
            let (from, to) = (*from, *to);
            faults.cuts.push(Cut { kind: Kind::Partition, from, to, start, end });
        }
    }
}

fn crashes(seed: u64, cluster: &Cluster, workload: &[Question], faults: &mut Faults) {
    for kind in [Kind::CrashAtTime, Kind::CrashAtOutput, Kind::Death, Kind::Amnesia] {
        if !faults.kinds.contains(&kind) {
            continue;
        }
        let mut draw = Stream::new(seed, &format!("{kind}"));
        let single = matches!(kind, Kind::Death | Kind::Amnesia);
        for _ in 0..if single { 1 } else { draw.within(1..=4) } {
            let peer = match (kind, draw.below(10)) {
                (Kind::Amnesia, _) => draw.pick(&cluster.with_role(Role::Light)),
                (Kind::Death, _) | (_, 0..6) => draw.pick(&cluster.with_role(Role::Heavy)),
                (_, 6..9) => draw.pick(&cluster.with_role(Role::Light)),
                _ => draw.pick(&cluster.with_role(Role::Proposer)),
            };
            // A proposer that lost its disk has not asked: nobody waits for its outcome.
            let asks = workload.iter().any(|question| question.asker == peer);
            if !(kind == Kind::Amnesia && asks) {
                let crash = crash(&mut draw, kind, peer, faults);
                faults.crashes.push(crash);
                if kind == Kind::Amnesia {
                    hold_back(&mut draw, cluster, peer, faults);
                }
            }
        }
    }
}

/// Delays the first frames of a light node that will lose its disk: shares of its first split are
/// then still on their way when it splits again.
fn hold_back(draw: &mut Stream, cluster: &Cluster, light: Peer, faults: &mut Faults) {
    for heavy in cluster.with_role(Role::Heavy) {
        let link = faults.links.entry((light, heavy)).or_default();
        let what = if draw.chance(50) { What::Lose } else { What::Delay(draw.within(100..=2_000)) };
        let early = |nth| Mishap { nth, what };
        if draw.chance(70) {
            link.mishaps = (1..=u32::from(small(draw.within(1..=3)))).map(early).collect();
        }
    }
}

fn crash(draw: &mut Stream, kind: Kind, peer: Peer, faults: &Faults) -> Crash {
    let ordinal = |draw: &mut Stream, most| u32::from(small(draw.within(1..=most)));
    let trigger = match draw.below(3) {
        _ if kind == Kind::CrashAtTime => Trigger::Time(draw.below(faults.heal)),
        _ if kind == Kind::Amnesia => Trigger::Send(ordinal(draw, 8)),
        _ if kind == Kind::Death => Trigger::Persist(ordinal(draw, 24)),
        0 => Trigger::Output(ordinal(draw, 120)),
        1 => Trigger::Persist(ordinal(draw, 24)),
        _ => Trigger::Send(ordinal(draw, 80)),
    };
    let keep = if draw.chance(60) { 0 } else { draw.index(4) };
    let longest = if kind == Kind::Amnesia { 100 } else { 3_000 };
    let down = (kind != Kind::Death).then(|| draw.within(5..=longest));
    let relapses = draw.below(3);
    let relapses = (0..relapses).map(|_| ordinal(draw, 8) - 1).collect();
    let relapses =
        if faults.kinds.contains(&Kind::Relapse) && down.is_some() { relapses } else { Vec::new() };
    Crash { kind, peer, trigger, keep, down, relapses }
}

fn slow_disks(seed: u64, cluster: &Cluster, faults: &mut Faults) {
    if !faults.kinds.contains(&Kind::SlowDisk) {
        return;
    }
    for peer in cluster.peers() {
        let mut draw = Stream::new(seed, &format!("disk {}", cluster.name(peer)));
        let count = draw.below(8);
        let slow = |_| (u32::from(small(draw.within(1..=24))), draw.within(20..=900));
        let mut slow: Vec<_> = (0..count).map(slow).collect();
        slow.sort_unstable();
        slow.dedup_by_key(|(nth, _)| *nth);
        faults.slow.insert(peer, slow);
    }
}
