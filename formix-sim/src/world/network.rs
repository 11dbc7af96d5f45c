//! The network: when a frame arrives, if it does.

use crate::plan::{Cut, Kind, Link, Peer, Plan, What};

/// How long every frame takes at least, in milliseconds.
const LEAST: u64 = 1;

/// What has become of the links so far.
#[derive(Debug)]
pub(super) struct Network {
    size: usize,
    links: Vec<Progress>,
    healed: bool,
    /// What an unlisted link is.
    plain: Link,
}

/// How far one directed link is.
#[derive(Debug, Clone, Default)]
struct Progress {
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
    /// The faults that befell it.
    pub(super) struck: [Option<Kind>; 2],
}

impl Network {
    pub(super) fn new(plan: &Plan) -> Self {
        let size = plan.cluster.members.len();
        let links = vec![Progress::default(); size * size];
        Self { size, links, healed: false, plain: Link::default() }
    }

    /// Connections are new: what is sent now is not held up by what was sent before.
    pub(super) fn heal(&mut self) {
        self.healed = true;
        self.links.fill(Progress::default());
    }

    /// Takes a frame. Nothing here depends on what is in it.
    pub(super) fn carry(&mut self, plan: &Plan, now: u64, from: Peer, to: Peer) -> Passage {
        let at = from.index() * self.size + to.index();
        self.links[at].frames += 1;
        let link = plan.faults.links.get(&(from, to)).unwrap_or(&self.plain);
        let mut passage = Passage::default();
        if let Some(kind) = self.obstacle(plan, link, now, (from, to)) {
            passage.struck[0] = Some(kind);
            return passage;
        }
        let (late, repeat) = match self.mishap(link, self.links[at].frames) {
            None => (0, None),
            Some(What::Delay(late)) => (late, None),
            Some(What::Repeat(after)) => (0, Some(after)),
            Some(What::Lose) => {
                passage.struck[0] = Some(Kind::Loss);
                return passage;
            }
        };
        passage.struck[0] = (late > 0).then_some(Kind::Delay);
        passage.struck[0] = repeat.map_or(passage.struck[0], |_| Some(Kind::Duplication));
        let last = &mut self.links[at].last;
        let mut arrival = now + LEAST + link.latency + late;
        if plan.faults.reordering {
            passage.struck[1] = (arrival < *last).then_some(Kind::Reordering);
        } else {
            arrival = arrival.max(*last);
        }
        *last = arrival.max(*last);
        passage.arrivals = [Some(arrival), repeat.map(|after| arrival + after)];
        passage
    }

    /// What keeps every frame of a link from arriving now.
    fn obstacle(&self, plan: &Plan, link: &Link, now: u64, ends: (Peer, Peer)) -> Option<Kind> {
        if link.deaf {
            return Some(Kind::Deafness);
        }
        let cuts = if self.healed { &[][..] } else { &plan.faults.cuts[..] };
        let cut = |cut: &&Cut| (cut.from, cut.to) == ends && (cut.start..cut.end).contains(&now);
        cuts.iter().find(cut).map(|cut| cut.kind)
    }

    fn mishap(&self, link: &Link, nth: u32) -> Option<What> {
        let mishap = link.mishaps.iter().find(|mishap| mishap.nth == nth && !self.healed);
        mishap.map(|mishap| mishap.what)
    }
}
