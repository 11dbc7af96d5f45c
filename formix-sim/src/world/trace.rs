//! Names everything that happened in a run by one number.

use formix_proto::wire;

use crate::sight::Sight;

/// FNV-1a over all observations, with the bytes of every frame and every record.
#[derive(Debug)]
pub(super) struct Trace(u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    pub(super) fn digest(&self) -> u64 {
        self.0
    }

    pub(super) fn see(&mut self, at: u64, sight: &Sight<'_>) {
        self.take(&at.to_le_bytes());
        match sight {
            Sight::Sent { from, to, frame, .. } => {
                self.take(&[0, from.0, to.0]);
                self.take(frame);
            }
            Sight::Issued { peer, records, .. } => {
                self.take(&[1, peer.0]);
                for record in *records {
                    self.take(wire::encode_record(record).as_ref());
                }
            }
            Sight::Durable { peer, records } => {
                self.take(&[2, peer.0]);
                self.take(&records.len().to_le_bytes());
            }
            other => self.take(format!("{other:?}").as_bytes()),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
