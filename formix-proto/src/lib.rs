//! The Formix protocol as pure, deterministic state machines.
#![no_std]

extern crate alloc;

pub mod directory;
pub mod frame;
pub mod id;
pub mod limits;
pub mod policy;
pub mod share;
pub mod time;
