//! The sum of a number.

use super::*;
use formix_proto::statistic::Sum;

/// The sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SumTruth;

impl Oracle for SumTruth {
    const WEIGHT: u64 = 6;
    const SQUARES: bool = false;
    const REPLACES: bool = true;

    fn draw(_: &mut Stream, _: Scale) -> Self {
        Self
    }

    fn measure(self, scale: Scale) -> Measure {
        Sum(scale.domain()).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let Measure::Sum(Sum(domain)) = measure else { return None };
        Some(Bounds { min_answers: 1, max_element: width(domain) })
    }

    fn width(self, _: Scale) -> u64 {
        1
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        given.steps()
    }

    fn numbers(self, scale: Scale, totals: &[u128], answers: u128) -> Vec<Decimal> {
        vec![scale.sum(totals[0], answers)]
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Sum(found) = finding else { return None };
        Some(vec![found.sum])
    }

    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
        vec![scale.cell(draw)]
    }

    fn value(self, draw: &mut Stream, scale: Scale) -> i64 {
        scale.value(draw)
    }

    fn text(self, scale: Scale, value: i64) -> String {
        scale.text(value)
    }
}
