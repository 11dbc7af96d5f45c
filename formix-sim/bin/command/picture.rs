//! Draws the picture of the documentation.

use std::io::{self, Write};

use crate::page::picture;

use super::Outcome;

pub(crate) fn run() -> Outcome {
    // A reader that closes its end of a pipe wants no more: that is not an error.
    let _ = io::stdout().write_all(picture().as_bytes());
    Outcome::Held
}
