//! A question's SQL runs in a process of its own.
//!
//! The statement is somebody else's. The node starts a worker for it (`process.rs`), sends it a job, waits
//! for the reply as long as the owner allows, and kills it. Whatever the statement takes, it takes from its
//! own process: neither the node nor the statements beside it lose memory or time to it.
//!
//! A worker (`serve.rs`) limits its memory and processor time, copies the declared columns into a database in
//! memory, gives up everything but to compute and to reply (`confine.rs`), and only then reads the statement.
//! It ends when the node does.
//!
//! # The program
//!
//! A worker is a program that begins with [`begin`], run with the argument `worker`. A node looks for it in
//! this order:
//!
//! 1. the path in the environment variable `FORMIX_WORKER`;
//! 2. the running program, if it has called [`begin`], as the command `formix` does;
//! 3. `formix` in the directory of the running program, or in the one above;
//! 4. `formix` in `PATH`.
//!
//! A program that embeds nodes can be its own worker:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     if let Some(code) = formix_node::responder::worker::begin() {
//!         return code;
//!     }
//!     // ...
//! #   ExitCode::SUCCESS
//! }
//! ```

mod confine;
mod process;
mod serve;
mod wire;

pub use process::{WorkerError, begin};

pub(super) use process::Worker;
pub(super) use wire::{Found, Job, MAX_TEXT, Scalar, Want};
