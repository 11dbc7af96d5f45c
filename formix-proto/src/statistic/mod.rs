//! What a question computes: a linear encoding of answers into lanes, and a decoding of totals.
//!
//! Nothing else in the protocol knows what lanes mean. A new statistic is a new variant of
//! [`Measure`].

mod buckets;
mod domain;
mod exact;
mod labels;
mod measure;
mod reader;
mod regression;
mod summary;

use serde::{Deserialize, Serialize};

use crate::answer::{Answer, AnswerError, Cell};
use crate::limits::{MAX_CONSTANT, MAX_DIMENSION, MAX_REGRESSION};
use crate::ring::{Ring, Shape};
use crate::share::Lanes;
use reader::Reader;

pub use buckets::{Buckets, BucketsError};
pub use domain::{Domain, DomainError};
pub use labels::{Labels, LabelsError};
use measure::narrow;
pub use measure::{Cells, Measure};
pub use reader::Rule;
pub use regression::{Coefficient, Fit, Regression, RegressionError};
pub use summary::{Bucket, Finding, Found, Frequency, Part, Summary};

/// What is computed over the answers, over which groups of them, and what stands for what is not one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistic {
    /// What is computed.
    pub measure: Measure,
    /// Over which groups separately; over all together if `None`.
    pub groups: Option<Groups>,
    /// What to do where a value is missing.
    pub missing: Rule,
    /// What to do where a value is outside what is declared.
    pub outside: Rule,
    /// Whether who declines sends an empty answer, which nobody can tell from others.
    pub hides_declining: bool,
}

/// Groups of answers: each is told of separately, if it is not too small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// What they are called: the first cell of an answer names one.
    pub labels: Labels,
    /// The fewest answers of a group that is told of.
    pub least: u32,
}

/// Why a statistic is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum StatisticError {
    /// More lanes than [`MAX_DIMENSION`], or of a regression than [`MAX_REGRESSION`]; or none.
    #[error(
        "it has {0} lanes: there must be 1 to {MAX_DIMENSION}, of a regression to {MAX_REGRESSION}"
    )]
    Dimension(u64),
    /// A constant that stands in for what an answer lacks is too long, or no answer.
    #[error("what stands in for a value must itself be one that the question takes")]
    StandIn,
}

impl From<Measure> for Statistic {
    /// Over all answers together; who lacks a value, or has one outside, declines.
    fn from(measure: Measure) -> Self {
        Self {
            measure,
            groups: None,
            missing: Rule::Decline,
            outside: Rule::Decline,
            hides_declining: false,
        }
    }
}

impl Statistic {
    /// How many lanes an answer has: first one for each part that is counted, then the measure's,
    /// part by part.
    pub fn dimension(&self) -> usize {
        let lanes = self.parts().saturating_mul(self.measure.dimension());
        self.counted_parts().saturating_add(lanes)
    }

    /// How many parts there are to find something of: the groups, or one of all answers.
    fn parts(&self) -> usize {
        self.groups.as_ref().map_or(1, |groups| groups.labels.count())
    }

    /// How many parts have a lane that counts their answers: all, where it takes more than the roster
    /// to know how many there are. These lanes come first.
    pub fn counted_parts(&self) -> usize {
        if self.groups.is_some() || self.hides_declining { self.parts() } else { 0 }
    }

    /// The lanes of one part: its count, and the measure's.
    pub(crate) fn lanes_of(&self, part: usize) -> impl Iterator<Item = usize> {
        let (measure, base) = (self.measure.dimension(), self.counted_parts());
        let first = base + part * measure;
        core::iter::once(part).chain(first..first + measure)
    }

    /// The shape of an encoded answer: the smallest ring in which no lane can wrap with this many
    /// answers. `None` if there is no such ring, or there are more lanes than allowed.
    pub fn shape(&self, participants: u32) -> Option<Shape> {
        let dimension = self.dimension();
        let greatest = self.measure.largest().max(1).checked_mul(participants.into())?;
        (dimension <= MAX_DIMENSION).then(|| Shape { ring: Ring::holding(greatest), dimension })
    }

