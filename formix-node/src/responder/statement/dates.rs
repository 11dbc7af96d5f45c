//! Dates and times come from the data: no statement reads the clock, or where on earth it runs.
//!
//! Otherwise an answer that its owner has looked at could be another once it is sent, and whoever asks could
//! choose when.

use super::StatementError;
use super::tokens::Token;

/// The functions of dates and times, and which of their arguments is the time itself.
const DATES: [(&str, usize); 6] = [
    ("date", 0),
    ("time", 0),
    ("datetime", 0),
    ("julianday", 0),
    ("unixepoch", 0),
    ("strftime", 1),
];
/// A time begins with a digit, a sign, a point or space, all of which come before `:`, and numbers come before all
/// text. `now` and `subsec`, in whatever way they are made, come after it, and so do bytes: the lesser of the two is
/// no time.
pub(super) const OF_THE_DATA: &str = ", ':')";
/// The modifiers that do not ask for the time zone, beside those that begin like a number.
const MODIFIERS: [&str; 7] =
    ["auto", "ceiling", "floor", "julianday", "subsec", "subsecond", "unixepoch"];
/// The beginnings of others.
const MODIFIERS_OF: [&str; 2] = ["start of ", "weekday "];

/// Which argument of this function is a time.
pub(super) fn time_value(function: &str) -> Option<usize> {
    let known = DATES.iter().find(|(name, _)| function.eq_ignore_ascii_case(name));
    known.map(|(_, argument)| *argument)
}

/// A modifier must be there to be read: one text, and none that asks for the time zone.
pub(super) fn check_modifier(tokens: &[Token<'_>]) -> Result<(), StatementError> {
    let [literal] = tokens else { return Err(StatementError::Clock) };
    let text = literal.text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let text = text.ok_or(StatementError::Clock)?.to_ascii_lowercase();
    let is_number = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let is_known =
        MODIFIERS.contains(&&*text) || MODIFIERS_OF.iter().any(|of| text.starts_with(of));
    if is_number || is_known { Ok(()) } else { Err(StatementError::Clock) }
}
