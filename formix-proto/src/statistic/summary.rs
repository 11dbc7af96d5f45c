//! The result of a computation.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Finding;

/// The result of a computation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many light nodes took part, those that were counted without an answer among them.
    pub participants: u32,
    /// What was found of each group, in the order that the question declares; of all answers, if it declares
    /// none.
    pub groups: Vec<Group>,
}

/// What was found of one group, or of all answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The group's label, if the question declares groups.
    pub label: Option<String>,
    /// What was found; `None` if the group is suppressed, because it is too small.
    pub found: Option<Found>,
}

/// How many answers there are, and what they say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// How many answers.
    pub answers: u64,
    /// What they say.
    #[serde(flatten)]
    pub finding: Finding,
}
