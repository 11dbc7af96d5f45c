//! What an owner was shown of an answer, so that nothing else is sent in its place.

use std::fmt;

use formix_proto::answer::Answer;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A digest of the cells of a preview, or of there being none, under a key of its own: it tells whether another
/// answer is the same, and nothing of either. It is never written, and wiped when dropped.
pub(super) struct Seen {
    key: Zeroizing<[u8; 32]>,
    digest: Zeroizing<[u8; 32]>,
}

impl Seen {
    /// Remembers what is shown.
    ///
    /// # Errors
    ///
    /// When the operating system gives no randomness.
    pub(super) fn of(answer: Option<&Answer>) -> Result<Self, getrandom::Error> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key)?;
        let digest = digest(&key, answer);
        Ok(Self { key, digest })
    }

    /// Whether that is what was shown, to the last digit.
    pub(super) fn is(&self, answer: Option<&Answer>) -> bool {
        digest(&self.key, answer) == self.digest
    }
}

fn digest(key: &[u8; 32], answer: Option<&Answer>) -> Zeroizing<[u8; 32]> {
    let mut hasher = Sha256::new_with_prefix(key);
    hasher.update([answer.is_some().into()]);
    for cell in answer.map(Answer::disclose).unwrap_or_default() {
        let length = cell.as_ref().map_or(u64::MAX, |text| text.len() as u64);
        hasher.update(length.to_le_bytes());
        hasher.update(cell.as_ref().map_or("", |text| text));
    }
    Zeroizing::new(hasher.finalize().into())
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

#[cfg(test)]
mod tests {
    use formix_proto::answer::Cell;

    use super::*;

    #[test]
    fn only_the_same_cells_are_what_was_shown() {
        let answer =
            |cells: &[&str]| Answer::new(cells.iter().map(|cell| Cell::parse(cell)).collect());
        let answers = [
            None,
            Some(answer(&[])),
            Some(answer(&["0"])),
            Some(answer(&["51000"])),
            Some(answer(&["5", "1000"])),
            Some(answer(&["a", "b"])),
            Some(answer(&["ab"])),
            Some(answer(&["ab", ""])),
            Some(Answer::new(vec![Cell::missing()])),
        ];
        for (place, shown) in answers.iter().enumerate() {
            let seen = Seen::of(shown.as_ref()).unwrap();
            for (other, answer) in answers.iter().enumerate() {
                assert_eq!(seen.is(answer.as_ref()), place == other, "{place} and {other}");
            }
            assert_eq!(format!("{seen:?}"), "<redacted>");
        }
    }
}
