//! Fingerprints: 64 bits that name bytes, words and text, the same in debug and release builds.

use core::fmt;

use crate::random::scramble;

/// A fingerprint that grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint(pub(crate) u64);

impl Fingerprint {
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
        let mut text = Text { print: self, word: 0, length: 0 };
        // Printing into a fingerprint cannot fail.
        let _ = fmt::write(&mut text, format_args!("{value:?}"));
        let (word, length) = (text.word, text.length);
        self.word(word);
        self.word(length);
    }
}

/// A text that comes in many small pieces, taken in by words of eight bytes.
struct Text<'p> {
    print: &'p mut Fingerprint,
    word: u64,
    length: u64,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.word = self.word << 8 | u64::from(byte);
            self.length += 1;
            if self.length.is_multiple_of(8) {
                self.print.word(self.word);
            }
        }
        Ok(())
    }
}
