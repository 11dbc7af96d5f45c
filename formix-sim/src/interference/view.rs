//! What a coalition sees of a run.

use formix_proto::record::Record;
use formix_proto::wire;

use crate::fingerprint::Fingerprint;
use crate::observation::{InputKind, Observation, Observer};
use crate::plan::Peer;

/// Everything that one coalition sees, an observation each: when it was, and what it came to.
pub(super) struct View {
    /// Whether each peer belongs to the coalition.
    members: Vec<bool>,
    /// Whose owner has just said something. When that was is the owner's business.
    spoken: Option<Peer>,
    seen: Vec<(u64, u64)>,
}

/// What several coalitions see of the same run.
pub(super) struct Views(pub(super) Vec<View>);

impl Views {
    pub(super) fn new(coalitions: Vec<Vec<bool>>) -> Self {
        Self(coalitions.into_iter().map(View::new).collect())
    }
}

impl View {
    pub(super) fn new(members: Vec<bool>) -> Self {
        Self { members, spoken: None, seen: Vec::new() }
    }

    /// When the first observation was that is not the same, if any.
    pub(super) fn first_difference(&self, other: &Self) -> Option<u64> {
        let same = self.seen.iter().zip(&other.seen).take_while(|(a, b)| a == b).count();
        let ended = self.seen.len() == same && other.seen.len() == same;
        let at = [self, other].into_iter().filter_map(|view| view.seen.get(same)).next();
        (!ended).then(|| at.map_or(0, |(at, _)| *at))
    }

    fn has(&self, peer: Peer) -> bool {
        self.members[peer.index()]
    }

    /// A disk of the coalition, byte by byte; of another one, when it was written and how much.
    fn records(&self, print: &mut Fingerprint, peer: Peer, records: &[Record]) {
        print.word(peer.0.into());
        for record in records {
            let bytes = wire::encode_record(record);
            print.word(bytes.as_ref().len() as u64);
            if self.has(peer) {
                print.bytes(bytes.as_ref());
            }
        }
    }
}

impl Observer for View {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        let mut print = Fingerprint::default();
        match observation {
            Observation::Sent { number, from, to, frame, .. } => {
                for word in [*number, from.0.into(), to.0.into(), frame.len() as u64] {
                    print.word(word);
                }
                if self.has(*from) || self.has(*to) {
                    print.bytes(frame);
                }
            }
            Observation::Issued { peer, records, .. } => {
                print.word(1);
                self.records(&mut print, *peer, records);
            }
            Observation::Durable { peer, records } => self.records(&mut print, *peer, records),
            // The frame that it was given counts as sent; what a copy would do is nothing.
            Observation::Input { peer, input } => {
                let spoke = matches!(input, InputKind::Command | InputKind::Answer { .. });
                self.spoken = spoke.then_some(*peer);
                return;
            }
            Observation::Echoed { .. } => return,
            Observation::Idle { peer, .. } if self.spoken == Some(*peer) => return,
            Observation::Idle { peer, holds } => {
                print.word(peer.0.into());
                for held in [holds.computations, holds.timers, holds.held] {
                    print.word(held as u64);
                }
            }
            // Of honest nodes as well: this is what logs and counters are made of.
            other => print.debug(other),
        }
        self.seen.push((at, print.0));
    }
}

impl Observer for Views {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        self.0.iter_mut().for_each(|view| view.observe(at, observation));
    }
}
