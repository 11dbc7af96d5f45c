//! A result as a table: a row for each number that was found, what was wanted first.

use formix_node::question::{Kind, Wanted};
use formix_proto::Decimal;
use formix_proto::statistic::{Bucket, Finding, Fit, Found, Frequency, Part, Summary};
use serde::Serialize;

use super::value::Value;

/// One number of a result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) group: Option<String>,
    /// How many answers it is about; `None` if there were too few to tell of.
    pub(super) answers: Option<u64>,
    pub(super) quantity: String,
    /// The option, the place or the column that it is the quantity of.
    pub(super) item: Option<String>,
    /// The bucket that it is about, or that the quantity is in.
    pub(super) from: Option<Decimal>,
    pub(super) to: Option<Decimal>,
    pub(super) value: Option<Value>,
    /// Its standard error.
    pub(super) error: Option<f64>,
    #[serde(skip)]
    pub(super) form: Form,
}

/// What a row is beside others of its kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// Nothing is beside it.
    Single,
    /// A count among counts.
    Bar,
    /// A place of a vector.
    Place,
    /// A coefficient of a regression.
    Coefficient,
}

/// The whole result.
pub(super) fn rows(wanted: &Wanted, summary: &Summary) -> Vec<Row> {
    summary.parts.iter().flat_map(|part| of_part(wanted, part)).collect()
}

fn of_part(wanted: &Wanted, part: &Part) -> Vec<Row> {
    let mut rows = match &part.found {
        None => vec![row("not told", None)],
        Some(found) => of_found(wanted, found),
    };
    for row in &mut rows {
        row.group.clone_from(&part.group);
        row.answers = part.found.as_ref().map(|found| found.answers);
    }
    rows
}

fn of_found(wanted: &Wanted, found: &Found) -> Vec<Row> {
    let kind = wanted.kind;
    match &found.finding {
        Finding::Count { yes } => count(*yes, found.answers),
        Finding::Sum { sum, mean } => lead(
            if kind == Kind::Mean { "mean" } else { "sum" },
            vec![row("sum", Some((*sum).into())), row("mean", mean.map(Value::from))],
        ),
        Finding::Moments { sum, mean, variance, deviation } => lead(
            match kind {
                Kind::Variance => "variance",
                Kind::Deviation => "deviation",
                _ => "mean",
            },
            vec![
                row("mean", mean.map(Value::from)),
                row("variance", variance.map(Value::from)),
                row("deviation", deviation.map(Value::from)),
                row("sum", Some((*sum).into())),
            ],
        ),
        Finding::Histogram(buckets) => {
            let mut rows = quantiles(wanted, &found.finding);
            rows.extend(buckets.iter().map(bucket));
            rows
        }
        Finding::Frequencies(all) => match (kind, found.finding.top()) {
            (Kind::Top, Some(best)) => {
                best.into_iter().take(wanted.k.unwrap_or(usize::MAX)).map(frequency).collect()
            }
            _ => all.iter().map(frequency).collect(),
        },
        Finding::Vector { sums, means } => match kind {
            Kind::VectorMean => places("mean", means),
            _ => places("sum", sums),
        },
        Finding::Regression(fit) => regression(fit),
    }
}

fn row(quantity: &str, value: Option<Value>) -> Row {
    Row {
        group: None,
        answers: None,
        quantity: quantity.to_owned(),
        item: None,
        from: None,
        to: None,
        value,
        error: None,
        form: Form::Single,
    }
}

/// Moves one quantity to the front.
fn lead(quantity: &str, mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| row.quantity != quantity);
    rows
}

fn count(yes: u64, answers: u64) -> Vec<Row> {
    let share = Decimal::from(yes).checked_div(answers.into()).map(|share| share.round_dp(4));
    vec![
        row("yes", Some(yes.into())),
        row("no", Some(answers.saturating_sub(yes).into())),
        row("share of yes", share.map(Value::from)),
    ]
}

/// Those that are asked for: the one that has a name, or the declared ones.
fn quantiles(wanted: &Wanted, finding: &Finding) -> Vec<Row> {
    let named = wanted.kind.quantile().map(|at| (wanted.kind.to_string(), at));
    let declared = wanted.at.iter().flatten().filter_map(|at| {
        let place: f64 = at.0.try_into().ok()?;
        Some((format!("quantile {at}"), place))
    });
    let found = named.into_iter().chain(declared).filter_map(|(name, at)| {
        let bucket = finding.quantile(at)?;
        Some(Row { from: Some(bucket.from), to: Some(bucket.to), ..row(&name, None) })
    });
    found.collect()
}

fn bucket(bucket: &Bucket) -> Row {
    let (from, to) = (Some(bucket.from), Some(bucket.to));
    Row { from, to, form: Form::Bar, ..row("count", Some(bucket.count.into())) }
}

fn frequency(Frequency { option, count }: &Frequency) -> Row {
    let item = Some(option.clone());
    Row { item, form: Form::Bar, ..row("count", Some((*count).into())) }
}

fn places(quantity: &str, values: &[Decimal]) -> Vec<Row> {
    let place = |(place, value): (usize, &Decimal)| Row {
        item: Some((place + 1).to_string()),
        form: Form::Place,
        ..row(quantity, Some((*value).into()))
    };
    values.iter().enumerate().map(place).collect()
}

fn regression(fit: &Fit) -> Vec<Row> {
    let coefficients = fit.coefficients.iter().flatten().map(|coefficient| Row {
        item: Some(coefficient.column.clone().unwrap_or_else(|| "(intercept)".to_owned())),
        error: coefficient.error,
        form: Form::Coefficient,
        ..row("coefficient", Some(coefficient.estimate.into()))
    });
    let mut rows: Vec<_> = coefficients.collect();
    if rows.is_empty() {
        rows.push(row("coefficients", None));
    }
    rows.push(row("r squared", fit.r_squared.map(Value::from)));
    rows.push(row("residual", fit.residual.map(Value::from)));
    rows
}
