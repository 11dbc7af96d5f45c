//! What every world that tests Formix shares: the simulator, its exploration, the fuzz targets, the
//! core's own tests and the benches.
//!
//! ```text
//!   Input ---> Host: Driver<Node>, Recorder ---> Said: batches, sent, events
//!                |                                 |
//!              Disk: batches that wait             +-- checked against the Ledger
//!                |  write, crash
//!              Image: what a log holds ---> Ledger: what was ever durable
//! ```
//!
//! - [`Image`] holds what a log holds. [`Image::append`] is the one place that applies
//!   [`Erases`](formix_proto::record::Erases) outside of the real log, and does what the real log
//!   does: one suite of tests in `formix-node` runs on both.
//! - [`Disk`] is an image and the batches on their way to it: group commits, crashes that keep some of
//!   what was waiting, a disk that is replaced by an older one.
//! - [`Recorder`] is the one implementation of [`Effects`](formix_proto::driver::Effects) beside the
//!   node's own shell: it carries nothing out, and keeps the [`Effect`]s in order.
//! - [`Ledger`] is the oracle of durability (R7): it knows what was ever durable at one node, and
//!   [`Ledger::stands`] says whether a message may leave on that.
//! - [`Host`] is one node with all of these. Each of its inputs gives [`Said`], or the [`RuleBroken`] of a
//!   rule that holds for every node whatever it is fed: R4 to R7, R9, R12, B3 and P8 as far as one
//!   node shows them.
//! - [`vectors`] makes shares, partials and totals with chosen elements.
//! - [`cast`] names a few nodes, and a question, for worlds that are made by hand.
//!
//! A world brings what is between the nodes: a network, clocks, owners, and what it judges of all
//! nodes together. Nothing here reads a clock or draws a number.

pub mod cast;
mod disk;
mod host;
mod image;
mod ledger;
mod recorder;
mod rules;
pub mod sums;
pub mod vectors;

pub use disk::Disk;
pub use host::{Host, StartError};
pub use image::Image;
pub use ledger::{Ledger, about};
pub use recorder::{Effect, Recorder, Said};
pub use rules::RuleBroken;
