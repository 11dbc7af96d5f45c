//! Reading and writing configuration files; errors name the line.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ConfigError;
use crate::durable;
use crate::home::{HomeError, at};

/// The largest configuration file that is read, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// Reads a configuration.
pub(super) fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    parse(path, &read(path)?)
}

/// The text of a configuration; empty if there is no such file.
pub(crate) fn read_if_there(path: &Path) -> Result<String, ConfigError> {
    match read(path) {
        Err(ConfigError::File(HomeError::Io { error, .. }))
            if error.kind() == io::ErrorKind::NotFound =>
        {
            Ok(String::new())
        }
        text => text,
    }
}

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, ConfigError> {
    let size = fs::metadata(path).map_err(at(path))?.len();
    if size > MAX_SIZE {
        let message =
            format!("the file has {size} bytes, the maximum is {MAX_SIZE}: is it the right file?");
        return Err(syntax(path, 1, &message));
    }
    let text = fs::read(path).map_err(at(path))?;
    String::from_utf8(text).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        syntax(path, line_of(&text, valid), "not UTF-8 text")
    })
}

/// A configuration from its text.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        syntax(path, line_of(text, start), error.message())
    })
}

/// The line of a byte offset in a text, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

pub(crate) fn syntax(path: &Path, line: usize, message: &str) -> ConfigError {
    ConfigError::Syntax { path: path.to_owned(), line, message: message.replace('\n', ", ") }
}

/// Writes a configuration, whole or not at all.
pub(super) fn save<T: Serialize>(path: &Path, value: &T) -> Result<(), ConfigError> {
    replace(path, &write(path, value)?)
}

/// The text of a configuration.
pub(crate) fn write<T: Serialize>(path: &Path, value: &T) -> Result<String, ConfigError> {
    toml::to_string_pretty(value).map_err(|error| syntax(path, 1, &error.to_string()))
}

/// Replaces the text of a configuration, whole or not at all.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), ConfigError> {
    let replaced = durable::replace(path, 0o666, |file| file.write_all(text.as_bytes()));
    Ok(replaced.map(|_| ()).map_err(at(path))?)
}
