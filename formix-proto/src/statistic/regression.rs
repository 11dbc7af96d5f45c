//! Linear regression from sums of products.

use alloc::string::String;
use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::{Deserialize, Serialize};

use super::domain::Domain;
use super::exact::{double, exact, root, solve};
use super::labels::Labels;
use super::reader::Reader;
use crate::answer::{AnswerError, Cell};
use crate::limits::MAX_COLUMNS;

/// Ordinary least squares: `response = intercept + sum of coefficient * column`.
///
/// An answer is the response and then the columns, `p + 1` numbers. With `z' = (x1', .., xp', y')` in
/// steps of their domains, its lanes are `z'` and every product `zi' zj'`, `i <= j`:
/// `(p + 1) + (p + 1)(p + 2) / 2` lanes. Their totals are the normal equations `X'X b = X'y`, which are
/// solved exactly, in rational numbers, and rounded once to doubles: however nearly collinear the
/// columns are, the coefficients are those of the rounded answers. Standard errors are the classical
/// ones, `sqrt(s^2 (X'X)^-1_ii)` with `s^2 = RSS / (n - p - 1)` (Draper and Smith, Applied Regression
/// Analysis, chapter 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(Domain, Labels, Vec<Domain>)", into = "(Domain, Labels, Vec<Domain>)")]
pub struct Regression {
    response: Domain,
    names: Labels,
    columns: Vec<Domain>,
}

/// Why a regression is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegressionError {
    /// Not as many names as columns.
    #[error("every column needs a name and a domain")]
    Unnamed,
    /// More columns than [`MAX_COLUMNS`].
    #[error("a regression has at most {MAX_COLUMNS} columns")]
    TooMany,
}

impl TryFrom<(Domain, Labels, Vec<Domain>)> for Regression {
    type Error = RegressionError;

    fn try_from(
        (response, names, columns): (Domain, Labels, Vec<Domain>),
    ) -> Result<Self, RegressionError> {
        match () {
            () if names.count() != columns.len() => Err(RegressionError::Unnamed),
            () if columns.len() > MAX_COLUMNS => Err(RegressionError::TooMany),
            () => Ok(Self { response, names, columns }),
        }
    }
}

impl From<Regression> for (Domain, Labels, Vec<Domain>) {
    fn from(Regression { response, names, columns }: Regression) -> Self {
        (response, names, columns)
    }
}

/// What a regression found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The intercept, then one for each column; `None` if the columns are collinear, or there are not
    /// more answers than coefficients.
    pub coefficients: Option<Vec<Coefficient>>,
    /// The share of the response's variance that is explained; `None` if it does not vary.
    pub r_squared: Option<f64>,
    /// The residuals' standard deviation, `sqrt(RSS / (n - p - 1))`.
    pub residual: Option<f64>,
}

/// One coefficient.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    /// Its column; `None` is the intercept.
    pub column: Option<String>,
    /// The estimate, in units of the response by units of the column.
    pub estimate: f64,
    /// Its standard error.
    pub error: Option<f64>,
}

impl Regression {
    /// What is explained.
    pub fn response(&self) -> &Domain {
        &self.response
    }

    /// What it is explained with.
    pub fn columns(&self) -> &[Domain] {
        &self.columns
    }

    /// What the columns are called.
    pub fn names(&self) -> &[String] {
        self.names.words()
    }

    pub(super) fn dimension(&self) -> usize {
        let variables = self.columns.len() + 1;
        variables + variables * (variables + 1) / 2
    }

    pub(super) fn largest(&self) -> u128 {
        let widths = self.columns.iter().chain([&self.response]).map(Domain::width);
        u128::from(widths.max().unwrap_or(0)).pow(2)
    }

    pub(super) fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        mut write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError> {
        let mut variables = [0u128; MAX_COLUMNS + 1];
        let count = self.columns.len() + 1;
        for (place, domain) in self.columns.iter().enumerate() {
            variables[place] = read.steps(domain, cells.get(place + 1))?.into();
        }
        variables[count - 1] = read.steps(&self.response, cells.first())?.into();
        let variables = &variables[..count];
        let products = variables.iter().enumerate().flat_map(|(place, variable)| {
            variables[place..].iter().map(move |other| variable * other)
        });
        for (lane, value) in variables.iter().copied().chain(products).enumerate() {
            write(lane, value);
        }
        Ok(())
    }

