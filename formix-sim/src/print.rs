//! Fingerprints: 64 bits that name bytes, words and text, the same in debug and release builds.

use core::fmt;

use crate::random::scramble;

/// A fingerprint that grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Print(pub(crate) u64);

impl Print {
    /// The fingerprint of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> u64 {
        let mut print = Self::default();
        print.bytes(bytes);
        print.0
    }

    /// Takes a word in.
    pub(crate) fn word(&mut self, word: u64) {
        self.0 = scramble(self.0 ^ word);
    }

    /// Takes bytes in, and how many they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    /// Takes in what is printed of a value.
    pub(crate) fn debug(&mut self, value: &impl fmt::Debug) {
        // Printing into a fingerprint cannot fail.
        let _ = fmt::write(self, format_args!("{value:?}"));
    }
}

impl fmt::Write for Print {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}
