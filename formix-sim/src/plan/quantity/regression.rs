//! The sums of a response, some columns, and their products.

use super::*;
use formix_proto::statistic::Regression;

/// The sums of a response, this many columns, and their products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegressionTruth(pub u32);

impl Oracle for RegressionTruth {
    const WEIGHT: u64 = 2;
    const SQUARES: bool = true;
    const REPLACES: bool = true;

    fn draw(draw: &mut Stream, _: Scale) -> Self {
        Self(1 + draw.small(2))
    }

    fn measure(self, scale: Scale) -> Measure {
        let domains = (0..self.0).map(|_| scale.domain()).collect();
        declared(Regression::try_from((scale.domain(), labels("x", self.0), domains))).into()
    }

    /// The sums over fewer answers are no fewer equations than the answers are unknown.
    fn bounds(measure: &Measure) -> Option<Bounds> {
        let Measure::Regression(regression) = measure else { return None };
        let all = regression.columns().iter().chain([regression.response()]);
        Some(Bounds {
            min_answers: 2 + 2 * regression.columns().len() as u32,
            max_element: all.map(|domain| width(domain).pow(2)).max().unwrap_or(0),
        })
    }

    fn width(self, _: Scale) -> u64 {
        let all = u64::from(self.0) + 1;
        all + all * (all + 1) / 2
    }

    fn encode(self, given: &Given<'_>) -> Option<Vec<u128>> {
        let mut all = given.steps()?;
        // The response is answered first, and comes last.
        all.rotate_left(1);
        let products =
            (0..all.len()).flat_map(|i| all[i..].iter().map(|z| z * all[i]).collect::<Vec<_>>());
        Some(all.iter().copied().chain(products).collect())
    }

    /// Coefficients are rounded, and have tests of their own.
    fn numbers(self, _: Scale, _: &[u128], _: u128) -> Vec<Decimal> {
        Vec::new()
    }

    fn found(self, finding: &Finding) -> Option<Vec<Decimal>> {
        matches!(finding, Finding::Regression(_)).then(Vec::new)
    }

    fn reply(self, draw: &mut Stream, scale: Scale) -> Vec<Option<i64>> {
        (0..=self.0).map(|_| scale.cell(draw)).collect()
    }

    fn value(self, draw: &mut Stream, scale: Scale) -> i64 {
        scale.value(draw)
    }

    fn text(self, scale: Scale, value: i64) -> String {
        scale.text(value)
    }
}
