//! A result as named quantities, and two lists of them side by side.

use formix_proto::Decimal;
use formix_proto::statistic::{Finding, Found, Summary};
use serde::Serialize;

/// The relative difference allowed between a private and an open quantity: the private one is rounded to
/// its declared resolution, the open one in every step.
const TOLERANCE: f64 = 1e-7;

/// One quantity, as computed in private and openly.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) quantity: String,
    pub(super) private: Option<f64>,
    pub(super) open: f64,
    pub(super) matches: bool,
}

/// The private results beside the open ones.
pub(super) fn beside(summary: Option<&Summary>, truth: &[(String, f64)]) -> Vec<Row> {
    let found = summary.map(quantities).unwrap_or_default();
    let row = |(quantity, open): &(String, f64)| {
        let same = found.iter().find(|(name, _)| name == quantity);
        let private = same.map(|(_, value)| *value);
        let matches = private
            .is_some_and(|private| (private - open).abs() <= TOLERANCE * open.abs().max(1.0));
        Row { quantity: quantity.clone(), private, open: *open, matches }
    };
    truth.iter().map(row).collect()
}

impl Row {
    pub(super) fn line(&self) -> String {
        let private = self.private.map_or_else(|| "suppressed".to_owned(), shown);
        let verdict = if self.matches { "" } else { "   DIFFERS" };
        format!("  {:<16} {private:>16} {:>16}{verdict}", self.quantity, shown(self.open))
    }
}

fn shown(value: f64) -> String {
    if value.fract() == 0.0 { format!("{value}") } else { format!("{value:.6}") }
}

/// Every quantity of a result, by name; those of a group begin with its label.
fn quantities(summary: &Summary) -> Vec<(String, f64)> {
    let groups = summary.groups.iter();
    let groups = groups.filter_map(|group| Some((&group.label, group.found.as_ref()?)));
    groups
        .flat_map(|(group, found)| {
            let prefix = group.as_ref().map(|group| format!("{group}: ")).unwrap_or_default();
            of(found).into_iter().map(move |(name, value)| (format!("{prefix}{name}"), value))
        })
        .collect()
}

fn of(found: &Found) -> Vec<(String, f64)> {
    let named = |name: &str, value: Option<f64>| value.map(|value| (name.to_owned(), value));
    // The summary's mean is rounded to a few more decimals than the answers; this one is a full double.
    let mean = |sum: &Decimal| {
        named("mean", f64::try_from(*sum).ok().map(|sum| sum / found.answers as f64))
    };
    match &found.finding {
        Finding::Sum(found) => mean(&found.sum).into_iter().collect(),
        Finding::Moments(found) => {
            mean(&found.sum).into_iter().chain(named("deviation", found.deviation)).collect()
        }
        Finding::Histogram(found) => found
            .0
            .iter()
            .map(|bucket| (format!("{} to {}", bucket.from, bucket.to), bucket.count as f64))
            .collect(),
        Finding::Regression(fit) => fit
            .coefficients
            .iter()
            .flatten()
            .map(|it| (it.column.clone().unwrap_or_else(|| "intercept".to_owned()), it.estimate))
            .collect(),
        _ => Vec::new(),
    }
}
