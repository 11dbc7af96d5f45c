//! What a coalition sees of a run.

use formix_proto::record::Record;
use formix_proto::wire;

use crate::plan::Peer;
use crate::random::scramble;
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
    fn records(&self, at: u64, peer: Peer, records: &[Record]) -> u64 {
        let written = records.iter().map(wire::encode_record);
        written.fold(at ^ u64::from(peer.0), |state, bytes| {
            let seen = if self.has(peer) { bytes.as_ref() } else { &[] };
            fold(state ^ bytes.as_ref().len() as u64, seen)
        })
    }
}

impl Witness for View {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        let digest = match sight {
            Sight::Sent { number, from, to, frame, .. } => {
                let ends = u64::from(from.0) << 32 | u64::from(to.0);
                let seen = if self.has(*from) || self.has(*to) { *frame } else { &[] };
                fold(scramble(ends ^ number) ^ frame.len() as u64, seen)
            }
            Sight::Issued { peer, records, .. } => self.records(1, *peer, records),
            Sight::Durable { peer, records } => self.records(2, *peer, records),
            // What a copy of a node would do is nothing that happens.
            Sight::Echoed { .. } => return,
            // Of honest nodes as well: this is what logs and counters are made of.
            other => fold(3, format!("{other:?}").as_bytes()),
        };
        self.seen.push((at, digest));
    }
}

impl Witness for Views {
    fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.0.iter_mut().for_each(|view| view.see(at, sight));
    }
}

fn fold(state: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(scramble(state), |state, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        scramble(state ^ u64::from_le_bytes(word))
    })
}
