//! Quotes that CSV opens and does not close as it should.
//!
//! The csv crate is lenient: it takes the end of the text for the end of a quote, and goes on with a field
//! after its quote was closed. Rows between two such quotes would silently become one value.

use std::io::{Error, Read, Result};

/// A byte order mark before the header.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// CSV that cannot be read beyond a quote that is not closed at the end of its field.
pub(super) struct Quotes<R> {
    text: R,
    delimiter: u8,
    place: Place,
    /// How many bytes of a mark are still to come, if the text begins with one.
    mark: &'static [u8],
    line: u64,
    /// The line of the last quote that opened a field.
    opened: u64,
}

/// Where in a field the text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    /// After a quote that closes the field, or is the first of two that stand for one.
    Quote,
    /// In the space after it.
    Space,
}

/// The line where a quote opens that is not closed at the end of its field.
#[derive(Debug, thiserror::Error)]
#[error("a quote that opens in line {0} is not closed")]
pub(super) struct Unclosed(pub(super) u64);

impl<R> Quotes<R> {
    pub(super) fn new(text: R, delimiter: u8) -> Self {
        Self { text, delimiter, place: Place::Start, mark: MARK, line: 1, opened: 1 }
    }

    fn pass(&mut self, byte: u8) -> Result<()> {
        if let Some((next, rest)) = self.mark.split_first() {
            self.mark = if byte == *next { rest } else { &[] };
            if byte == *next {
                return Ok(());
            }
        }
        self.place = match (self.place, byte) {
            (Place::Quoted, b'"') => Place::Quote,
            (Place::Quoted, _) => Place::Quoted,
            (_, byte) if byte == self.delimiter || byte == b'\n' || byte == b'\r' => Place::Start,
            (Place::Start, b'"') => {
                self.opened = self.line;
                Place::Quoted
            }
            (Place::Quote, b'"') => Place::Quoted,
            (Place::Quote | Place::Space, b' ' | b'\t') => Place::Space,
            (Place::Quote | Place::Space, _) => return Err(self.unclosed()),
            (Place::Start | Place::Plain, _) => Place::Plain,
        };
        self.line += u64::from(byte == b'\n');
        Ok(())
    }

    fn unclosed(&self) -> Error {
        Error::other(Unclosed(self.opened))
    }
}

impl<R: Read> Read for Quotes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.text.read(buffer)?;
        match read {
            0 if self.place == Place::Quoted => return Err(self.unclosed()),
            _ => buffer[..read].iter().try_for_each(|byte| self.pass(*byte))?,
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use csv::{ReaderBuilder, StringRecord};

    use super::*;

    fn records<R: Read>(text: R) -> csv::Result<Vec<StringRecord>> {
        let mut reader = ReaderBuilder::new();
        reader.flexible(true).has_headers(false).from_reader(text).into_records().collect()
    }

    /// All texts of so many of these characters.
    fn texts(length: usize) -> Vec<String> {
        let longer = |text: &String| ["a", ",", "\"", "\n", " "].map(|next| text.clone() + next);
        match length {
            0 => vec![String::new()],
            _ => texts(length - 1).iter().flat_map(longer).collect(),
        }
    }

    #[test]
    fn a_line_after_a_text_that_is_accepted_is_a_row_of_its_own() {
        let (mut accepted, mut refused) = (0, 0);
        for text in (0..7).flat_map(texts) {
            let Ok(mut rows) = records(Quotes::new(text.as_bytes(), b',')) else {
                refused += 1;
                continue;
            };
            accepted += 1;
            rows.push(StringRecord::from(vec!["end"]));
            assert_eq!(records(format!("{text}\nend").as_bytes()).unwrap(), rows, "{text:?}");
        }
        assert!(accepted > 1000 && refused > 1000, "{accepted} {refused}");
    }

    #[test]
    fn what_has_no_quotes_or_closes_them_is_accepted() {
        for text in ["a\"b,c\"", "\"a\nb\"\"\" ,\"\"\r\n\"\"", "\u{feff}\"a,\"", "\"\"\"\""] {
            assert!(records(Quotes::new(text.as_bytes(), b',')).is_ok(), "{text:?}");
        }
    }
}
