//! P6: no share is in what a node tells its owner, which is all that its log is made of.

use std::collections::HashSet;

use formix_proto::record::Fact;

use super::Check;
use crate::book::Books;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

/// Every share that was made, but for those with so few digits that others look like them.
#[derive(Default)]
pub(super) struct Told(HashSet<u32>);

const DISTINCTIVE: u32 = 10_000_000;

impl Check for Told {
    fn see(&mut self, _: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        match sight {
            Sight::Issued { records, .. } => {
                for record in *records {
                    if let Fact::Split { shares, .. } = &record.fact {
                        let lanes = shares.iter().flat_map(|share| share.expose()).copied();
                        self.0.extend(lanes.filter(|lane| *lane >= DISTINCTIVE));
                    }
                }
                Ok(())
            }
            Sight::Told { peer, event } if self.is_in(&format!("{event:?}")) => {
                let what = "a share is in what a node tells its owner";
                Err(Breach::new(Invariant::P6, None, what).at(*peer))
            }
            _ => Ok(()),
        }
    }
}

impl Told {
    fn is_in(&self, text: &str) -> bool {
        let numbers = text.split(|c: char| !c.is_ascii_digit());
        let long = numbers.filter(|digits| digits.len() >= 8);
        long.filter_map(|digits| digits.parse().ok()).any(|number| self.0.contains(&number))
    }
}
