//! How many choose each option, where each may choose several.

use super::*;
use formix_proto::statistic::Choices;

/// How many choose each of this many options, of which each may choose several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoicesTruth(pub u32);

impl Oracle for ChoicesTruth {
    const WEIGHT: u64 = 1;
    const SQUARES: bool = false;
    const REPLACES: bool = true;

    fn draw(draw: &mut Stream, _: Scale) -> Self {
        Self(1 + draw.small(4))
    }

    fn measure(self, _: Scale) -> Measure {
        Choices(labels("o", self.0)).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let bounds = Bounds { min_answers: 1, max_element: 1 };
        matches!(measure, Measure::Choices(_)).then_some(bounds)
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
        let Finding::Choices(found) = finding else { return None };
        Some(found.0.iter().map(|option| option.count.into()).collect())
    }

    /// Some of the options; seldom one of them twice, or none of them.
    fn reply(self, draw: &mut Stream, _: Scale) -> Vec<Option<i64>> {
        let mut chosen: Vec<_> = (0..self.0).filter(|_| draw.chance(50)).collect();
        if draw.chance(5) && chosen.len() < self.0 as usize {
            chosen.push(draw.small(u64::from(self.0) + 1));
        }
        chosen.into_iter().map(|option| Some(option.into())).collect()
    }

    fn value(self, draw: &mut Stream, _: Scale) -> i64 {
        draw.small(self.0.into()).into()
    }

    fn text(self, _: Scale, value: i64) -> String {
        format!("o{value}")
    }
}
