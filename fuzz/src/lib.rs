//! What is fuzzed, as plain functions: the fuzz targets call them, and so do the ordinary tests, which
//! replay every input that is checked in. They import each other by `super`, so that both can.

pub mod bench;
pub mod committee;
pub mod host;
pub mod ledger;
pub mod parts;
pub mod reader;
pub mod scene;
pub mod target;
