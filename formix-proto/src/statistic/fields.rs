//! `[statistic]` of a question, as it is written.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use rust_decimal::Decimal;
use serde::de::{self, MapAccess, SeqAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::domain::{Domain, DomainError};
use super::labels::Labels;
use super::number::Number;
use super::registry::Family;

/// The fields that declare numbers.
pub(super) const OF_NUMBERS: &[&str] = &["min", "max", "decimals"];

/// The decimal places that are kept if the question says nothing else.
const DECIMALS: u8 = 2;

/// The field that says what is wanted.
const KIND: &str = "kind";

/// Named values, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(Vec<(String, Field)>);

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A whole number that is not negative.
    Count(u64),
    /// Any decimal number.
    Number(Number),
    /// Text. It may stand for a number that has many digits.
    Text(String),
    /// Several values.
    List(Vec<Field>),
    /// Named values.
    Fields(Fields),
}

/// What is wrong with a question's statistic, and in which field.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FieldError {
    /// Which field, as `response.min`.
    pub field: String,
    /// What is wrong with it.
    pub problem: Box<dyn Error + Send + Sync>,
}

/// What can be wrong with any field.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// There is no statistic of that kind.
    #[error("there is no kind `{kind}` of statistic; the kinds are {known}")]
    Kind {
        /// What the question asks for.
        kind: String,
        /// What it can ask for.
        known: String,
    },
    /// It has to be there.
    #[error("missing: {0} needs it")]
    Missing(String),
    /// It must not be there.
    #[error("{by} does not take this field: it takes {takes}")]
    Unknown {
        /// What does not take it.
        by: String,
        /// What it takes instead.
        takes: String,
    },
    /// It is of another type.
    #[error("{0} is needed here")]
    Type(&'static str),
    /// Text that should be a number.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
}

impl FieldError {
    /// That problem, of that field.
    pub fn new(field: &str, problem: impl Error + Send + Sync + 'static) -> Self {
        Self { field: field.into(), problem: Box::new(problem) }
    }

    pub(super) fn unknown_kind(kind: &str, families: &[Family]) -> Self {
        if kind.is_empty() {
            return Self::new(KIND, FieldProblem::Missing("a statistic".into()));
        }
        let kinds = families.iter().flat_map(|family| family.kinds);
        let known: Vec<_> = kinds.map(|kind| kind.name).collect();
        Self::new(KIND, FieldProblem::Kind { kind: kind.into(), known: known.join(", ") })
    }

    /// The same, where the field belongs to another one.
    pub fn within(self, outer: &str) -> Self {
        Self { field: alloc::format!("{outer}.{}", self.field), ..self }
    }
}

impl Fields {
    /// A statistic of that kind.
    pub fn of_kind(kind: &str) -> Self {
        Self::default().with(KIND, kind)
    }

    /// The same with one more field.
    pub fn with(mut self, field: &str, value: impl Into<Field>) -> Self {
        self.0.push((field.into(), value.into()));
        self
    }

    /// The same with the fields that declare these numbers.
    pub fn with_domain(self, domain: &Domain) -> Self {
        let fields = self.with("min", domain.min()).with("max", domain.max());
        fields.with("decimals", u64::from(domain.decimals()))
    }

