//! What an analyst wants to know, as it is written in a question.

use formix_proto::Decimal;
use serde::{Deserialize, Serialize};

use super::kind::Kind;
use super::number::Number;

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
