//! Names everything that happened in a run by one number.

use crate::fingerprint::Fingerprint;
use crate::observation::Observation;

/// Folds all observations, with the bytes of every frame.
#[derive(Debug, Default)]
pub(super) struct Trace(Fingerprint);

impl Trace {
    pub(super) fn digest(&self) -> u64 {
        self.0.0
    }

    pub(super) fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        match observation {
            Observation::Input { .. }
            | Observation::Idle { .. }
            | Observation::Echoed { .. }
            | Observation::Flushed { .. } => return,
            Observation::Sent { from, to, frame, .. } => {
                self.0.word(u64::from(from.0) << 32 | u64::from(to.0));
                self.0.bytes(frame);
            }
            Observation::Issued { peer, records, .. } | Observation::Durable { peer, records } => {
                self.0.word(peer.0.into());
                for record in *records {
                    self.0.bytes(&record.id.0);
                    self.0.bytes(record.fact.name().as_bytes());
                }
            }
            Observation::RolledBack { peer, .. } | Observation::Recovered { peer, .. } => {
                self.0.word(peer.0.into())
            }
            other => self.0.debug(other),
        }
        self.0.word(at);
    }
}
