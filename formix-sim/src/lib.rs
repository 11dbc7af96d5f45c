//! Whole Formix networks on virtual time, with faults and checkers, from one seed.
//!
//! A seed stands for a [`Plan`](plan::Plan): a cluster, a workload and faults, spelled out.
//! [`simulate`](world::simulate) runs it with the real [`formix_proto::driver::Driver`] and
//! [`formix_proto::node::Node`], and everything that can be observed from outside a node is a
//! [`Sight`](sight::Sight), shown to the checkers and to any other [`Witness`](sight::Witness).
//! The checkers judge by their own account of the truth and never ask the code that they judge.

mod book;
mod check;
pub mod coin_test;
mod court;
pub mod disk;
pub mod exhaustive;
pub mod experiment;
pub mod explore;
pub mod finding;
mod index;
pub mod interference;
pub mod mark;
pub mod marks;
pub mod page;
pub mod plan;
mod print;
pub mod random;
pub mod shrink;
pub mod sight;
pub mod story;
pub mod swarm;
pub mod tally;
mod truth;
pub mod violation;
pub mod waiver;
pub mod world;

/// When every run begins, in Unix milliseconds.
pub const EPOCH: u64 = 1_800_000_000_000;
