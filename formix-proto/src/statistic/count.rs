//! How many answers are yes.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::fields::{FieldError, Fields};
use super::reader::Reader;
use super::table::{Row, Table};
use super::{EXACT_COUNTS, narrow};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// How many answers are yes. One element: 1 for yes, 0 for no (Prio3Count of draft-irtf-cfrg-vdaf).
/// Exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count;

/// The word with which an analyst asks for a count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CountView {
    /// `count`
    #[default]
    Count,
    /// `yes-no`
    YesNo,
}

/// What a count found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountFound {
    /// How many answers are yes.
    pub yes: u64,
}

impl Definition for Count {
    type View = CountView;
    type Found = CountFound;

    const NAME: &'static str = "count";
    const KINDS: &'static [Kind] = &[
        Kind {
            name: "count",
            has_headline: true,
            fields: &[],
            example: || Count.write(&CountView::Count),
        },
        Kind {
            name: "yes-no",
            has_headline: true,
            fields: &[],
            example: || Count.write(&CountView::YesNo),
        },
    ];
    const MAX_BYTES: usize = 0;
    const MAX_ELEMENTS: usize = MAX_DIMENSION;

    fn dimension(&self) -> usize {
        1
    }

    fn max_element(&self) -> u128 {
        1
    }

    fn bits(&self) -> u32 {
        1
    }

    fn cells(&self) -> Cells {
        Cells::Exactly(1)
    }

    fn min_answers(&self) -> u32 {
        1
    }

    fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool {
        read.yes(Some(cell)).is_ok()
    }

    fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        write(0, read.yes(cells.first())?.into());
        Ok(())
    }

    fn decode(&self, totals: &[u128], _: u64) -> CountFound {
        CountFound { yes: totals.first().copied().map_or(0, narrow) }
    }

    fn reveals(&self) -> String {
        "how many answers are yes".into()
    }

    fn precision(&self) -> String {
        EXACT_COUNTS.into()
    }

    fn unprotected(&self) -> Option<&'static str> {
        None
    }

    fn read(fields: &Fields) -> Result<(Self, CountView), FieldError> {
        Ok((Self, if fields.kind() == "yes-no" { CountView::YesNo } else { CountView::Count }))
    }

    fn write(&self, view: &CountView) -> Fields {
        Fields::of_kind(match view {
            CountView::Count => "count",
            CountView::YesNo => "yes-no",
        })
    }

    fn table(&self, _: &CountView, answers: u64, found: &CountFound) -> Table {
        let share = Decimal::from(found.yes).checked_div(answers.into());
        Table::of_numbers(vec![
            Row::new("yes", Some(found.yes)),
            Row::new("no", Some(answers.saturating_sub(found.yes))),
            Row::new("share of yes", share.map(|share| share.round_dp(4))),
        ])
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        vec![Cell::text(if draw.flip() { "yes" } else { "no" })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_laid_out_with_its_share() {
        let table = Count.table(&CountView::YesNo, 3, &CountFound { yes: 2 });
        let shown: Vec<_> = table.numbers.iter().map(|row| row.plain().unwrap()).collect();
        assert_eq!((table.headline.as_deref(), table.chart), (Some("2"), None));
        assert_eq!(shown, ["2", "1", "0.6667"]);
        let none = Count.table(&CountView::Count, 0, &CountFound { yes: 0 });
        assert_eq!(none.numbers[2].plain(), None, "there is no share of none");
    }
}
