//! What an analyst wants to know, in an analyst's words, and the measure that finds it out.

use std::fmt;

use formix_proto::Decimal;
use formix_proto::statistic::{Buckets, Domain, DomainError, Labels, Measure, Regression};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Wrong};
use super::number::Number;

/// The decimal places that are kept if nothing else is said.
const DECIMALS: u8 = 2;

/// `[statistic]`: what is wanted. Which fields there are depends on the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "what the fields mean is one thing for each kind: see `Kind`")]
pub struct Wanted {
    pub kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<Vec<Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
}

/// An analyst's word for a statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// How many say yes.
    Count,
    /// How many say yes, and what share of all that is.
    YesNo,
    /// The sum of a number from `min` to `max`, of which `decimals` places are kept.
    Sum,
    /// Its mean.
    Mean,
    /// Its mean, variance and standard deviation.
    Moments,
    /// Its variance.
    Variance,
    /// Its standard deviation.
    Deviation,
    /// How many are between each of the `edges` and the next; or the same with `min`, `max` and
    /// `width`.
    Histogram,
    /// The middle one of numbers from `min` to `max`, to within `resolution`.
    Median,
    /// The numbers that the shares `at`, from 0 to 1, of all are not above, to within `resolution`.
    Quantiles,
    /// The least, to within `resolution`.
    Min,
    /// The greatest, to within `resolution`.
    Max,
    /// How many choose each of the `options`.
    Choice,
    /// The same, if one may choose several.
    Choices,
    /// The `k` of the `options` that most choose.
    Top,
    /// The sums, place by place, of vectors of that `length` of numbers from `min` to `max`.
    VectorSum,
    /// Their means.
    VectorMean,
    /// How the `response` depends on the `columns`, by least squares.
    Regression,
}

/// One number of an answer to a regression. Columns are in an order, that of the answer's values, which
/// tables of TOML have not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// The least.
    pub min: Number,
    /// The greatest.
    pub max: Number,
    /// The decimal places that are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
}

impl Kind {
    /// The fields that there are for any kind, beside itself.
    const ALL_FIELDS: &[&str] = &[
        "min",
        "max",
        "decimals",
        "edges",
        "width",
        "resolution",
        "at",
        "options",
        "k",
        "length",
        "response",
        "columns",
    ];

    /// The fields that there may be.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Count | Self::YesNo => &["kind"],
            Self::Sum | Self::Mean | Self::Moments | Self::Variance | Self::Deviation => {
                &["kind", "min", "max", "decimals"]
            }
            Self::Histogram => &["kind", "edges", "min", "max", "width", "decimals"],
            Self::Median | Self::Min | Self::Max => {
                &["kind", "min", "max", "resolution", "decimals"]
            }
            Self::Quantiles => &["kind", "at", "min", "max", "resolution", "decimals"],
            Self::Choice | Self::Choices => &["kind", "options"],
            Self::Top => &["kind", "options", "k"],
            Self::VectorSum | Self::VectorMean => &["kind", "length", "min", "max", "decimals"],
            Self::Regression => &["kind", "response", "columns"],
        }
    }
}

