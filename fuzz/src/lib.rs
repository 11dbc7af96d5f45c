//! What the fuzz targets share: bytes read as choices, a small scene, and a node on a bench.

pub mod bench;
pub mod reader;
pub mod scene;
