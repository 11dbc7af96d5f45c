//! How many choose each option.

use super::*;
use formix_proto::statistic::Choice;

/// How many choose each of this many options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceTruth(pub u32);

impl Oracle for ChoiceTruth {
    const WEIGHT: u64 = 2;
    const SQUARES: bool = false;
    const REPLACES: bool = true;

    fn draw(draw: &mut Stream, _: Scale) -> Self {
        Self(1 + draw.small(4))
    }

    fn measure(self, _: Scale) -> Measure {
        Choice(labels("o", self.0)).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let bounds = Bounds { min_answers: 1, max_element: 1 };
        matches!(measure, Measure::Choice(_)).then_some(bounds)
    }

    fn width(self, _: Scale) -> u64 {
        self.0.into()
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        given.chosen(self.0)
    }

    fn numbers(self, _: Scale, totals: &[u128], _: u128) -> Vec<Decimal> {
        counts(totals)
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Choice(found) = finding else { return None };
        Some(found.0.iter().map(|option| option.count.into()).collect())
    }

    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
        vec![cell(draw, |draw| self.value(draw, scale), |_| self.0.into())]
    }

    fn value(self, draw: &mut Stream, _: Scale) -> i64 {
        draw.small(self.0.into()).into()
    }

    fn text(self, _: Scale, value: i64) -> String {
        format!("o{value}")
    }
}