impl Kind {
    /// Which quantile it is, if it is one of those that have a name.
    pub fn quantile(self) -> Option<f64> {
        match self {
            Self::Min => Some(0.0),
            Self::Median => Some(0.5),
            Self::Max => Some(1.0),
            _ => None,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Wanted {
    /// What is wanted, and nothing said about it.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            min: None,
            max: None,
            decimals: None,
            edges: None,
            width: None,
            resolution: None,
            at: None,
            options: None,
            k: None,
            length: None,
            response: None,
            columns: None,
        }
    }

    /// Wants something of a number from `min` to `max`, to so many decimal places.
    pub fn of_number(kind: Kind, min: Decimal, max: Decimal, decimals: u8) -> Self {
        let (min, max) = (Some(Number(min)), Some(Number(max)));
        Self { min, max, decimals: Some(decimals), ..Self::new(kind) }
    }

    /// The measure that finds it out.
    pub(super) fn measure(&self) -> Result<Measure, Fault> {
        self.check_fields()?;
        Ok(match self.kind {
            Kind::Count | Kind::YesNo => Measure::Count,
            Kind::Sum | Kind::Mean => Measure::Sum(self.domain()?),
            Kind::Moments | Kind::Variance | Kind::Deviation => Measure::Moments(self.domain()?),
            Kind::Histogram => Measure::Histogram(self.buckets()?),
            Kind::Median | Kind::Min | Kind::Max => Measure::Histogram(self.steps()?),
            Kind::Quantiles => {
                self.check_quantiles()?;
                Measure::Histogram(self.steps()?)
            }
            Kind::Choice => Measure::Choice(self.options()?),
            Kind::Choices => Measure::Choices(self.options()?),
            Kind::Top => Measure::Choice(self.best()?),
            Kind::VectorSum | Kind::VectorMean => {
                Measure::Vector(self.domain()?, self.needed("length", &self.length)?)
            }
            Kind::Regression => Measure::Regression(self.regression()?),
        })
    }

    fn check_fields(&self) -> Result<(), Fault> {
        let (fields, all) = (self.kind.fields(), Kind::ALL_FIELDS);
        let said = serde_json::to_value(self).unwrap_or_default();
        let unused =
            all.iter().find(|field| said.get(**field).is_some() && !fields.contains(field));
        unused.map_or(Ok(()), |field| Err(Fault::at(field, Wrong::Unused(self.kind))))
    }

    fn needed<T: Clone>(&self, field: &'static str, value: &Option<T>) -> Result<T, Fault> {
        value.clone().ok_or_else(|| Fault::at(field, Wrong::Needed(self.kind)))
    }

    /// The numbers from `min` to `max`; `finest` may have more decimal places than they.
    fn numbers(&self, finest: &[Number]) -> Result<Domain, Fault> {
        let (min, max) = (self.needed("min", &self.min)?, self.needed("max", &self.max)?);
        let decimals = self.decimals.unwrap_or_else(|| places([&[min, max], finest].concat()));
        domain(min, max, decimals)
    }

    fn domain(&self) -> Result<Domain, Fault> {
        self.numbers(&[])
    }

    fn buckets(&self) -> Result<Buckets, Fault> {
        let Some(edges) = &self.edges else { return self.every("width", &self.width) };
        for (field, said) in [("min", &self.min), ("max", &self.max), ("width", &self.width)] {
            if said.is_some() {
                return Err(Fault::at(field, Wrong::Twice));
            }
        }
        let decimals = self.decimals.unwrap_or_else(|| places(edges.clone()));
        let edges: Vec<_> = edges.iter().map(|edge| edge.0).collect();
        Buckets::between(&edges, decimals).map_err(|e| Fault::at("edges", Wrong::Buckets(e)))
    }

    fn steps(&self) -> Result<Buckets, Fault> {
        self.every("resolution", &self.resolution)
    }

    fn every(&self, field: &'static str, width: &Option<Number>) -> Result<Buckets, Fault> {
        let width = self.needed(field, width)?;
        let buckets = Buckets::every(self.numbers(&[width])?, width.0);
        buckets.map_err(|error| Fault::at(field, Wrong::Buckets(error)))
    }

    fn check_quantiles(&self) -> Result<(), Fault> {
        let at = self.needed("at", &self.at)?;
        let range = Decimal::ZERO..=Decimal::ONE;
        match !at.is_empty() && at.iter().all(|place| range.contains(&place.0)) {
            true => Ok(()),
            false => Err(Fault::at("at", Wrong::Quantile)),
        }
    }

    fn options(&self) -> Result<Labels, Fault> {
        labels("options", self.needed("options", &self.options)?)
    }

    fn best(&self) -> Result<Labels, Fault> {
        let (options, best) = (self.options()?, self.needed("k", &self.k)?);
        match (1..=options.count()).contains(&best) {
            true => Ok(options),
            false => Err(Fault::at("k", Wrong::Top(options.count()))),
        }
    }

    fn regression(&self) -> Result<Regression, Fault> {
        let response = self.needed("response", &self.response)?;
        let columns = self.needed("columns", &self.columns)?;
        let names = columns.iter().map(|column| column.name.clone()).collect();
        let domains: Result<_, _> = columns.iter().map(Column::domain).collect();
        let parts = (
            response.domain().map_err(|fault| fault.within("response"))?,
            labels("columns", names)?,
            domains.map_err(|fault| fault.within("columns"))?,
        );
        Regression::try_from(parts).map_err(|e| Fault::at("columns", Wrong::Regression(e)))
    }
}

impl Column {
    fn domain(&self) -> Result<Domain, Fault> {
        let (min, max) = (self.min, self.max);
        domain(min, max, self.decimals.unwrap_or_else(|| places(vec![min, max])))
    }
}

/// As many decimal places as these numbers are written with, and two at least.
fn places(numbers: Vec<Number>) -> u8 {
    let scales = numbers.iter().map(|number| number.0.normalize().scale());
    u8::try_from(scales.max().unwrap_or(0)).unwrap_or(u8::MAX).max(DECIMALS)
}

fn domain(min: Number, max: Number, decimals: u8) -> Result<Domain, Fault> {
    Domain::new(min.0, max.0, decimals).map_err(|error| {
        let field = match error {
            DomainError::Empty => "max",
            DomainError::TooFine(_) => "decimals",
            DomainError::Bounds => "min",
        };
        Fault::at(field, Wrong::Domain(error))
    })
}

pub(super) fn labels(field: &'static str, words: Vec<String>) -> Result<Labels, Fault> {
    Labels::try_from(words).map_err(|error| Fault::at(field, Wrong::Labels(error)))
}
