//! What is computed: what is wanted, of whom, and what becomes of answers that are not as declared.

use std::fmt;

use formix_proto::statistic::{Buckets, Domain, Groups, Measure, Rule, Statistic};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::fault::Fault;
use super::kind::Kind;
use super::measure::labels;
use super::number::Number;
use super::wanted::{Column, Wanted};

/// What is computed, in an analyst's words. The statistic that nodes are sent follows from it; the
/// analyst's word for it is never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// What is wanted.
    pub statistic: Wanted,
    /// Of which groups separately.
    pub groups: Option<GroupBy>,
    /// What becomes of a missing value.
    pub missing: Rule,
    /// What becomes of a value outside what is declared.
    pub outside: Rule,
    /// Whether who declines sends an empty answer.
    pub hide_declining: bool,
}

/// `[groups]`: groups of answers; the first value of each answer names one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupBy {
    /// What they are called.
    pub labels: Vec<String>,
    /// The fewest answers of a group that is told of.
    pub least: u32,
}

impl Schema {
    /// The statistic that it stands for.
    pub fn statistic(&self) -> Result<Statistic, Fault> {
        let measure = self.statistic.measure().map_err(|fault| fault.within("statistic"))?;
        let groups = self.groups.as_ref().map(|groups| {
            let labels = labels("labels", groups.labels.clone());
            let labels = labels.map_err(|fault| fault.within("groups"))?;
            Ok(Groups { labels, least: groups.least })
        });
        Ok(Statistic {
            measure,
            groups: groups.transpose()?,
            missing: self.missing.clone(),
            outside: self.outside.clone(),
            hides_declining: self.hide_declining,
        })
    }
}

impl From<Wanted> for Schema {
    /// Of all answers together; who lacks a value, or has one outside, declines.
    fn from(statistic: Wanted) -> Self {
        Self {
            statistic,
            groups: None,
            missing: Rule::Decline,
            outside: Rule::Decline,
            hide_declining: false,
        }
    }
}

impl From<&Statistic> for Schema {
    fn from(statistic: &Statistic) -> Self {
        Self {
            statistic: Wanted::from(&statistic.measure),
            groups: statistic.groups.as_ref().map(|groups| GroupBy {
                labels: groups.labels.words().to_vec(),
                least: groups.least,
            }),
            missing: statistic.missing.clone(),
            outside: statistic.outside.clone(),
            hide_declining: statistic.hides_declining,
        }
    }
}

impl From<Statistic> for Schema {
    fn from(statistic: Statistic) -> Self {
        Self::from(&statistic)
    }
}

impl From<Measure> for Schema {
    fn from(measure: Measure) -> Self {
        Self::from(&Statistic::from(measure))
    }
}

impl From<&Measure> for Wanted {
    fn from(measure: &Measure) -> Self {
        let of_number = |kind, domain: &Domain| {
            Wanted::of_number(kind, domain.min(), domain.max(), domain.decimals())
        };
        let of_options = |kind, options: &[String]| Wanted {
            options: Some(options.to_vec()),
            ..Wanted::new(kind)
        };
        match measure {
            Measure::Count => Wanted::new(Kind::Count),
            Measure::Sum(domain) => of_number(Kind::Sum, domain),
            Measure::Moments(domain) => of_number(Kind::Moments, domain),
            Measure::Histogram(buckets) => histogram(buckets),
            Measure::Choice(options) => of_options(Kind::Choice, options.words()),
            Measure::Choices(options) => of_options(Kind::Choices, options.words()),
            Measure::Vector(domain, length) => {
                Wanted { length: Some(*length), ..of_number(Kind::VectorSum, domain) }
            }
            Measure::Regression(regression) => {
                let columns = regression.names().iter().zip(regression.columns());
                let columns = columns.map(|(name, domain)| column(name, domain)).collect();
                Wanted {
                    response: Some(column("response", regression.response())),
                    columns: Some(columns),
                    ..Wanted::new(Kind::Regression)
                }
            }
        }
    }
}

/// Buckets that are all as wide are said by their width: there may be too many of them to be listed.
fn histogram(buckets: &Buckets) -> Wanted {
    let domain = buckets.domain();
    let (first, second) = buckets.edges(0);
    let width = second - first;
    if Buckets::every(*domain, width).as_ref() == Ok(buckets) {
        let (min, max) = (domain.min(), domain.max());
        let range = Wanted::of_number(Kind::Histogram, min, max, domain.decimals());
        return Wanted { width: Some(Number(width)), ..range };
    }
    let upper = (0..buckets.count()).map(|bucket| Number(buckets.edges(bucket).1));
    Wanted {
        edges: Some(std::iter::once(Number(first)).chain(upper).collect()),
        decimals: Some(domain.decimals()),
        ..Wanted::new(Kind::Histogram)
    }
}

fn column(name: &str, domain: &Domain) -> Column {
    Column {
        name: name.to_owned(),
        min: Number(domain.min()),
        max: Number(domain.max()),
        decimals: Some(domain.decimals()),
    }
}

/// Writes a statistic as an analyst would.
pub(crate) fn readable<S: Serializer>(statistic: &Statistic, to: S) -> Result<S::Ok, S::Error> {
    Schema::from(statistic).serialize(to)
}

/// Reads `"decline"`, or the number or word that stands in.
pub(super) fn rule<'de, D: Deserializer<'de>>(from: D) -> Result<Rule, D::Error> {
    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Rule;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("\"decline\", or a number or word that stands in")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Rule, E> {
            Ok(if text == "decline" { Rule::Decline } else { Rule::Use(text.to_owned()) })
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Rule, E> {
            Ok(Rule::Use(number.to_string()))
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<Rule, E> {
            Ok(Rule::Use(number.to_string()))
        }

        fn visit_f64<E: de::Error>(self, number: f64) -> Result<Rule, E> {
            let number = Number::deserialize(de::value::F64Deserializer::new(number))?;
            Ok(Rule::Use(number.to_string()))
        }

        /// As [`Rule`] is written.
        fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Rule, A::Error> {
            Rule::deserialize(de::value::MapAccessDeserializer::new(map))
        }
    }

    from.deserialize_any(Visitor)
}
