//! How many numbers are in each bucket.

use super::*;
use formix_proto::statistic::{Buckets, Histogram};

/// How many are in each bucket of this many steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramTruth(pub u64);

impl Oracle for HistogramTruth {
    const WEIGHT: u64 = 3;
    const SQUARES: bool = false;
    const REPLACES: bool = true;

    fn draw(draw: &mut Stream, scale: Scale) -> Self {
        Self(scale.width().div_ceil(1 + draw.below(6)))
    }

    fn measure(self, scale: Scale) -> Measure {
        let width = Decimal::from_i128_with_scale(self.0.into(), scale.decimals.into());
        Histogram(declared(Buckets::every(scale.domain(), width))).into()
    }

    fn bounds(measure: &Measure) -> Option<Bounds> {
        let bounds = Bounds { min_answers: 1, max_element: 1 };
        matches!(measure, Measure::Histogram(_)).then_some(bounds)
    }

    fn width(self, scale: Scale) -> u64 {
        scale.width().div_ceil(self.0)
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        let mut elements = vec![0; usize::try_from(self.width(given.scale)).ok()?];
        let bucket = usize::try_from(given.steps()?.first()? / u128::from(self.0)).ok()?;
        let last = elements.len() - 1;
        elements[bucket.min(last)] = 1;
        Some(elements)
    }

    fn numbers(self, _: Scale, totals: &[u128], _: u128) -> Vec<Decimal> {
        counts(totals)
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        let Finding::Histogram(found) = finding else { return None };
        Some(found.0.iter().map(|bucket| bucket.count.into()).collect())
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
