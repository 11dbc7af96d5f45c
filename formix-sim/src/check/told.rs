//! P6: no share is in what a node tells its owner, which is all that its log is made of.

use core::fmt::{self, Write};
use std::collections::BTreeSet;

use formix_proto::record::Fact;

use super::Check;
use crate::model::Model;
use crate::observation::Observation;
use crate::violation::{Breach, Invariant};

/// Every share that was made, but for those with so few digits that others look like them.
#[derive(Default)]
pub(super) struct Told(BTreeSet<u128>);

const DISTINCTIVE: u128 = 10_000_000;

impl Check for Told {
    fn observe(&mut self, model: &Model<'_>, observation: &Observation<'_>) -> Result<(), Breach> {
        match observation {
            Observation::Issued { records, .. } => {
                for record in *records {
                    if let Fact::Split { shares, .. } = &record.fact
                        && let Some(question) = model.question(&record.id)
                    {
                        let truth = &model.truths[question];
                        let lanes = shares.values().flat_map(|share| truth.values(share.expose()));
                        self.0.extend(lanes.filter(|lane| *lane >= DISTINCTIVE));
                    }
                }
                Ok(())
            }
            Observation::Told { peer, event } if !self.0.is_empty() => {
                let mut search = Search { shares: &self.0, number: 0, found: false };
                // A search does not fail.
                let _ = write!(search, "{event:?} ");
                if search.found {
                    let what = "a share is in what a node tells its owner";
                    return Err(Breach::new(Invariant::P6, None, what).at(*peer));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// Looks for shares in text as it is printed.
struct Search<'s> {
    shares: &'s BTreeSet<u128>,
    /// The decimal number that the text so far ends with.
    number: u128,
    found: bool,
}

impl Write for Search<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte.is_ascii_digit() {
                let digit = u128::from(byte - b'0');
                self.number = self.number.saturating_mul(10).saturating_add(digit);
            } else if self.number > 0 {
                self.found |= self.number >= DISTINCTIVE && self.shares.contains(&self.number);
                self.number = 0;
            }
        }
        Ok(())
    }
}
