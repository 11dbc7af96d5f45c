//! Secret sharing: from an encoded answer to shares, from shares to partials, from partials to totals.
//!
//! ```text
//!   Encoded --split--> PerSeat<Share> --sum over the roster--> Partial
//!                                                       PerSeat<Partial> --reconstruct--> Totals
//! ```
//!
//! Each step is a type of its own, and nothing else turns one into another: an encoded answer cannot
//! be sent as a share.
//!
//! ```compile_fail,E0308
//! use formix_proto::sharing::{Encoded, Share};
//! fn send(share: Share) {}
//! fn leak(answer: Encoded) {
//!     send(answer);
//! }
//! ```
//!
//! A share is no partial, and a partial is no total:
//!
//! ```compile_fail,E0308
//! use formix_proto::sharing::{Partial, Share};
//! fn reveal(share: Share) -> Partial {
//!     share
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use formix_proto::sharing::{Partial, Totals};
//! fn publish(partial: Partial) -> Totals {
//!     partial
//! }
//! ```
//!
//! An encoded answer has no encoding for the wire or the disk:
//!
//! ```compile_fail,E0277
//! fn record(answer: &formix_proto::sharing::Encoded) -> impl serde::Serialize + '_ {
//!     answer
//! }
//! ```

mod additive;
mod ring;
mod scheme;
mod vector;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::seat::PerSeat;
use vector::Vector;

pub use ring::{Ring, Shape};
pub use scheme::Scheme;

/// Why vectors cannot be combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SharingError {
    /// Their rings or dimensions differ, or there is no element at all.
    #[error("the vector does not have the question's shape")]
    Shape,
    /// There is nothing to add up.
    #[error("there is no share to add up")]
    Empty,
    /// An element that the vector does not have, or a value that its ring does not have.
    #[error("the vector has no such element, or cannot hold the value")]
    Element,
    /// A number of seats that no committee has.
    #[error("no committee has {0} seats")]
    Seats(usize),
}

/// Declares the vectors of this module: alike inside, and not interchangeable.
macro_rules! vectors {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub struct $name(Vector);

        impl $name {
            /// Its ring, and how many elements it has.
            pub fn shape(&self) -> Shape {
                self.0.shape()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(<{} bytes redacted>)"), self.0.bytes().len())
            }
        }
    )*};
}

/// Adds what vectors that are sent or recorded have in addition: an encoding.
macro_rules! wire_vectors {
    ($($name:ident)*) => {$(
        impl $name {
            /// Reads elements from their encoding: each of the ring's width, little-endian.
            ///
            /// # Errors
            ///
            /// When the bytes are not whole elements, or none.
            pub fn parse(ring: Ring, bytes: &[u8]) -> Result<Self, SharingError> {
                Vector::parse(ring, bytes).map(Self)
            }

            /// The encoding, for those who may know the elements.
            pub fn expose(&self) -> &[u8] {
                self.0.bytes()
            }
        }
    )*};
}

vectors! {
    /// One answer in the clear, as the question's statistic encodes it. It never leaves its light node.
    #[derive(Clone, PartialEq, Eq)]
    Encoded
    /// What one heavy node holds of one answer: uniformly random unless the other shares are known.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    Share
    /// In place of a share, and as long as one: zero in every element.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    Blank
    /// One heavy node's sum of its shares over a roster (DAP: aggregate share). For the committee only.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    Partial
    /// The elements of a partial that count answers, one for each group. For the committee only.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    Counts
    /// The sum of all answers of a roster: the result, which the analyst and the committee may know. Not
    /// printed by `Debug`, so that it does not reach a log either.
    #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(transparent)]
    Totals
}

wire_vectors! { Share Partial Counts Totals }

/// A sum that each seat makes of its shares.
pub(crate) trait SeatSum: Clone + PartialEq {
    fn shape(&self) -> Shape;
}

impl SeatSum for Partial {
    fn shape(&self) -> Shape {
        self.0.shape()
    }
}

impl SeatSum for Counts {
    fn shape(&self) -> Shape {
        self.0.shape()
    }
}

impl Encoded {
    /// An answer of zero in every element.
    pub fn zero(shape: Shape) -> Self {
        Self(Vector::zero(shape))
    }

    /// Sets one element.
    ///
    /// # Errors
    ///
    /// When there is no such element, or its ring cannot hold the value.
    pub fn set(&mut self, element: usize, value: u128) -> Result<(), SharingError> {
        self.0.set(element, value)
    }

    /// The elements, for the owner.
    pub fn values(&self) -> impl ExactSizeIterator<Item = u128> + '_ {
        self.0.elements()
    }
}

impl Blank {
    /// As long as a share of this shape.
    pub fn new(shape: Shape) -> Self {
        Self(Vector::zero(shape))
    }
}

impl Partial {
    /// Adds up the shares of a roster, element by element.
    ///
    /// # Errors
    ///
    /// When there is no share, or their shapes differ.
    pub fn sum<'a>(shares: impl IntoIterator<Item = &'a Share>) -> Result<Self, SharingError> {
        sum(shares.into_iter().map(|share| &share.0)).map(Self)
    }

    /// The counts of the first elements, which count the answers of each group.
    pub(crate) fn counts(&self, groups: usize) -> Result<Counts, SharingError> {
        self.0.first(groups).map(Counts)
    }

    /// Sets elements to zero, so that nothing is revealed of them.
    pub(crate) fn suppress(
        &mut self,
        elements: impl IntoIterator<Item = usize>,
    ) -> Result<(), SharingError> {
        elements.into_iter().try_for_each(|element| self.0.set(element, 0))
    }
}

impl Totals {
    /// The total of each element.
    pub fn values(&self) -> impl ExactSizeIterator<Item = u128> + '_ {
        self.0.elements()
    }
}

/// Adds vectors of one shape.
fn sum<'a>(vectors: impl IntoIterator<Item = &'a Vector>) -> Result<Vector, SharingError> {
    let mut vectors = vectors.into_iter();
    let mut sum = vectors.next().ok_or(SharingError::Empty)?.clone();
    vectors.try_for_each(|vector| sum.add(vector))?;
    Ok(sum)
}

#[cfg(test)]
mod tests;
