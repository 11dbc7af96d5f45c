//! C8: a proposal that breaks a limit is never opened, so that no accepted one can wrap.

use formix_proto::record::Fact;

use super::Check;
use crate::book::Books;
use crate::sight::Sight;
use crate::violation::{Breach, Invariant};

pub(super) struct Terms;

impl Check for Terms {
    fn see(&mut self, books: &Books<'_>, sight: &Sight<'_>) -> Result<(), Breach> {
        let Sight::Issued { peer, records, .. } = sight else { return Ok(()) };
        for record in records.iter().filter(|record| record.fact == Fact::Opened) {
            let Some(question) = books.question(&record.id) else { continue };
            if books.plan.workload[question].flaw.is_some() {
                let what = "a proposal that must be refused was opened";
                return Err(Breach::new(Invariant::C8, question, what).at(*peer));
            }
        }
        Ok(())
    }
}
