//! How many answers choose each option.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::fields::{FieldError, Fields};
use super::labels::Labels;
use super::reader::Reader;
use super::table::{Chart, Plot, Row, Table};
use super::{EXACT_COUNTS, LONELY_COUNTS, narrow};
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_DIMENSION;

/// How many answers choose each declared option. One element for each option, one-hot. Exact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice(pub Labels);

/// What an analyst wants to see of a choice first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ChoiceView {
    /// All options, as they are declared.
    #[default]
    Choice,
    /// This many of the options, the most frequent first.
    Top(usize),
}

/// The frequency of each option, in their declared order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequencies(pub Vec<Frequency>);

/// How many answers chose an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequency {
    /// The option.
    pub option: String,
    /// How many.
    pub count: u64,
}

/// As many of the options are wanted as there are not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("k must be from 1 to {0}, the number of options")]
struct TopProblem(usize);

impl Frequencies {
    pub(super) fn decode(options: &Labels, totals: &[u128]) -> Self {
        let frequency = |(option, total): (&String, &u128)| Frequency {
            option: option.clone(),
            count: narrow(*total),
        };
        Self(options.words().iter().zip(totals).map(frequency).collect())
    }

    /// The options, the most frequent first; in their declared order where they are equally frequent.
    pub fn top(&self) -> Vec<&Frequency> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_key(|frequency| core::cmp::Reverse(frequency.count));
        sorted
    }

    pub(super) fn chart<'a>(
        title: &str,
        frequencies: impl IntoIterator<Item = &'a Frequency>,
    ) -> Chart {
        let rows = frequencies.into_iter().map(|it| Row::count_of(&it.option, it.count));
        Chart { title: title.into(), axis: "count".into(), plot: Plot::Bars, rows: rows.collect() }
    }
}

impl Definition for Choice {
    type View = ChoiceView;
    type Found = Frequencies;

    const NAME: &'static str = "choice";
    const KINDS: &'static [Kind] = &[
        Kind {
            name: "choice",
            has_headline: false,
            fields: &["options"],
            example: || Fields::of_kind("choice").with("options", &Labels::example()),
        },
        Kind {
            name: "top",
            has_headline: true,
            fields: &["options", "k"],
            example: || Fields::of_kind("top").with("options", &Labels::example()).with("k", 2),
        },
    ];
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
        Cells::Exactly(1)
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
        write(read.option(&self.0, cells.first())?, 1);
        Ok(())
    }

    fn decode(&self, totals: &[u128], _: u64) -> Frequencies {
        Frequencies::decode(&self.0, totals)
    }

    fn reveals(&self) -> String {
        format!("how many answers choose each of {}", self.0.describe("option"))
    }

    fn precision(&self) -> String {
        EXACT_COUNTS.into()
    }

    fn unprotected(&self) -> Option<&'static str> {
        Some(LONELY_COUNTS)
    }

    fn read(fields: &Fields) -> Result<(Self, ChoiceView), FieldError> {
        let options = fields.labels("options")?;
        if fields.kind() != "top" {
            return Ok((Self(options), ChoiceView::Choice));
        }
        let k = usize::try_from(fields.needed("k", fields.count("k")?)?).unwrap_or(usize::MAX);
        match (1..=options.count()).contains(&k) {
            true => Ok((Self(options), ChoiceView::Top(k))),
            false => Err(FieldError::new("k", TopProblem(options.count()))),
        }
    }

    fn write(&self, view: &ChoiceView) -> Fields {
        match view {
            ChoiceView::Choice => Fields::of_kind("choice").with("options", &self.0),
            ChoiceView::Top(k) => {
                Fields::of_kind("top").with("options", &self.0).with("k", *k as u64)
            }
        }
    }

    fn table(&self, view: &ChoiceView, _: u64, found: &Frequencies) -> Table {
        let ChoiceView::Top(k) = view else {
            let chart = Some(Frequencies::chart("choice", &found.0));
            return Table { headline: None, numbers: Vec::new(), chart };
        };
        let top: Vec<_> = found.top().into_iter().take(*k).collect();
        let names: Vec<_> = top.iter().map(|it| it.option.as_str()).collect();
        Table {
            headline: Some(names.join(", ")),
            numbers: Vec::new(),
            chart: Some(Frequencies::chart("top", top)),
        }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        vec![draw.word(&self.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_options_are_the_headline_and_the_chart() {
        let choice = Choice(Labels::example());
        let found = choice.decode(&[1, 3, 3, 0], 7);
        let shown = |view| {
            let table = choice.table(&view, 7, &found);
            let rows = table.chart.unwrap().rows.into_iter().map(|row| row.item.unwrap());
            (table.headline, rows.collect::<Vec<_>>())
        };
        let all = (None, ["tea", "coffee", "2", "none of them"].map(String::from).to_vec());
        assert_eq!(shown(ChoiceView::Choice), all);
        let top = ["coffee", "2", "tea"].map(String::from).to_vec();
        assert_eq!(shown(ChoiceView::Top(3)), (Some("coffee, 2, tea".into()), top));
    }

    #[test]
    fn as_many_options_are_wanted_as_there_are() {
        let with = |k: u64| Fields::of_kind("top").with("options", &Labels::example()).with("k", k);
        for k in [0, 5, u64::MAX] {
            let error = Choice::read(&with(k)).unwrap_err();
            assert_eq!((error.field.as_str(), error.problem.is::<TopProblem>()), ("k", true));
        }
        assert_eq!(Choice::read(&with(4)).unwrap().1, ChoiceView::Top(4));
    }
}
