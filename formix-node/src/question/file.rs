//! A question in a file, and the lines of what is wrong with it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, DeserializeSeed, Deserializer};
use serde::{Deserialize, de::IgnoredAny};

use super::{AsWritten, Fault, Question};
use crate::config::{ConfigError, line_of, read, syntax};

/// A question and the file that it was read from.
#[derive(Debug, Clone)]
pub struct QuestionFile {
    path: PathBuf,
    text: String,
    question: Question,
}

/// What is wrong with a text, and on which line.
type Flaw = (usize, String);

impl QuestionFile {
    /// Reads a question: JSON if the file's name ends so, else TOML.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = read(path)?;
        let mut field = String::new();
        let written =
            parse(path, &text, Tracked(&mut field)).map_err(|(line, what)| {
                match field.as_str() {
                    "" | "." => syntax(path, line, &what),
                    field => syntax(path, line, &format!("{field}: {what}")),
                }
            })?;
        let question = Question::try_from(written).map_err(|fault| blame(path, &text, &fault))?;
        Ok(Self { path: path.to_owned(), text, question })
    }

    /// The question.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Says on which line of the file a fault is.
    pub fn blame(&self, fault: &Fault) -> ConfigError {
        blame(&self.path, &self.text, fault)
    }
}

fn blame(path: &Path, text: &str, fault: &Fault) -> ConfigError {
    let found = parse(path, text, Seek(Some(&fault.field)));
    let line = found.err().map_or(1, |(line, _)| line);
    syntax(path, line, &fault.to_string())
}

fn parse<T>(
    path: &Path,
    text: &str,
    seed: impl for<'de> DeserializeSeed<'de, Value = T>,
) -> Result<T, Flaw> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        let mut json = serde_json::Deserializer::from_str(text);
        let value = seed.deserialize(&mut json).map_err(json_flaw)?;
        return json.end().map(|()| value).map_err(json_flaw);
    }
    let flaw = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        (line_of(text, start), error.message().to_owned())
    };
    seed.deserialize(toml::Deserializer::parse(text).map_err(flaw)?).map_err(flaw)
}

fn json_flaw(error: serde_json::Error) -> Flaw {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    (error.line().max(1), message.to_owned())
}

/// Reads a question, and notes in which field that fails.
struct Tracked<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Tracked<'_> {
    type Value = AsWritten;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<AsWritten, D::Error> {
        let mut track = serde_path_to_error::Track::new();
        let from = serde_path_to_error::Deserializer::new(from, &mut track);
        AsWritten::deserialize(from).inspect_err(|_| *self.0 = track.path().to_string())
    }
}

/// Fails at that field, so that the parser says where it is; here, if no field is named.
struct Seek<'a>(Option<&'a str>);

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self.0 {
            None => Err(de::Error::custom("here")),
            Some(_) => from.deserialize_map(self),
        }
    }
}

impl<'de> de::Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let field = self.0.unwrap_or_default();
        let (first, rest) = match field.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (field, None),
        };
        while let Some(key) = map.next_key::<String>()? {
            if key == first {
                return map.next_value_seed(Seek(rest));
            }
            map.next_value::<IgnoredAny>()?;
        }
        // What is not said is missing here.
        Err(de::Error::custom("not here"))
    }
}
