//! What is computed, and what is answered, in plain integers: the oracle trusts nothing else.

use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{Groups, Rule, Statistic};

use serde::{Deserialize, Serialize};

use super::quantity::{Bounds, Given, Quantity, Scale, SumTruth, labels};

/// What a question computes: the same as in its proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// What is computed of the answers of a group.
    pub quantity: Quantity,
    /// The numbers that are accepted.
    pub scale: Scale,
    /// The groups that are released separately, if so.
    pub grouping: Option<Grouping>,
    /// What stands in for a missing value; if nothing does, it is declined.
    pub missing: Option<i64>,
    /// What stands in for a value that is not as declared.
    pub outside: Option<i64>,
    /// Whether light nodes that opt out send an empty answer.
    pub hides_opt_outs: bool,
}

/// Groups, and the minimum size of one that is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// How many.
    pub count: u32,
    /// The minimum number of answers.
    pub min_size: u32,
}

/// One answer: numbers in tenths of a step, so that some need rounding; options and groups by their
/// place, which need not exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// Its group; without meaning where the question has no groups.
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

impl Form {
    /// A plain sum.
    pub fn sum(scale: Scale) -> Self {
        Self {
            quantity: Quantity::Sum(SumTruth),
            scale,
            grouping: None,
            missing: None,
            outside: None,
            hides_opt_outs: false,
        }
    }

    /// What its measure needs.
    pub(crate) fn bounds(&self) -> Bounds {
        let bounds = Quantity::bounds(&self.quantity.measure(self.scale));
        bounds.unwrap_or_else(|| unreachable!("every quantity knows its own measure"))
    }

    /// An answer, to be encoded.
    pub(crate) fn given<'a>(&self, reply: &'a Reply) -> Given<'a> {
        let (missing, outside) = (self.missing, self.outside);
        Given { scale: self.scale, cells: &reply.cells, missing, outside }
    }

    /// How many elements a group has.
    pub(crate) fn width(&self) -> usize {
        self.quantity.width(self.scale)
    }

    /// What a proposal declares.
    pub fn statistic(&self) -> Statistic {
        let rule = |stand_in: Option<i64>| {
            stand_in.map_or(Rule::Decline, |value| Rule::Use(self.text(value)))
        };
        let groups = |grouping: Grouping| Groups {
            labels: labels("g", grouping.count),
            min_size: grouping.min_size,
        };
        Statistic {
            measure: self.quantity.measure(self.scale),
            groups: self.grouping.map(groups),
            missing: rule(self.missing),
            outside: rule(self.outside),
            hides_opt_outs: self.hides_opt_outs,
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
        self.quantity.text(self.scale, value)
    }
}