    /// Checks what the types do not.
    pub(crate) fn check(&self) -> Result<(), StatisticError> {
        let dimension = self.dimension();
        let most = match self.measure {
            Measure::Regression(_) => MAX_REGRESSION,
            _ => MAX_DIMENSION,
        };
        if self.measure.dimension() == 0 || dimension > most {
            return Err(StatisticError::Dimension(dimension as u64));
        }
        for rule in [&self.missing, &self.outside] {
            if let Rule::Use(constant) = rule
                && (constant.len() > MAX_CONSTANT || !self.takes(constant))
            {
                return Err(StatisticError::StandIn);
            }
        }
        Ok(())
    }

    /// Whether a constant could stand wherever a value of the measure can.
    fn takes(&self, constant: &str) -> bool {
        let decline = Rule::Decline;
        let read = Reader { missing: &decline, outside: &decline };
        let cell = Cell::parse(constant);
        let cell = Some(&cell);
        match &self.measure {
            Measure::Count => read.yes(cell).is_ok(),
            Measure::Sum(domain) | Measure::Moments(domain) | Measure::Vector(domain, _) => {
                read.steps(domain, cell).is_ok()
            }
            Measure::Histogram(buckets) => read.bucket(buckets, cell).is_ok(),
            Measure::Choice(options) | Measure::Choices(options) => {
                read.option(options, cell).is_ok()
            }
            Measure::Regression(regression) => {
                let mut domains = regression.columns().iter().chain([regression.response()]);
                domains.all(|domain| read.steps(domain, cell).is_ok())
            }
        }
    }

    /// Encodes an answer in that shape, which is [`Statistic::shape`]'s; refuses one that is not as
    /// declared rather than clip or wrap it. With groups, the first cell names one of them.
    pub fn encode(&self, answer: &Answer, shape: Shape) -> Result<Lanes, AnswerError> {
        let mut lanes = Lanes::zero(shape);
        let read = Reader { missing: &self.missing, outside: &self.outside };
        let (part, cells) = match &self.groups {
            None => (0, answer.cells()),
            Some(groups) => {
                let nothing = AnswerError::Cells { expected: 1, found: 0 };
                let (label, cells) = answer.cells().split_first().ok_or(nothing)?;
                (groups.labels.place(label)?, cells)
            }
        };
        let counted = self.counted_parts();
        if counted > 0 {
            lanes.set(shape.ring, part, 1);
        }
        let base = counted + part * self.measure.dimension();
        let write = |lane, value| lanes.set(shape.ring, base + lane, value);
        self.measure.encode(&read, cells, write)?;
        Ok(lanes)
    }

    /// Decodes the totals of `participants` answers; `None` if they are not this statistic's.
    pub fn decode(&self, totals: &Lanes, participants: u32) -> Option<Summary> {
        self.check().ok()?;
        let dimension = self.dimension();
        let ring = Ring::of_width(totals.expose().len().checked_div(dimension)?)?;
        if !totals.fits(Shape { ring, dimension }) {
            return None;
        }
        let totals: alloc::vec::Vec<_> = totals.values(ring).collect();
        let found = |totals: &[u128], answers: u64| Found {
            answers,
            finding: self.measure.decode(totals, answers),
        };
        let (counts, rest) = totals.split_at(self.counted_parts());
        let part = |(place, totals): (usize, &[u128])| {
            let group = self.groups.as_ref().map(|groups| groups.labels.words()[place].clone());
            let answers = counts.get(place).map_or(participants.into(), |count| narrow(*count));
            // A part that is not told of is zero in every lane.
            let is_told = counts.is_empty() || answers > 0;
            Part { group, found: is_told.then(|| found(totals, answers)) }
        };
        let parts = rest.chunks_exact(self.measure.dimension()).enumerate().map(part).collect();
        Some(Summary { participants, parts })
    }
}
