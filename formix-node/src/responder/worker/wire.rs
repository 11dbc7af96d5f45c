//! The messages between a node and its worker.
//!
//! To the worker: [`VERSION`]; a [`Job`]; what the owner's programs have printed for its tables; the statement.
//! To the node: [`VERSION`]; [`Found`], or a [`SqlError`]. A version is a little-endian `u32`. The job, the
//! statement and the reply each follow their length, a little-endian `u64`. The job and the reply are postcard
//! (<https://postcard.jamesmunns.com/wire-format>), the statement is UTF-8.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read};

use formix_proto::answer::Cell;
use formix_proto::query::Table;
use serde::{Deserialize, Serialize};

use crate::responder::SqlError;
use crate::responder::source::Data;

/// Raised with every change of these messages.
pub(super) const VERSION: u32 = 1;

/// The maximum of text in a result, in bytes.
pub(in crate::responder) const MAX_TEXT: usize = 1 << 20;

/// The maximum length of a number in a reply, in bytes.
const A_NUMBER: usize = 11;

/// The maximum length of an error in a reply, in bytes.
const AN_ERROR: usize = 64 << 10;

/// The maximum length of a job, and of a statement, in bytes.
const MAX_JOB: u64 = 1 << 20;

/// What a worker has to do, apart from the statement.
#[derive(Serialize, Deserialize)]
pub(in crate::responder) struct Job {
    /// The memory of the process, in bytes.
    pub(in crate::responder) memory: u64,
    /// The part of it that the tables may take.
    pub(in crate::responder) tables_memory: u64,
    /// The processor time, in seconds.
    pub(in crate::responder) seconds: u64,
    pub(in crate::responder) tables: Vec<(Table, Data)>,
    pub(in crate::responder) want: Want,
}

/// What is wanted of a statement.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::responder) enum Want {
    /// The number of its columns; it is compiled and not run.
    Columns,
    /// The values of its rows, up to these numbers of both.
    Values { rows: u64, values: usize },
}

impl Want {
    /// The maximum length of a reply, in bytes.
    pub(super) fn max_reply(self) -> usize {
        match self {
            Self::Columns => AN_ERROR,
            Self::Values { values, .. } => {
                values.saturating_mul(A_NUMBER).saturating_add(MAX_TEXT + AN_ERROR)
            }
        }
    }
}

/// What a worker found.
#[derive(Serialize, Deserialize)]
pub(in crate::responder) enum Found<T> {
    Columns(usize),
    /// Row by row; empty if there is no row.
    Values(Vec<T>),
}

/// One value of a result.
#[derive(Serialize, Deserialize)]
pub(in crate::responder) enum Scalar<'a> {
    Missing,
    Integer(i64),
    Real(f64),
    Text(#[serde(borrow)] Cow<'a, str>),
}

/// A value that becomes a cell as it is read, so that no copy of it is left.
#[derive(Deserialize)]
#[serde(from = "Scalar<'_>")]
struct Private(Cell);

impl From<Scalar<'_>> for Private {
    fn from(value: Scalar<'_>) -> Self {
        Self(match value {
            Scalar::Missing => Cell::missing(),
            Scalar::Integer(number) => Cell::from(formix_proto::Decimal::from(number)),
            Scalar::Real(number) => Cell::from(number),
            Scalar::Text(text) => Cell::text(&text),
        })
    }
}

/// Reads a reply, which must take up all of these bytes.
pub(super) fn reply(bytes: &[u8]) -> Option<Result<Found<Cell>, SqlError>> {
    let (outcome, rest) =
        postcard::take_from_bytes::<Result<Found<Private>, SqlError>>(bytes).ok()?;
    let cells = |reply| match reply {
        Found::Columns(count) => Found::Columns(count),
        Found::Values(values) => {
            Found::Values(values.into_iter().map(|Private(cell)| cell).collect())
        }
    };
    rest.is_empty().then(|| outcome.map(cells))
}

/// Reads a job or a statement, after its length.
pub(super) fn sized(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    input.take(length.min(MAX_JOB)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err(ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::PathBuf;

    use formix_proto::answer::Answer;

    use super::*;
    use crate::responder::CsvError;

    fn sent(found: Result<Found<Scalar<'_>>, SqlError>) -> Vec<u8> {
        postcard::to_allocvec(&found).unwrap()
    }

    fn error(bytes: &[u8]) -> SqlError {
        reply(bytes).unwrap().map(drop).unwrap_err()
    }

    #[test]
    fn a_reply_is_read_whole_or_not_at_all() {
        let text = Scalar::Text("ü".into());
        let values = vec![Scalar::Missing, Scalar::Integer(-7), Scalar::Real(0.5), text];
        let bytes = sent(Ok(Found::Values(values)));
        let Some(Ok(Found::Values(cells))) = reply(&bytes) else { panic!("no values") };
        let shown = Answer::new(cells).disclose();
        let shown: Vec<_> = shown.iter().map(|cell| cell.as_ref().map(|text| &***text)).collect();
        assert_eq!(shown, [None, Some("-7"), Some("0.5"), Some("ü")]);
        for length in 0..bytes.len() {
            assert!(reply(&bytes[..length]).is_none(), "{length}");
        }
        assert!(reply(&[&*bytes, b"x"].concat()).is_none());
    }

    #[test]
    fn bytes_that_are_not_a_reply_do_no_harm() {
        let values = vec![Scalar::Integer(i64::MAX), Scalar::Text("abc".into())];
        let replies = [Ok(Found::Values(values)), Ok(Found::Columns(3)), Err(SqlError::Greedy)];
        for bytes in replies.map(sent) {
            for place in 0..bytes.len() {
                for byte in 0..=u8::MAX {
                    let mut bytes = bytes.clone();
                    bytes[place] = byte;
                    let _ = reply(&bytes);
                }
            }
        }
    }

    #[test]
    fn errors_read_the_same_on_both_sides() {
        let file = PathBuf::from(OsStr::from_bytes(b"/\xff.csv"));
        for (source, text) in [
            (io::Error::from_raw_os_error(2), "No such file or directory (os error 2)"),
            (io::Error::other("odd"), "odd"),
        ] {
            let before = SqlError::Source { file: file.clone(), source };
            let SqlError::Source { file: read, source } = error(&sent(Err(before))) else {
                panic!()
            };
            assert_eq!((read, source.to_string()), (file.clone(), text.to_owned()));
        }
        let before = SqlError::Csv { file, line: 3, what: CsvError::NoHeader };
        let text = error(&sent(Err(before))).to_string();
        assert_eq!(text, "/\u{fffd}.csv:3: there is no header line");
    }

    #[test]
    fn nothing_longer_than_a_megabyte_is_read() {
        let most = usize::try_from(MAX_JOB).unwrap();
        let read = |length: usize, bytes: &[u8]| {
            sized(&mut &*[&(length as u64).to_le_bytes(), bytes].concat())
        };
        assert_eq!(read(3, b"abcd").unwrap(), b"abc");
        assert!(read(3, b"ab").is_err());
        assert!(read(most, &vec![0; most]).is_ok());
        assert!(read(most + 1, &vec![0; most + 1]).is_err());
    }
}
