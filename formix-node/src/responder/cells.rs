//! A query's result as the cells of an answer.

use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{Cells, Statistic};

/// How many cells an answer has at the most, its group's label included.
pub(super) fn most_cells(statistic: &Statistic) -> usize {
    let (Cells::Exactly(count) | Cells::AtMost(count)) = statistic.measure.cells();
    count.saturating_add(statistic.groups.iter().count())
}

/// These cells, row by row, or what stands for them where there is no row: no value, or no option that is
/// chosen.
pub(super) fn answer(cells: Vec<Cell>, statistic: &Statistic) -> Answer {
    if !cells.is_empty() {
        return Answer::new(cells);
    }
    let label = statistic.groups.iter().count();
    let count = match statistic.measure.cells() {
        Cells::Exactly(_) => most_cells(statistic),
        Cells::AtMost(_) => label,
    };
    Answer::new(vec![Cell::missing(); count])
}
