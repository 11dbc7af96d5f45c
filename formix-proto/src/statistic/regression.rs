//! Linear regression from sums of products.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::{Deserialize, Serialize};

use super::definition::{Cells, Definition, Draw, Kind};
use super::domain::Domain;
use super::exact::{double, exact, root, solve};
use super::fields::{Field, FieldError, Fields};
use super::labels::Labels;
use super::reader::Reader;
use super::table::{Amount, Chart, Plot, Row, Table};
use crate::answer::{AnswerError, Cell};
use crate::limits::{MAX_COLUMNS, MAX_REGRESSION};

/// Ordinary least squares: `response = intercept + sum of coefficient * column`.
///
/// An answer is the response and then the columns, `p + 1` numbers. With `z' = (x1', .., xp', y')` in
/// steps of their domains, its elements are `z'` and every product `zi' zj'`, `i <= j`:
/// `(p + 1) + (p + 1)(p + 2) / 2` elements. Their totals are the normal equations `X'X b = X'y`, which are
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
    /// What the response is.
    pub fn response(&self) -> &Domain {
        &self.response
    }

    /// What the columns are, in order.
    pub fn columns(&self) -> &[Domain] {
        &self.columns
    }

    /// What the columns are called.
    pub fn names(&self) -> &[String] {
        self.names.words()
    }

    /// Solves the normal equations of that many answers.
    fn fit(&self, totals: &[u128], count: u64) -> Fit {
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
        let total = |element: usize| BigInt::from(totals.get(element).copied().unwrap_or(0));
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

/// What the analyst calls the response. It is not sent to the nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegressionView {
    /// The response's name.
    pub response: String,
}

impl Default for RegressionView {
    fn default() -> Self {
        Self { response: "response".into() }
    }
}

/// What a column, or the response, is declared with.
const COLUMN: &[&str] = &["name", "min", "max", "decimals"];

impl Definition for Regression {
    type View = RegressionView;
    type Found = Fit;

    const NAME: &'static str = "regression";
    const KINDS: &'static [Kind] = &[Kind {
        name: "regression",
        has_headline: false,
        fields: &["response", "columns"],
        example,
    }];
    const MAX_BYTES: usize = Labels::MAX_BYTES + Domain::MAX_BYTES * (MAX_COLUMNS + 1) + 5;
    /// Each group is one more system to solve.
    const MAX_ELEMENTS: usize = MAX_REGRESSION;

    fn dimension(&self) -> usize {
        let variables = self.columns.len() + 1;
        variables + variables * (variables + 1) / 2
    }

    fn max_element(&self) -> u128 {
        let widths = self.columns.iter().chain([&self.response]).map(Domain::width);
        u128::from(widths.max().unwrap_or(0)).pow(2)
    }

    fn bits(&self) -> u32 {
        self.columns.iter().map(Domain::bits).fold(self.response.bits(), u32::max)
    }

    fn cells(&self) -> Cells {
        Cells::Exactly(self.columns.len() + 1)
    }

    /// The sums and products of `p` columns are `(p + 1)(p + 4) / 2` equations in `n (p + 1)` numbers:
    /// there must be clearly fewer, so `n` is at least `2 (p + 1)`. (Three rows of integers follow from
    /// their sums of products nearly always.)
    fn min_answers(&self) -> u32 {
        2 * (self.columns.len() as u32 + 1)
    }

    fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool {
        let mut domains = self.columns.iter().chain([&self.response]);
        domains.all(|domain| read.steps(domain, Some(cell)).is_ok())
    }

    fn encode(
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
        for (element, value) in variables.iter().copied().chain(products).enumerate() {
            write(element, value);
        }
        Ok(())
    }

    fn decode(&self, totals: &[u128], answers: u64) -> Fit {
        self.fit(totals, answers)
    }

    fn reveals(&self) -> String {
        format!(
            "the sums of {} and of {}, and of all their products in pairs, and so the least-squares fit",
            self.response.describe(),
            self.names.describe("column")
        )
    }

    fn precision(&self) -> String {
        format!(
            "{}, each column to its own resolution; the coefficients are those of the rounded answers",
            self.response.rounding()
        )
    }

    fn unprotected(&self) -> Option<&'static str> {
        Some("all sums and products are revealed, not only the coefficients")
    }

    fn read(fields: &Fields) -> Result<(Self, RegressionView), FieldError> {
        let response = fields.fields("response")?;
        let named = |response: &Fields| {
            response.check(COLUMN)?;
            Ok((response.text("name")?.into(), response.domain(&[])?))
        };
        let (name, response) =
            named(response).map_err(|error: FieldError| error.within("response"))?;
        let columns: Result<Vec<(String, Domain)>, _> =
            fields.list("columns")?.into_iter().map(named).collect();
        let columns = columns.map_err(|error| error.within("columns"))?;
        let (names, domains): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let refused = |error| FieldError::new("columns", error);
        let names = Labels::try_from(names).map_err(|error| FieldError::new("columns", error))?;
        let regression = Self::try_from((response, names, domains)).map_err(refused)?;
        Ok((regression, RegressionView { response: name }))
    }

    fn write(&self, view: &RegressionView) -> Fields {
        let column = |name: &str, domain| Fields::default().with("name", name).with_domain(domain);
        let columns = self.names().iter().zip(&self.columns);
        let columns: Field = columns.map(|(name, domain)| column(name, domain)).collect();
        let fields = Fields::of_kind("regression");
        fields.with("response", column(&view.response, &self.response)).with("columns", columns)
    }

    fn table(&self, view: &RegressionView, _: u64, fit: &Fit) -> Table {
        let row = |it: &Coefficient| Row {
            item: Some(it.column.clone().unwrap_or_else(|| "(intercept)".into())),
            error: it.error,
            ..Row::new("coefficient", Some(it.estimate))
        };
        let chart = |coefficients: &Vec<Coefficient>| Chart {
            title: format!("regression of {}", view.response),
            axis: format!("coefficients of {}, with their standard errors", view.response),
            plot: Plot::Points,
            rows: coefficients.iter().map(row).collect(),
        };
        let mut numbers =
            alloc::vec![Row::new("r squared", fit.r_squared), Row::new("residual", fit.residual)];
        if fit.coefficients.is_none() {
            numbers.insert(0, Row::new("coefficients", None::<Amount>));
        }
        Table { headline: None, numbers, chart: fit.coefficients.as_ref().map(chart) }
    }

    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell> {
        let domains = [&self.response].into_iter().chain(&self.columns);
        domains.map(|domain| draw.number(domain)).collect()
    }
}

fn example() -> Fields {
    let column = |name: &str| Fields::default().with("name", name).with_domain(&Domain::EXAMPLE);
    let columns: Field = ["age", "weight"].into_iter().map(column).collect();
    let fields = Fields::of_kind("regression").with("response", column("pressure"));
    fields.with("columns", columns)
}

fn step(domain: &Domain) -> BigRational {
    exact(domain.resolution())
}
