//! What a statistic has to say about itself: everything that Formix knows of one is in its own file.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::domain::Domain;
use super::fields::{FieldError, Fields};
use super::labels::Labels;
use super::reader::Reader;
use super::table::Table;
use crate::answer::{AnswerError, Cell};

/// One statistic, from the question's file to the printed result.
///
/// All of it is required, so that the compiler asks a new statistic for each part. A statistic is a
/// file that implements this, its `mod` line and its name in the list of `statistic/mod.rs`; nothing
/// else in the workspace names it. There is no trait object: [`Measure`](super::Measure) dispatches by
/// variant, which keeps views and findings typed and lets encoders be inlined.
///
/// `n` stands for the number of answers, `x` for one of them.
pub trait Definition: Clone + Debug + Eq + Serialize + DeserializeOwned {
    /// What an analyst may want to see of it first.
    type View: Clone + Debug + Default + PartialEq + Eq;
    /// What the totals say.
    type Found: Clone + Debug + PartialEq + Serialize + DeserializeOwned;

    /// What consent rules and results call it.
    const NAME: &'static str;
    /// How questions ask for it.
    const KINDS: &'static [Kind];
    /// The maximum length of its encoding in a proposal, in bytes.
    const MAX_BYTES: usize;
    /// The maximum number of elements, those of all groups together.
    const MAX_ELEMENTS: usize;

    /// How many elements an encoded answer has.
    fn dimension(&self) -> usize;

    /// The largest value that an element of one encoded answer can have.
    fn max_element(&self) -> u128;

    /// How many bits of one answer an element holds at most: those of the widest declared number, or 1
    /// where answers are counted. Products of numbers have the bits of one.
    fn bits(&self) -> u32;

    /// How many cells an answer has.
    fn cells(&self) -> Cells;

    /// The minimum number of answers that may be released together.
    fn min_answers(&self) -> u32;

    /// Whether this cell can stand wherever an answer has a value.
    fn accepts(&self, read: &Reader<'_>, cell: &Cell) -> bool;

    /// Writes an answer's elements, by position and value; those that are not written are zero. There
    /// are as many cells as [`Definition::cells`] says.
    fn encode(
        &self,
        read: &Reader<'_>,
        cells: &[Cell],
        write: impl FnMut(usize, u128),
    ) -> Result<(), AnswerError>;

    /// What the totals of that many answers say. There are as many totals as elements.
    fn decode(&self, totals: &[u128], answers: u64) -> Self::Found;

    /// What a completed computation reveals, beside the number of participants.
    fn reveals(&self) -> String;

    /// How far a result may be from that of the answers as they were given.
    fn precision(&self) -> String;

    /// What it does not protect, beyond what holds for every question.
    fn unprotected(&self) -> Option<&'static str>;

    /// Reads `[statistic]`. Its kind is one of [`Definition::KINDS`], and all its fields belong to that.
    fn read(fields: &Fields) -> Result<(Self, Self::View), FieldError>;

    /// Writes `[statistic]`, such that reading it gives the same.
    fn write(&self, view: &Self::View) -> Fields;

    /// Lays a result out for people, what the view asks for first.
    fn table(&self, view: &Self::View, answers: u64, found: &Self::Found) -> Table;

    /// Draws an answer that the question takes, for tests and demonstrations.
    fn sample(&self, draw: &mut Draw<'_>) -> Vec<Cell>;
}

/// A word with which questions ask for a statistic.
#[derive(Debug)]
pub struct Kind {
    /// The word.
    pub name: &'static str,
    /// Whether a result of it is led by a few words, as a number or the names of the top options.
    pub has_headline: bool,
    /// The fields that it takes.
    pub fields: &'static [&'static str],
    /// A question's `[statistic]` of this kind.
    pub example: fn() -> Fields,
}

/// How many cells an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// Exactly this many.
    Exactly(usize),
    /// This many, or fewer.
    AtMost(usize),
}

impl Cells {
    pub(super) fn check(self, found: usize) -> Result<(), AnswerError> {
        match self {
            Self::Exactly(expected) if found != expected => {
                Err(AnswerError::Cells { expected, found })
            }
            Self::AtMost(expected) if found > expected => {
                Err(AnswerError::Cells { expected, found })
            }
            _ => Ok(()),
        }
    }
}

/// Draws cells for sample answers.
pub struct Draw<'a>(&'a mut dyn FnMut(u64) -> u64);

impl<'a> Draw<'a> {
    /// Takes a function that draws from 0 to its argument, which it may return.
    pub fn new(uniform: &'a mut dyn FnMut(u64) -> u64) -> Self {
        Self(uniform)
    }

    /// True or false.
    pub fn flip(&mut self) -> bool {
        (self.0)(1) == 1
    }

    /// A number of the domain.
    pub fn number(&mut self, domain: &Domain) -> Cell {
        Cell::from(domain.number((self.0)(domain.width())))
    }

    /// One of the words.
    pub fn word(&mut self, labels: &Labels) -> Cell {
        let last = labels.count().saturating_sub(1);
        let place = usize::try_from((self.0)(last as u64)).unwrap_or(last);
        labels.words().get(place).map_or_else(Cell::missing, |word| Cell::text(word))
    }
}
