//! The sum of a number, and that of its squares.

use super::*;
use formix_proto::statistic::Moments;

/// The sum, and that of the squares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentsTruth;

impl Oracle for MomentsTruth {
    const WEIGHT: u64 = 3;
    const SQUARES: bool = true;
    const REPLACES: bool = true;

    fn draw(_: &mut Stream, _: Scale) -> Self {
        Self
    }

    fn measure(self, scale: Scale) -> Measure {
        Moments(scale.domain()).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let Measure::Moments(Moments(domain)) = measure else { return None };
        Some(Bounds { min_answers: 1, max_element: width(domain).pow(2) })
    }

    fn width(self, _: Scale) -> u64 {
        2
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        let number = *given.steps()?.first()?;
        Some(vec![number, number * number])
    }

    /// Variance and deviation are rounded, and have tests of their own.
    fn numbers(self, scale: Scale, totals: &[u128], answers: u128) -> Vec<Decimal> {
        vec![scale.sum(totals[0], answers)]
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Moments(found) = finding else { return None };
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
