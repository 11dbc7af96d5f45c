//! Durations as people write them: `30s`, `2h 30min`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Writes `30s`.
pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*span))
}

/// Reads `30s`; the error says how a duration is written.
pub fn parse(text: &str) -> Result<Duration, String> {
    let hint = |_| format!("`{text}` is not a duration: write it as 90s, 1h 30min or 7d");
    humantime::parse_duration(text).map_err(hint)
}

/// Reads `30s`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Duration, D::Error> {
    parse(&String::deserialize(de)?).map_err(de::Error::custom)
}