    pub(super) fn decode(&self, totals: &[u128], count: u64) -> Fit {
        let none = Fit { coefficients: None, r_squared: None, residual: None };
        let sums = Sums::new(self.columns.len(), totals, count);
        let Some((steps, inverse)) = solve(&sums.normal, &sums.products) else { return none };
        let whole = |number: &BigInt| BigRational::from(number.clone());
        let fitted: BigRational =
            steps.iter().zip(&sums.products).map(|(b, xy)| b * whole(xy)).sum();
        let unexplained = whole(&sums.squares) - fitted;
        let mean_square = BigRational::new(sums.products[0].pow(2), count.into());
        let varying = whole(&sums.squares) - mean_square;
        let freedom = count.saturating_sub(1 + self.columns.len() as u64);
        let noise = (freedom > 0).then(|| &unexplained / BigRational::from(BigInt::from(freedom)));
        let estimates = self.in_units(&steps);
        let coefficients = estimates.iter().enumerate().map(|(place, estimate)| {
            let error = noise.as_ref().and_then(|noise| {
                let scale = self.per_column(place);
                root(&(noise * self.spread(place, &inverse) * &scale * &scale))
            });
            let column = place.checked_sub(1).map(|column| self.names()[column].clone());
            Some(Coefficient { column, estimate: double(estimate)?, error })
        });
        let unit = step(&self.response);
        Fit {
            coefficients: coefficients.collect(),
            r_squared: (!varying.is_zero())
                .then(|| BigRational::one() - &unexplained / &varying)
                .and_then(|share| double(&share)),
            residual: noise.and_then(|noise| root(&(noise * &unit * &unit))),
        }
    }

    /// The response's units by the column's, for coefficients in steps; of the intercept, the
    /// response's.
    fn per_column(&self, place: usize) -> BigRational {
        let unit = step(&self.response);
        match place.checked_sub(1) {
            None => unit,
            Some(column) => unit / step(&self.columns[column]),
        }
    }

    /// Coefficients of steps above `min` as coefficients of the numbers themselves.
    fn in_units(&self, steps: &[BigRational]) -> Vec<BigRational> {
        let mut units: Vec<_> =
            steps.iter().enumerate().map(|(place, b)| b * self.per_column(place)).collect();
        let offset: BigRational = self
            .columns
            .iter()
            .zip(&units[1..])
            .map(|(column, slope)| slope * exact(column.min()))
            .sum();
        units[0] = &units[0] + exact(self.response.min()) - offset;
        units
    }

    /// The variance of a coefficient, as a multiple of the noise's, in steps. The intercept is where
    /// all columns are 0, not where they are at their `min`.
    fn spread(&self, place: usize, inverse: &[Vec<BigRational>]) -> BigRational {
        if place > 0 {
            return inverse[place][place].clone();
        }
        let at = |column: &Domain| -exact(column.min()) / step(column);
        let point: Vec<_> =
            core::iter::once(BigRational::one()).chain(self.columns.iter().map(at)).collect();
        let rows = inverse.iter().zip(&point);
        rows.map(|(row, x)| {
            row.iter().zip(&point).map(|(entry, y)| entry * y).sum::<BigRational>() * x
        })
        .sum()
    }
}

/// The normal equations, in steps.
struct Sums {
    /// `X'X`, with a column of ones first.
    normal: Vec<Vec<BigInt>>,
    /// `X'y`.
    products: Vec<BigInt>,
    /// `y'y`.
    squares: BigInt,
}

impl Sums {
    fn new(columns: usize, totals: &[u128], count: u64) -> Self {
        let variables = columns + 1;
        let total = |lane: usize| BigInt::from(totals.get(lane).copied().unwrap_or(0));
        // Row after row of the products' upper triangle follows the sums.
        let product = |a: usize, b: usize| {
            let (low, high) = (a.min(b), a.max(b));
            total(variables + low * variables - low * (low + 1) / 2 + high)
        };
        let entry = |a: usize, b: usize| match (a, b) {
            (0, 0) => BigInt::from(count),
            (0, other) | (other, 0) => total(other - 1),
            (a, b) => product(a - 1, b - 1),
        };
        let row = |a: usize| (0..=columns).map(|b| entry(a, b)).collect();
        Self {
            normal: (0..=columns).map(row).collect(),
            products: (0..=columns).map(|a| entry(a, variables)).collect(),
            squares: entry(variables, variables),
        }
    }
}

fn step(domain: &Domain) -> BigRational {
    exact(domain.resolution())
}
