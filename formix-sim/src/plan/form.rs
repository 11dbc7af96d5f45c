//! What is computed, and what is answered, in plain integers: the oracle trusts nothing else.

use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{
    Buckets, Domain, Groups, Labels, Measure, Regression, Rule, Statistic,
};

use serde::{Deserialize, Serialize};

/// What a question computes: the same as in its proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What is computed of the answers of a part.
    pub quantity: Quantity,
    /// What numbers are taken.
    pub scale: Scale,
    /// The groups that are told of separately, if so.
    pub grouping: Option<Grouping>,
    /// What stands for a missing value; who lacks one declines if nothing does.
    pub missing: Option<i64>,
    /// What stands for a value that is not as declared.
    pub outside: Option<i64>,
    /// Whether who declines sends an empty answer.
    pub hides_declining: bool,
}

/// What is computed, by the names of [`Measure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantity {
    /// How many say 1, and not 0.
    Count,
    /// The sum.
    Sum,
    /// The sum, and that of the squares.
    Moments,
    /// How many are in each bucket of so many steps.
    Histogram(u64),
    /// How many choose each of so many options.
    Choice(u32),
    /// The same, where each may choose several.
    Choices(u32),
    /// The sums of so many numbers.
    Vector(u32),
    /// The sums of a response, so many columns, and their products.
    Regression(u32),
}

/// So many groups, and the fewest answers of one that is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// How many.
    pub count: u32,
    /// The fewest answers.
    pub least: u32,
}

/// A domain in plain integers: `min` to `max` steps of `10^-decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// The least answer, in steps.
    pub min: i64,
    /// The greatest, in steps.
    pub max: i64,
    /// The number of decimal places.
    pub decimals: u8,
}

/// One answer: numbers in tenths of a step, so that some need rounding; options and groups by their
/// place, which may be none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its group; of no meaning where there are none.
    pub group: u32,
    /// The values; `None` is missing.
    pub cells: Vec<Option<i64>>,
}

impl From<i64> for Reply {
    /// One value, in the first group.
    fn from(cell: i64) -> Self {
        Self { group: 0, cells: vec![Some(cell)] }
    }
}

impl Quantity {
    /// The fewest answers that it may be told over.
    pub fn least(self) -> u32 {
        match self {
            Self::Regression(columns) => 2 * (columns + 1),
            _ => 1,
        }
    }
}

impl Form {
    /// A sum, with nothing else to it.
    pub fn sum(scale: Scale) -> Self {
        Self {
            quantity: Quantity::Sum,
            scale,
            grouping: None,
            missing: None,
            outside: None,
            hides_declining: false,
        }
    }

    /// What a proposal declares.
    pub(crate) fn statistic(&self) -> Statistic {
        let rule = |stand_in: Option<i64>| {
            stand_in.map_or(Rule::Decline, |value| Rule::Use(self.text(value)))
        };
        Statistic {
            measure: self.measure(),
            groups: self
                .grouping
                .map(|Grouping { count, least }| Groups { labels: labels("g", count), least }),
            missing: rule(self.missing),
            outside: rule(self.outside),
            hides_declining: self.hides_declining,
        }
    }

    /// What an owner answers.
    pub(crate) fn answer(&self, reply: &Reply) -> Answer {
        let cell = |value: &Option<i64>| match value {
            None => Cell::missing(),
            Some(value) => Cell::parse(&self.text(*value)),
        };
        let group = self.grouping.map(|_| Cell::text(&format!("g{}", reply.group)));
        Answer::new(group.into_iter().chain(reply.cells.iter().map(cell)).collect())
    }

    fn text(&self, value: i64) -> String {
        match self.quantity {
            Quantity::Count => value.to_string(),
            Quantity::Choice(_) | Quantity::Choices(_) => format!("o{value}"),
            _ => Decimal::new(value, u32::from(self.scale.decimals) + 1).to_string(),
        }
    }

    fn measure(&self) -> Measure {
        let domain = self.scale.domain();
        match self.quantity {
            Quantity::Count => Measure::Count,
            Quantity::Sum => Measure::Sum(domain),
            Quantity::Moments => Measure::Moments(domain),
            Quantity::Histogram(steps) => {
                let width = Decimal::from_i128_with_scale(steps.into(), self.scale.decimals.into());
                Measure::Histogram(declared(Buckets::every(domain, width)))
            }
            Quantity::Choice(options) => Measure::Choice(labels("o", options)),
            Quantity::Choices(options) => Measure::Choices(labels("o", options)),
            Quantity::Vector(length) => Measure::Vector(domain, length),
            Quantity::Regression(columns) => {
                let domains = (0..columns).map(|_| domain).collect();
                let regression = Regression::try_from((domain, labels("x", columns), domains));
                Measure::Regression(declared(regression))
            }
        }
    }
}

impl Scale {
    /// The domain that a proposal declares.
    pub(crate) fn domain(self) -> Domain {
        declared(Domain::try_from((self.min, self.max, self.decimals)))
    }
}

fn labels(prefix: &str, count: u32) -> Labels {
    let words: Vec<_> = (0..count).map(|place| format!("{prefix}{place}")).collect();
    declared(Labels::try_from(words))
}

/// What is drawn can be declared; a plan that is read from a file brings its declaration along.
fn declared<T, E>(declaration: Result<T, E>) -> T {
    declaration.unwrap_or_else(|_| unreachable!())
}
