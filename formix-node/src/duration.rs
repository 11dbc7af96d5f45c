//! Spans of time as people write them: `30s`, `2h 30min`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer, de};

/// Writes `30s`.
pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*span))
}

/// Reads `30s`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Duration, D::Error> {
    humantime::parse_duration(&String::deserialize(de)?).map_err(de::Error::custom)
}
