//! Names everything that happened in a run by one number.

use crate::print::Print;
use crate::sight::Sight;

/// Folds all observations, with the bytes of every frame.
#[derive(Debug, Default)]
pub(super) struct Trace(Print);

impl Trace {
    pub(super) fn digest(&self) -> u64 {
        self.0.0
    }

    pub(super) fn see(&mut self, at: u64, sight: &Sight<'_>) {
        match sight {
            Sight::Fed { .. }
            | Sight::Settled { .. }
            | Sight::Echoed { .. }
            | Sight::Flushed { .. } => return,
            Sight::Sent { from, to, frame, .. } => {
                self.0.word(u64::from(from.0) << 32 | u64::from(to.0));
                self.0.bytes(frame);
            }
            Sight::Issued { peer, records, .. } | Sight::Durable { peer, records } => {
                self.0.word(peer.0.into());
                for record in *records {
                    self.0.bytes(&record.id.0);
                    self.0.bytes(record.fact.name().as_bytes());
                }
            }
            Sight::RolledBack { peer, .. } | Sight::Recovered { peer, .. } => {
                self.0.word(peer.0.into())
            }
            other => self.0.debug(other),
        }
        self.0.word(at);
    }
}
