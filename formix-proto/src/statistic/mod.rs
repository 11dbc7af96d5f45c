//! What a question computes: a linear encoding of answers into vectors, and a decoding of totals.
//!
//! Nothing else in the protocol knows what elements mean. A new statistic is a file that implements
//! [`Definition`], declared below, and its name in the list. (The list could declare the file, too, but
//! neither `rustfmt` nor `cargo mutants` finds files that a macro declares.)

mod buckets;
mod capacity;
mod definition;
mod domain;
mod exact;
mod fields;
mod labels;
mod number;
mod reader;
mod registry;
mod schema;
mod summary;
mod table;
#[cfg(test)]
mod tests;

mod choice;
mod choices;
mod count;
mod histogram;
mod moments;
mod regression;
#[cfg(feature = "example-statistic")]
mod sign;
mod sum;
mod vector;

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, AnswerError, Cell};
use crate::limits::{MAX_CONSTANT, MAX_DIMENSION};
use crate::sharing::{Encoded, Ring, Shape, Totals};

pub use buckets::{Buckets, BucketsError};
pub use capacity::Capacity;
pub use definition::{Cells, Definition, Draw, Kind};
pub use domain::{Domain, DomainError};
pub use fields::{Field, FieldError, FieldProblem, Fields};
pub use labels::{Labels, LabelsError};
pub use number::Number;
pub use reader::{Reader, Rule, rule};
pub use registry::Family;
pub use schema::{Schema, Written};
pub use summary::{Found, Group, Summary};
pub use table::{Amount, Chart, Plot, Row, Table};

registry::statistics! {
    count::Count,
    sum::Sum,
    moments::Moments,
    histogram::Histogram,
    choice::Choice,
    choices::Choices,
    vector::Vector,
    regression::Regression,
    #[cfg(feature = "example-statistic")]
    sign::Sign,
}

/// How exact counts are.
const EXACT_COUNTS: &str = "counts are exact";
/// What counts do not protect.
const LONELY_COUNTS: &str = "counts of one are shown, so a lone person can be spotted";

/// The maximum length of a measure's encoding, in bytes.
pub(crate) const MAX_BYTES: usize = {
    let (mut max, mut place) = (0, 0);
    while place < Measure::FAMILIES.len() {
        if Measure::FAMILIES[place].max_bytes > max {
            max = Measure::FAMILIES[place].max_bytes;
        }
        place += 1;
    }
    max
};

/// What is computed over the answers, over which groups of them, and what stands for values that are
/// missing or out of range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistic {
    /// What is computed.
    pub measure: Measure,
    /// Over which groups separately; over all together if `None`.
    pub groups: Option<Groups>,
    /// What to do where a value is missing.
    pub missing: Rule,
    /// What to do where a value is out of range.
    pub outside: Rule,
    /// Whether light nodes that opt out send an empty answer, which nobody can tell from others.
    pub hides_opt_outs: bool,
}

/// Groups of answers: each is released separately, or suppressed if it is too small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// What they are called: the first cell of an answer names one.
    pub labels: Labels,
    /// The minimum number of answers of a group that is released.
    pub min_size: u32,
}

/// Why a statistic is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum StatisticError {
    /// No elements, or more than allowed.
    #[error("an answer has {found} elements: it must have 1 to {max}")]
    Dimension {
        /// How many there are.
        found: u64,
        /// How many are allowed.
        max: u64,
    },
    /// A constant that stands in for what an answer lacks is too long, or no answer.
    #[error("the stand-in for a value must itself be a value that the question takes")]
    StandIn,
}

impl From<Measure> for Statistic {
    /// Over all answers together; who lacks a value, or has one out of range, declines.
    fn from(measure: Measure) -> Self {
        Self {
            measure,
            groups: None,
            missing: Rule::Decline,
            outside: Rule::Decline,
            hides_opt_outs: false,
        }
    }
}

impl Statistic {
    /// How many elements an encoded answer has: first one for each group that is counted, then those of
    /// the measure, group by group.
    pub fn dimension(&self) -> usize {
        let elements = self.groups().saturating_mul(self.measure.dimension());
        self.counted_groups().saturating_add(elements)
    }

    /// How many groups there are: those that are declared, or one of all answers.
    fn groups(&self) -> usize {
        self.groups.as_ref().map_or(1, |groups| groups.labels.count())
    }

    /// How many groups have an element that counts their answers: all, where it takes more than the
    /// roster to know how many there are. These elements come first.
    pub fn counted_groups(&self) -> usize {
        if self.groups.is_some() || self.hides_opt_outs { self.groups() } else { 0 }
    }

