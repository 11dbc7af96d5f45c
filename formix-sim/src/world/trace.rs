//! Names everything that happened in a run by one number.

use crate::random::scramble;
use crate::sight::Sight;

/// Folds all observations, with the bytes of every frame. The same in debug and release builds.
#[derive(Debug, Default)]
pub(super) struct Trace(u64);

impl Trace {
    pub(super) fn digest(&self) -> u64 {
        self.0
    }

    pub(super) fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.take(at);
        match sight {
            Sight::Fed { .. } | Sight::Settled { .. } | Sight::Echoed { .. } => {}
            Sight::Recovered { peer, .. } => self.take(peer.0.into()),
            Sight::Sent { from, to, frame, .. } => {
                self.take(u64::from(from.0) << 32 | u64::from(to.0));
                self.bytes(frame);
            }
            Sight::Issued { peer, records, .. } | Sight::Durable { peer, records } => {
                self.take(u64::from(peer.0));
                for record in *records {
                    self.bytes(&record.id.0);
                    self.bytes(record.fact.name().as_bytes());
                }
            }
            other => self.bytes(format!("{other:?}").as_bytes()),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.take(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.take(u64::from_le_bytes(word));
        }
    }

    fn take(&mut self, word: u64) {
        self.0 = scramble(self.0 ^ word);
    }
}
