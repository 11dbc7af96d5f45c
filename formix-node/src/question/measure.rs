//! From what an analyst wants to the measure that finds it out.

use formix_proto::Decimal;
use formix_proto::statistic::{Buckets, Domain, DomainError, Labels, Measure, Regression};

use super::fault::{Fault, Wrong};
use super::kind::Kind;
use super::number::Number;
use super::wanted::{Column, Wanted};

/// The decimal places that are kept if nothing else is said.
const DECIMALS: u8 = 2;

impl Wanted {
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
        let said = serde_json::to_value(self).unwrap_or_default();
        let mut said = said.as_object().into_iter().flat_map(|fields| fields.keys());
        let unused = said.find(|field| !self.kind.fields().contains(&field.as_str()));
        unused.map_or(Ok(()), |field| Err(Fault::at(field, Wrong::Unused(self.kind))))
    }

    fn needed<T: Clone>(&self, field: &str, value: &Option<T>) -> Result<T, Fault> {
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
        let Some(edges) = &self.edges else {
            return match [&self.min, &self.max, &self.width] {
                [None, None, None] => Err(Fault::at("edges", Wrong::NoBuckets)),
                _ => self.every("width", &self.width),
            };
        };
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

    fn every(&self, field: &str, width: &Option<Number>) -> Result<Buckets, Fault> {
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
            // Beside itself, a bound that is right makes a domain that is only empty.
            DomainError::Bounds => match Domain::new(min.0, min.0, decimals) {
                Err(DomainError::Bounds) => "min",
                _ => "max",
            },
        };
        Fault::at(field, Wrong::Domain(error))
    })
}

pub(super) fn labels(field: &str, words: Vec<String>) -> Result<Labels, Fault> {
    Labels::try_from(words).map_err(|error| Fault::at(field, Wrong::Labels(error)))
}
