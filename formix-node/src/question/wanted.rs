//! What an analyst wants to know, as it is written in a question.

use formix_proto::Decimal;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::number::Number;

/// `[statistic]`: what is wanted. Which fields there are depends on the kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The analyst's word for it.
    pub kind: Kind,
    /// The least number that one may answer with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
    /// The decimal places that are kept: two if not said, or as many as the other numbers have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimals: Option<u8>,
    /// Where each bucket begins, and where the last one ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<Vec<Number>>,
    /// How wide each bucket is, from `min` on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<Number>,
    /// How finely a quantile is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Number>,
    /// Which quantiles: 0 is the least, 0.5 the median, 1 the greatest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Vec<Number>>,
    /// What one may choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// How many of the options are told of, those first that most choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// How many places a vector has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// What a regression explains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Column>,
    /// What it is explained with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
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
}
