//! The Formix protocol as pure, deterministic state machines.
//!
//! This crate has no socket, file, clock, thread or randomness of its own: it is `no_std`, and its
//! lints ban the rest. [`Node`](node::Node) is the machine, [`Input`](machine::Input) the one door
//! in, [`Output`](machine::Output) the one door out, and [`Driver`](driver::Driver) the loop that a
//! simulator and a real node share.
#![no_std]

extern crate alloc;

mod acceptance;
pub mod answer;
mod codec;
mod context;
pub mod directory;
pub mod driver;
pub mod fault;
pub mod frame;
mod heavy;
pub mod id;
mod light;
pub mod limits;
pub mod machine;
pub mod message;
pub mod node;
mod outbox;
pub mod outcome;
mod places;
pub mod policy;
mod proposer;
pub mod query;
pub mod record;
pub mod roster;
pub mod seat;
pub mod sharing;
pub mod spec;
pub mod statistic;
pub mod status;
pub mod time;
pub mod timers;
pub mod wire;

pub use rust_decimal::Decimal;
