//! How many say yes.

use super::*;
use formix_proto::statistic::Count;

/// How many say 1, and not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountTruth;

impl Oracle for CountTruth {
    const WEIGHT: u64 = 1;
    const SQUARES: bool = false;
    /// What is neither yes nor no is refused whatever the question says.
    const REPLACES: bool = false;

    fn draw(_: &mut Stream, _: Scale) -> Self {
        Self
    }

    fn measure(self, _: Scale) -> Measure {
        Count.into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let bounds = Bounds { min_answers: 1, max_element: 1 };
        matches!(measure, Measure::Count(_)).then_some(bounds)
    }

    fn width(self, _: Scale) -> u64 {
        1
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        given.all(|cell| u128::try_from(cell).ok().filter(|yes| *yes <= 1))
    }

    fn numbers(self, _: Scale, totals: &[u128], _: u128) -> Vec<Decimal> {
        counts(totals)
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Count(found) = finding else { return None };
        Some(vec![found.yes.into()])
    }

    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
        vec![cell(draw, |draw| self.value(draw, scale), |_| 2)]
    }

    fn value(self, draw: &mut Stream, _: Scale) -> i64 {
        draw.small(2).into()
    }

    fn text(self, _: Scale, value: i64) -> String {
        value.to_string()
    }
}
