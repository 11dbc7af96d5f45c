//! The words and the punctuation of a statement.

use super::StatementError;

/// A word, what is between quotes with them, or one other character; space is left out.
pub(super) struct Token<'a> {
    pub(super) at: usize,
    pub(super) text: &'a str,
}

impl Token<'_> {
    pub(super) fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, StatementError> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match c {
            '\'' | '`' => quoted(rest, c)?,
            '[' => quoted(rest, ']')?,
            _ if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => check_punctuation(rest).map(|()| 1)?,
        };
        if !c.is_ascii_whitespace() {
            tokens.push(Token { at, text: &rest[..length] });
        }
        at += length;
    }
    Ok(tokens)
}

/// A doubled quote ends one text and begins the next, which comes to the same here.
fn quoted(rest: &str, end: char) -> Result<usize, StatementError> {
    rest[1..].find(end).map(|at| at + 2).ok_or(StatementError::Unbalanced)
}

fn check_punctuation(rest: &str) -> Result<(), StatementError> {
    if !rest.starts_with(|c: char| c.is_ascii()) {
        return Err(StatementError::NotAscii);
    }
    let refused = [
        (";", StatementError::Semicolon),
        ("\"", StatementError::DoubleQuotes),
        ("--", StatementError::Comment),
        ("/*", StatementError::Comment),
        ("||", StatementError::Concatenation),
        ("?", StatementError::Parameter),
        (":", StatementError::Parameter),
        ("@", StatementError::Parameter),
        ("$", StatementError::Parameter),
    ];
    refused.iter().find(|(text, _)| rest.starts_with(text)).map_or(Ok(()), |(_, why)| Err(*why))
}
