//! The sums of many numbers, position by position.

use super::*;
use formix_proto::statistic::Vector;

/// The sums of this many numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorTruth(pub u32);

impl Oracle for VectorTruth {
    const WEIGHT: u64 = 2;
    const SQUARES: bool = false;
    const REPLACES: bool = true;

    fn draw(draw: &mut Stream, _: Scale) -> Self {
        Self(1 + draw.small(4))
    }

    fn measure(self, scale: Scale) -> Measure {
        Vector(scale.domain(), self.0).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let Measure::Vector(Vector(domain, _)) = measure else { return None };
        Some(Bounds { min_answers: 1, max_element: width(domain) })
    }

    fn width(self, _: Scale) -> u64 {
        self.0.into()
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        given.steps()
    }

    fn numbers(self, scale: Scale, totals: &[u128], answers: u128) -> Vec<Decimal> {
        totals.iter().map(|total| scale.sum(*total, answers)).collect()
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Vector(found) = finding else { return None };
        Some(found.sums.clone())
    }

    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
        (0..self.0).map(|_| scale.cell(draw)).collect()
    }

    fn value(self, draw: &mut Stream, scale: Scale) -> i64 {
        scale.value(draw)
    }

    fn text(self, scale: Scale, value: i64) -> String {
        scale.text(value)
    }
}
