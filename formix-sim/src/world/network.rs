//! The network: when a frame arrives, if it does. Nothing here depends on what is in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Cut, Fault, Kind, Latency, Peer, Plan, What};
use crate::random;

/// The shortest that a frame takes, in milliseconds.
const LEAST: u64 = 1;

type Ends = (Peer, Peer);

/// What the plan says of the links, and what has become of them so far.
#[derive(Debug)]
pub(super) struct Network {
    links: BTreeMap<Ends, Progress>,
    frames: BTreeMap<(Ends, u32), What>,
    deaf: BTreeSet<Ends>,
    cuts: Vec<Cut>,
    /// Connections that break: their lesser and greater end, and when.
    resets: Vec<(Ends, u64)>,
}

/// How far one directed link is.
#[derive(Debug, Clone)]
struct Progress {
    latency: u64,
    /// How many frames it was given.
    frames: u32,
    /// When the last of them arrives: later ones do not overtake it.
    last: u64,
}

/// What becomes of one frame.
#[derive(Debug, Default)]
pub(super) struct Passage {
    /// When it arrives: not at all, once, or twice.
    pub(super) arrivals: [Option<u64>; 2],
    /// The faults that it met with.
    pub(super) struck: [Option<Kind>; 2],
}

impl Network {
    pub(super) fn new(plan: &Plan) -> Self {
        let mut network = Self {
            links: BTreeMap::new(),
            frames: BTreeMap::new(),
            deaf: BTreeSet::new(),
            cuts: Vec::new(),
            resets: Vec::new(),
        };
        for fault in &plan.faults.list {
            match fault {
                Fault::Frame { from, to, nth, what } => {
                    network.frames.insert(((*from, *to), *nth), *what);
                }
                Fault::Deaf { from, to } => {
                    network.deaf.insert((*from, *to));
                }
                Fault::Cut(cut) => network.cuts.push(cut.clone()),
                Fault::Reset { from, to, at } => {
                    network.resets.push((unordered((*from, *to)), *at));
                }
                _ => {}
            }
        }
        network
    }

    /// Replaces every connection: what is sent now does not wait behind what was sent before.
    pub(super) fn heal(&mut self) {
        self.links.values_mut().for_each(|link| link.last = 0);
        self.frames.clear();
        self.cuts.clear();
        self.resets.clear();
    }

    /// Takes a frame.
    pub(super) fn carry(&mut self, plan: &Plan, now: u64, from: Peer, to: Peer) -> Passage {
        let ends = (from, to);
        let link = self.links.entry(ends).or_insert_with(|| Progress {
            latency: latency(plan, ends, 0),
            frames: 0,
            last: 0,
        });
        link.frames += 1;
        let nth = link.frames;
        let own = match plan.network.latency {
            Latency::PerLink { .. } => link.latency,
            Latency::LogNormal { .. } => latency(plan, ends, nth),
        };
        if let Some(kind) = self.obstacle(plan, now, ends, nth) {
            return Passage { struck: [Some(kind), None], ..Passage::default() };
        }
        let clog = self.cut(now, ends, true).map(|cut| cut.end - now);
        let (late, repeat) = match self.frames.get(&(ends, nth)) {
            None => (0, None),
            Some(What::Delay(late)) => (*late, None),
            Some(What::Repeat(after)) => (0, Some(*after)),
            Some(What::Lose) => {
                return Passage { struck: [Some(Kind::Loss), None], ..Passage::default() };
            }
        };
        let mut passage = Passage::default();
        passage.struck[0] = (late > 0).then_some(Kind::Delay);
        passage.struck[0] = repeat.map_or(passage.struck[0], |_| Some(Kind::Duplication));
        passage.struck[0] = clog.map_or(passage.struck[0], |_| Some(Kind::Clog));
        let mut arrival = now + LEAST + own + late + clog.unwrap_or(0);
        let Some(link) = self.links.get_mut(&ends) else { return passage };
        if plan.network.reordering {
            passage.struck[1] = (arrival < link.last).then_some(Kind::Reordering);
        } else {
            arrival = arrival.max(link.last);
        }
        link.last = arrival.max(link.last);
        passage.arrivals = [Some(arrival), repeat.map(|after| arrival + after)];
        self.break_off(now, ends, &mut passage);
        passage
    }

    /// What keeps a frame from arriving.
    fn obstacle(&self, plan: &Plan, now: u64, ends: Ends, nth: u32) -> Option<Kind> {
        if self.deaf.contains(&ends) {
            return Some(Kind::Deafness);
        }
        let lost = u64::from(plan.network.loss);
        if lost > 0 && random::mix(plan.seed, "loss", key(ends, nth)) % 1_000_000 < lost {
            return Some(Kind::Loss);
        }
        self.cut(now, ends, false).map(|cut| cut.kind)
    }

    fn cut(&self, now: u64, ends: Ends, clogged: bool) -> Option<&Cut> {
        let open = |cut: &&Cut| {
            (cut.from, cut.to) == ends
                && (cut.start..cut.end).contains(&now)
                && (cut.kind == Kind::Clog) == clogged
        };
        self.cuts.iter().find(open)
    }

    /// What would arrive after its connection has broken does not.
    fn break_off(&self, now: u64, ends: Ends, passage: &mut Passage) {
        let broken = |arrival: u64| {
            let breaks =
                |(pair, at): &(Ends, u64)| *pair == unordered(ends) && now < *at && *at <= arrival;
            self.resets.iter().any(breaks)
        };
        for arrival in &mut passage.arrivals {
            if arrival.is_some_and(broken) {
                *arrival = None;
                passage.struck = [Some(Kind::Reset), passage.struck[0]];
            }
        }
    }
}

fn unordered((from, to): Ends) -> Ends {
    (from.min(to), from.max(to))
}

fn key((from, to): Ends, nth: u32) -> [u64; 3] {
    [from.0.into(), to.0.into(), nth.into()]
}

/// How long the `nth` frame of a link takes, or all of them.
fn latency(plan: &Plan, ends: Ends, nth: u32) -> u64 {
    let draw = |purpose| random::mix(plan.seed, purpose, key(ends, nth));
    match plan.network.latency {
        Latency::PerLink { min, max } => min + draw("latency") % (max - min + 1).max(1),
        Latency::LogNormal { median, sigma } => {
            // Box and Muller (1958).
            let unit = |bits: u64| ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
            let (radius, angle) = (unit(draw("radius")), unit(draw("angle")));
            let normal = (-2.0 * radius.ln()).sqrt() * (core::f64::consts::TAU * angle).cos();
            (median as f64 * (f64::from(sigma) / 1_000.0 * normal).exp()).round() as u64
        }
    }
}
