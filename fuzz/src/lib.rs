//! What is fuzzed, as plain functions: the fuzz targets call them, and so do the ordinary tests, which
//! replay every input that is checked in. They import each other by `super`, so that both can.

pub mod bench;
pub mod committee;
pub mod reader;
pub mod scene;
pub mod target;

/// What a node did, which kept to what must hold of any node.
pub fn kept<T>(said: Result<T, formix_testkit::RuleBroken>) -> T {
    said.unwrap_or_else(|broken| panic!("{broken}"))
}
