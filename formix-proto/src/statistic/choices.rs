//! How many answers choose each option, where an answer may choose several.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::choice::Frequencies;
use super::definition::{Cells, Definition, Draw, Kind};
use super::fields::{FieldError, Fields};
use super::labels::Labels;
use super::reader::Reader;
use super::table::Table;
use super::{EXACT_COUNTS, LONELY_COUNTS};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// How many answers choose each declared option, where an answer may choose any number of them. One element
/// for each option: 1 if it is chosen. Exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices(pub Labels);

impl Definition for Choices {
    type View = ();
    type Found = Frequencies;

    const NAME: &'static str = "choices";
    const KINDS: &'static [Kind] = &[Kind {
        name: "choices",
        has_headline: false,
        fields: &["options"],
        example: || Fields::of_kind("choices").with("options", &Labels::example()),
    }];
    const MAX_BYTES: usize = Labels::MAX_BYTES;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        self.0.count()
    }

    fn max_element(&self) -> u128 {
        1
    }

    fn bits(&self) -> u32 {
        1
    }

    fn cells(&self) -> Cells {
        Cells::AtMost(self.0.count())
    }

    fn min_answers(&self) -> u32 {
        1
    }

    fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool {
        read.option(&self.0, Some(cell)).is_ok()
    }

    fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        let mut chosen = vec![false; self.0.count()];
        for cell in cells {
            let option = read.option(&self.0, Some(cell))?;
            if core::mem::replace(&mut chosen[option], true) {
                return Err(AnswerError::Repeated);
            }
        }
        for (option, chosen) in chosen.into_iter().enumerate() {
            write(option, chosen.into());
        }
        Ok(())
    }

    fn decode(&self, totals: &[u128], _: u64) -> Frequencies {
        Frequencies::decode(&self.0, totals)
    }

    fn reveals(&self) -> String {
        format!(
            "how many answers choose each of {}, of which an answer may choose several",
            self.0.describe("option")
        )
    }

    fn precision(&self) -> String {
        EXACT_COUNTS.into()
    }

    fn unprotected(&self) -> Option<&'static str> {
        Some(LONELY_COUNTS)
    }

    fn read(fields: &Fields) -> Result<(Self, ()), FieldError> {
        Ok((Self(fields.labels("options")?), ()))
    }

    fn write(&self, (): &()) -> Fields {
        Fields::of_kind("choices").with("options", &self.0)
    }

    fn table(&self, (): &(), _: u64, found: &Frequencies) -> Table {
        let chart = Some(Frequencies::chart("choices", &found.0));
        Table { headline: None, numbers: Vec::new(), chart }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        let words = self.0.words().iter();
        words.filter(|_| draw.flip()).map(|word| Cell::text(word)).collect()
    }
}