    /// The same without a field.
    #[cfg(test)]
    pub(super) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(field, _)| field != name).cloned().collect())
    }

    /// What is wanted; empty if that is not said.
    pub fn kind(&self) -> &str {
        match self.get(KIND) {
            Some(Field::Text(kind)) => kind,
            _ => "",
        }
    }

    fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// Whether there is such a field.
    pub fn has(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    /// Refuses fields beside these and `kind`.
    pub fn check(&self, takes: &[&str]) -> Result<(), FieldError> {
        let unknown = |(field, _): &&(String, Field)| field != KIND && !takes.contains(&&**field);
        match self.0.iter().find(unknown) {
            None => Ok(()),
            Some((field, _)) => {
                let takes = if takes.is_empty() { "none".into() } else { takes.join(", ") };
                Err(FieldError::new(field, FieldProblem::Unknown { by: self.owner(), takes }))
            }
        }
    }

    /// What these fields belong to, for messages.
    fn owner(&self) -> String {
        match self.kind() {
            "" => "a column".into(),
            kind => alloc::format!("kind `{kind}`"),
        }
    }

    fn read<'a, T>(
        &'a self,
        field: &str,
        read: impl FnOnce(&'a Field) -> Result<T, FieldProblem>,
    ) -> Result<Option<T>, FieldError> {
        let read = self.get(field).map(read).transpose();
        read.map_err(|problem| FieldError::new(field, problem))
    }

    /// The value of a field that has to be there.
    pub fn needed<T>(&self, field: &str, value: Option<T>) -> Result<T, FieldError> {
        value.ok_or_else(|| FieldError::new(field, FieldProblem::Missing(self.owner())))
    }

    /// A whole number, if it is there.
    pub fn count(&self, field: &str) -> Result<Option<u64>, FieldError> {
        self.read(field, |value| match value {
            Field::Count(count) => Ok(*count),
            _ => Err(FieldProblem::Type("a whole number that is not negative")),
        })
    }

    /// A number, if it is there.
    pub fn number(&self, field: &str) -> Result<Option<Number>, FieldError> {
        self.read(field, Field::number)
    }

    /// Numbers, if they are there.
    pub fn numbers(&self, field: &str) -> Result<Option<Vec<Number>>, FieldError> {
        self.read(field, |value| match value {
            Field::List(values) => values.iter().map(Field::number).collect(),
            _ => Err(FieldProblem::Type("a list of numbers")),
        })
    }

    /// Text that has to be there.
    pub fn text(&self, field: &str) -> Result<&str, FieldError> {
        let text = self.read(field, |value| match value {
            Field::Text(text) => Ok(text.as_str()),
            _ => Err(FieldProblem::Type("text")),
        });
        self.needed(field, text?)
    }

    /// Words that have to be there.
    pub fn labels(&self, field: &str) -> Result<Labels, FieldError> {
        let words = self.read(field, |value| match value {
            Field::List(values) => values.iter().map(Field::word).collect(),
            _ => Err(FieldProblem::Type("a list of words")),
        });
        let words: Vec<_> = self.needed(field, words?)?;
        Labels::try_from(words).map_err(|error| FieldError::new(field, error))
    }

    /// Named values that have to be there.
    pub fn fields(&self, field: &str) -> Result<&Fields, FieldError> {
        let fields = self.read(field, Field::fields)?;
        self.needed(field, fields)
    }

    /// A list of named values that has to be there.
    pub fn list(&self, field: &str) -> Result<Vec<&Fields>, FieldError> {
        let list = self.read(field, |value| match value {
            Field::List(values) => values.iter().map(Field::fields).collect(),
            _ => Err(FieldProblem::Type("a list of tables")),
        });
        self.needed(field, list?)
    }

    /// The numbers from `min` to `max`. If `decimals` is not said, it is as large as the written numbers
    /// require, `others` among them, and two at least.
    pub fn domain(&self, others: &[Number]) -> Result<Domain, FieldError> {
        let min = self.needed("min", self.number("min")?)?;
        let max = self.needed("max", self.number("max")?)?;
        let decimals = self.decimals(&[&[min, max], others].concat())?;
        Domain::new(min.0, max.0, decimals).map_err(|error| {
            let field = match error {
                DomainError::Empty => "max",
                DomainError::TooFine(_) => "decimals",
                // With `min` for both bounds, a valid `min` makes an empty domain.
                DomainError::Bounds => match Domain::new(min.0, min.0, decimals) {
                    Err(DomainError::Bounds) => "min",
                    _ => "max",
                },
            };
            FieldError::new(field, error)
        })
    }

    /// `decimals`, or what these numbers require.
    pub fn decimals(&self, numbers: &[Number]) -> Result<u8, FieldError> {
        let scales = numbers.iter().map(|number| number.0.normalize().scale());
        let required = u8::try_from(scales.max().unwrap_or(0)).unwrap_or(u8::MAX).max(DECIMALS);
        let decimals = self.count("decimals")?;
        Ok(decimals.map_or(required, |decimals| u8::try_from(decimals).unwrap_or(u8::MAX)))
    }
}

impl Field {
    fn number(&self) -> Result<Number, FieldProblem> {
        match self {
            Self::Count(count) => Ok(Number((*count).into())),
            Self::Number(number) => Ok(*number),
            Self::Text(text) => {
                Number::parse(text).ok_or_else(|| FieldProblem::NotANumber(text.clone()))
            }
            Self::List(_) | Self::Fields(_) => Err(FieldProblem::Type("a number")),
        }
    }

    fn word(&self) -> Result<String, FieldProblem> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            _ => Err(FieldProblem::Type("a list of words, each in quotes,")),
        }
    }

    fn fields(&self) -> Result<&Fields, FieldProblem> {
        match self {
            Self::Fields(fields) => Ok(fields),
            _ => Err(FieldProblem::Type("a table")),
        }
    }
}

impl From<u64> for Field {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<Number> for Field {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<Decimal> for Field {
    fn from(number: Decimal) -> Self {
        Self::Number(Number(number))
    }
}

impl From<&str> for Field {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&Labels> for Field {
    fn from(labels: &Labels) -> Self {
        Self::List(labels.words().iter().map(|word| word.as_str().into()).collect())
    }
}

impl From<Fields> for Field {
    fn from(fields: Fields) -> Self {
        Self::Fields(fields)
    }
}

impl<T: Into<Field>> FromIterator<T> for Field {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (field, value) in &self.0 {
            map.serialize_entry(field, value)?;
        }
        map.end()
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => count.serialize(to),
            Self::Number(number) => number.serialize(to),
            Self::Text(text) => text.serialize(to),
            Self::List(values) => values.serialize(to),
            Self::Fields(fields) => fields.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Fields::default();
                while let Some(field) = map.next_key::<String>()? {
                    if fields.has(&field) {
                        return Err(de::Error::custom(format_args!("`{field}` is there twice")));
                    }
                    let value = map.next_value()?;
                    fields.0.push((field, value));
                }
                Ok(fields)
            }
        }

        from.deserialize_map(Visitor)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, text, a list or a table")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Field, E> {
                Ok(Field::Count(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Field, E> {
                let count = u64::try_from(number).map(Field::Count);
                Ok(count.unwrap_or_else(|_| Field::Number(Number(number.into()))))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Field, E> {
                let number = Number::deserialize(de::value::F64Deserializer::new(number))?;
                Ok(Field::Number(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Field, E> {
                Ok(text.into())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Field::List(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                Fields::deserialize(de::value::MapAccessDeserializer::new(map)).map(Field::Fields)
            }
        }

        from.deserialize_any(Visitor)
    }
}
