//! Draws the picture of the documentation.

use std::io::{self, Write};

use formix_sim::page::picture;

use super::Outcome;

pub(crate) fn run() -> Outcome {
    // Who closes the other end of a pipe does not want to read on: that is no error.
    let _ = io::stdout().write_all(picture().as_bytes());
    Outcome::Held
}
