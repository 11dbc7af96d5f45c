//! What a coalition sees of a run.

use formix_proto::record::Record;
use formix_proto::wire;

use crate::plan::Peer;
use crate::print::Print;
use crate::sight::{Sight, Witness};

/// Everything that one coalition sees, an observation each: when it was, and what it came to.
pub(super) struct View {
    /// Who belongs to the coalition, by peer.
    members: Vec<bool>,
    seen: Vec<(u64, u64)>,
}

/// What several coalitions see of the same run.
pub(super) struct Views(pub(super) Vec<View>);

impl Views {
    pub(super) fn new(coalitions: [Vec<bool>; 3]) -> Self {
        Self(coalitions.into_iter().map(View::new).collect())
    }
}

impl View {
    pub(super) fn new(members: Vec<bool>) -> Self {
        Self { members, seen: Vec::new() }
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
    fn records(&self, print: &mut Print, peer: Peer, records: &[Record]) {
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

impl Witness for View {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        let mut print = Print::default();
        match sight {
            Sight::Sent { number, from, to, frame, .. } => {
                for word in [*number, from.0.into(), to.0.into(), frame.len() as u64] {
                    print.word(word);
                }
                if self.has(*from) || self.has(*to) {
                    print.bytes(frame);
                }
            }
            Sight::Issued { peer, records, .. } => {
                print.word(1);
                self.records(&mut print, *peer, records);
            }
            Sight::Durable { peer, records } => self.records(&mut print, *peer, records),
            // The frame that it was given counts as sent; what a copy would do is nothing.
            Sight::Fed { .. } | Sight::Echoed { .. } => return,
            Sight::Settled { peer, holds } => {
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

impl Witness for Views {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.0.iter_mut().for_each(|view| view.see(at, sight));
    }
}
