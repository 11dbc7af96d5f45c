//! Properties that hold for all values, and for all ways in which a network may treat its messages.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

#[path = "../support/mod.rs"]
mod support;

mod codec;
mod machines;
mod measures;
mod numbers;
mod questions;
mod regressions;
mod rosters;
mod sharing;
mod strategies;