    /// The elements of one group: its count, and the measure's.
    pub(crate) fn elements_of(&self, group: usize) -> impl Iterator<Item = usize> {
        let (measure, base) = (self.measure.dimension(), self.counted_groups());
        let first = base + group * measure;
        core::iter::once(group).chain(first..first + measure)
    }

    /// Whether a constant counts as an answer where a value is missing or out of range.
    pub fn has_stand_ins(&self) -> bool {
        [&self.missing, &self.outside].iter().any(|rule| matches!(rule, Rule::Use(_)))
    }

    /// The shape of an encoded answer: the smallest ring in which no element can wrap with this many
    /// answers. `None` if there is no such ring, or there are more elements than allowed.
    pub fn shape(&self, participants: u32) -> Option<Shape> {
        let dimension = self.dimension();
        let greatest = self.measure.max_element().max(1).checked_mul(participants.into())?;
        (dimension <= MAX_DIMENSION).then(|| Shape { ring: Ring::holding(greatest), dimension })
    }

    /// Checks what the types do not.
    pub(crate) fn check(&self) -> Result<(), StatisticError> {
        let (found, max) = (self.dimension(), self.measure.max_elements());
        if self.measure.dimension() == 0 || found > max {
            return Err(StatisticError::Dimension { found: found as u64, max: max as u64 });
        }
        let plain = Reader::new(&Rule::Decline, &Rule::Decline);
        for rule in [&self.missing, &self.outside] {
            if let Rule::Use(constant) = rule
                && (constant.len() > MAX_CONSTANT
                    || !self.measure.accepts(&plain, &Cell::parse(constant)))
            {
                return Err(StatisticError::StandIn);
            }
        }
        Ok(())
    }

    /// Encodes an answer in that shape, which is [`Statistic::shape`]'s; refuses one that is not as
    /// declared rather than clip or wrap it. With groups, the first cell names one of them.
    pub fn encode(&self, answer: &Answer, shape: Shape) -> Result<Encoded, AnswerError> {
        let mut encoded = Encoded::zero(shape);
        let (group, cells) = match &self.groups {
            None => (0, answer.cells()),
            Some(groups) => {
                let nothing = AnswerError::Cells { expected: 1, found: 0 };
                let (label, cells) = answer.cells().split_first().ok_or(nothing)?;
                (groups.labels.place(label)?, cells)
            }
        };
        let mut fits = Ok(());
        let mut set = |element, value| fits = fits.and_then(|()| encoded.set(element, value));
        let counted = self.counted_groups();
        if counted > 0 {
            set(group, 1);
        }
        let base = counted + group * self.measure.dimension();
        let write = |element, value| set(base + element, value);
        self.measure.encode(&Reader::new(&self.missing, &self.outside), cells, write)?;
        fits.map(|()| encoded).map_err(AnswerError::Encoding)
    }

    /// Decodes the totals of `participants` answers; `None` if they are not this statistic's.
    pub fn decode(&self, totals: &Totals, participants: u32) -> Option<Summary> {
        self.check().ok()?;
        if totals.shape().dimension != self.dimension() {
            return None;
        }
        let totals: Vec<_> = totals.values().collect();
        Some(self.summarize(&totals, participants))
    }

    /// What totals say, of which there is one for each element.
    fn summarize(&self, totals: &[u128], participants: u32) -> Summary {
        let (counts, rest) = totals.split_at(self.counted_groups());
        let group = |(place, totals): (usize, &[u128])| {
            let label = self.groups.as_ref().map(|groups| groups.labels.words()[place].clone());
            let answers = counts.get(place).map_or(participants.into(), |count| narrow(*count));
            // A suppressed group is zero in every element.
            let is_released = counts.is_empty() || answers > 0;
            let found = || Found { answers, finding: self.measure.decode(totals, answers) };
            Group { label, found: is_released.then(found) }
        };
        let groups = rest.chunks_exact(self.measure.dimension()).enumerate().map(group).collect();
        Summary { participants, groups }
    }

    /// Draws an answer that the question takes, for tests and demonstrations.
    pub fn sample(&self, draw: &mut Draw<'_>) -> Answer {
        let label = self.groups.as_ref().map(|groups| draw.word(&groups.labels));
        let mut cells: Vec<_> = label.into_iter().collect();
        cells.extend(self.measure.sample(draw));
        Answer::new(cells)
    }
}

/// A count, which honest answers cannot make larger than 2^64.
fn narrow(total: u128) -> u64 {
    u64::try_from(total).unwrap_or(u64::MAX)
}
