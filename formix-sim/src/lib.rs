//! Whole Formix networks on virtual time, with faults and checkers, from one seed.
//!
//! This library runs networks and judges them; the command `formix-sim`, in `bin/`, tells, draws and
//! measures what it runs. The modules below stand in the order in which to read them, which takes
//! about an hour; within a folder, begin with `mod.rs`.

// What one seed stands for, as plain data: the nodes, the questions, and every fault by its ordinal.
pub mod plan;

// Runs a plan with the real `Driver` and `Node`, on virtual time, over disks of the testkit and a
// network of its own. All that chance decides is drawn from one seed.
pub mod random;
pub mod world;

// Everything that can be observed from outside a node: shown to the checkers, and to any other observer.
pub mod observation;

// What must come out, worked out without asking the code that is judged: what answers come to, and
// what has become durable where.
mod fingerprint;
pub mod index;
mod model;
mod truth;

// The judgement: one checker for each invariant, and what nobody can promise while others lie.
mod check;
mod checkers;
pub mod violation;
pub mod waiver;

// Two runs that differ in secrets must look the same to a coalition (P1); shares must look random (P2).
pub mod coin_test;
pub mod interference;

// Which runs to judge: those of many seeds, with what they came across; every fault of a small run;
// every order of its messages; and from a plan that fails, ever smaller ones.
pub mod coverage;
pub mod exhaustive;
pub mod explore;
pub mod finding;
pub mod shrink;
pub mod summary;
pub mod swarm;

/// When every run begins, in Unix milliseconds.
pub const EPOCH: u64 = 1_800_000_000_000;
