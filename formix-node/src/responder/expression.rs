//! What text is one SQL expression, whatever it says.
//!
//! A query is put between parentheses. This makes sure that it stays there: it opens and closes its
//! own, and has neither a comment nor a semicolon. What it may *do* is for SQLite's authorizer.

use formix_proto::limits::MAX_QUERY;

/// Why text is not an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing but space.
    #[error("it is empty")]
    Empty,
    /// Longer than the protocol allows.
    #[error("it is longer than {MAX_QUERY} bytes")]
    TooLong,
    /// A control character other than tab and line feed.
    #[error("it has a control character")]
    Control,
    /// A semicolon outside quotes.
    #[error("it has a semicolon: only one expression is allowed")]
    Semicolon,
    /// A comment.
    #[error("it has a comment")]
    Comment,
    /// Double quotes: where no column has the name between them, SQLite takes it for text, and the
    /// average of text is 0.
    #[error("it has double quotes: write [name] for a column, and 'text' for text")]
    DoubleQuotes,
    /// A parenthesis that has no other, or quotes that do not end.
    #[error("its parentheses or quotes do not match")]
    Unbalanced,
    /// `||`, with which a few bytes make text of any length.
    #[error("it joins text with ||: only numbers are computed")]
    Concatenation,
    /// `?`, `:name`, `@name` or `$name`.
    #[error("it has a parameter")]
    Parameter,
}

/// Makes sure that the text is one expression, as far as its punctuation goes.
pub(super) fn check(text: &str) -> Result<(), ExpressionError> {
    if text.trim().is_empty() {
        return Err(ExpressionError::Empty);
    }
    if text.len() > MAX_QUERY {
        return Err(ExpressionError::TooLong);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(ExpressionError::Control);
    }
    check_tokens(text)
}

fn check_tokens(text: &str) -> Result<(), ExpressionError> {
    let mut depth = 0_usize;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        match (c, next) {
            ('"', _) => return Err(ExpressionError::DoubleQuotes),
            ('\'' | '`', _) => skip_past(&mut rest, c)?,
            ('[', _) => skip_past(&mut rest, ']')?,
            ('(', _) => depth += 1,
            (')', _) => depth = depth.checked_sub(1).ok_or(ExpressionError::Unbalanced)?,
            (';', _) => return Err(ExpressionError::Semicolon),
            ('-', Some('-')) | ('/', Some('*')) => return Err(ExpressionError::Comment),
            ('|', Some('|')) => return Err(ExpressionError::Concatenation),
            ('?' | ':' | '@' | '$', _) => return Err(ExpressionError::Parameter),
            _ => {}
        }
    }
    if depth == 0 { Ok(()) } else { Err(ExpressionError::Unbalanced) }
}

/// A doubled quote ends one text and begins the next, which comes to the same here.
fn skip_past(rest: &mut std::str::Chars<'_>, end: char) -> Result<(), ExpressionError> {
    rest.find(|c| *c == end).map(drop).ok_or(ExpressionError::Unbalanced)
}
