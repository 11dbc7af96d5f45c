//! What text is one `SELECT`, as far as its words and punctuation go, and how its sums and dates are guarded.
//!
//! What a statement may *read* is for SQLite's authorizer. This refuses what the authorizer is not asked
//! about, and what could hide from a reader: a second statement, comments, parameters, endless text.

mod dates;
mod guard;
mod tokens;

use formix_proto::limits::MAX_QUERY;

/// How deep parentheses may go: SQLite's compiler goes down with them on a stack whose size is the system's,
/// so that deeper ones would be for some owners and not for others.
const MOST_DEPTH: usize = 40;

/// Why text is not a statement that a question may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Something else than `SELECT`, or `WITH`, in the beginning.
    #[error("it does not begin with SELECT or WITH")]
    NotSelect,
    /// Longer than the protocol allows.
    #[error("it is longer than {MAX_QUERY} bytes")]
    TooLong,
    /// A control character other than tabs and line ends.
    #[error("it has a control character")]
    Control,
    /// A character that is not ASCII, outside quotes: SQLite takes one of them for space.
    #[error("it has a character outside quotes that is not ASCII: write [name] for a column")]
    NotAscii,
    /// A semicolon outside quotes.
    #[error("it has a semicolon: only one statement is allowed, without one at its end")]
    Semicolon,
    /// A comment.
    #[error("it has a comment")]
    Comment,
    /// Double quotes: where no column has the name between them, SQLite takes it for text.
    #[error("it has double quotes: write [name] for a column, and 'text' for text")]
    DoubleQuotes,
    /// A parenthesis that has no other, or quotes that do not end.
    #[error("its parentheses or quotes do not match")]
    Unbalanced,
    /// Parentheses in parentheses in parentheses.
    #[error("its parentheses are more than {MOST_DEPTH} deep")]
    TooDeep,
    /// `||`, with which a few bytes make text of any length.
    #[error("it joins text with ||")]
    Concatenation,
    /// A date or time that may be the clock's.
    #[error(
        "it asks for the date or the time of day: give `date`, `strftime` and their like a time of the data's, and modifiers in quotes, other than 'localtime' and 'utc'"
    )]
    Clock,
    /// `?`, `:name`, `@name` or `$name`.
    #[error("it has a parameter")]
    Parameter,
}

/// The statement as it is run: its sums take nothing but numbers, and its dates come from the data.
pub(super) fn guarded(text: &str) -> Result<String, StatementError> {
    if text.len() > MAX_QUERY {
        return Err(StatementError::TooLong);
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(StatementError::Control);
    }
    let tokens = tokens::tokens(text)?;
    if !tokens.first().is_some_and(|first| first.is_any(&["select", "with"])) {
        return Err(StatementError::NotSelect);
    }
    guard::guard(text, &tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_take_nothing_but_numbers() {
        for (text, run) in [
            ("SELECT sum(x)", "SELECT sum( min(x, 9e999))"),
            ("select [Avg] (DISTINCT x) ", "select [Avg] (DISTINCT min( x, 9e999)) "),
            (
                "SELECT sum((SELECT total(a * (1)))) + count(x)",
                "SELECT sum( min((SELECT total( min(a * (1), 9e999))), 9e999)) + count(x)",
            ),
            ("WITH a AS (SELECT 'sum(' AS sum) SELECT sum", ""),
        ] {
            let run = if run.is_empty() { text } else { run };
            assert_eq!(guarded(text).as_deref(), Ok(run));
        }
    }

    #[test]
    fn dates_are_of_the_data() {
        for (text, run) in [
            ("SELECT date(day)", "SELECT date( min(day, ':'))"),
            (
                "SELECT strftime('%H', a, '+1 hours', 'start of day')",
                "SELECT strftime('%H', min( a, ':'), '+1 hours', 'start of day')",
            ),
            (
                "SELECT avg([julianday] (a, 'Weekday 0') - `unixepoch`(date(b)))",
                "SELECT avg( min([julianday] ( min(a, ':'), 'Weekday 0') - `unixepoch`( min(date( min(b, ':')), ':')), 9e999))",
            ),
        ] {
            assert_eq!(guarded(text).as_deref(), Ok(run));
        }
        for text in [
            "date()",
            "TIME()",
            "strftime()",
            "strftime('%s')",
            "julianday( )",
            "date(day, 'localtime')",
            "date(day, 'UTC')",
            "date(day, '')",
            "date(day, ' localtime')",
            "date(day, zone)",
            "date(day, lower('UTC'))",
            "date(day, 'u''tc')",
            "date(day, X'757463')",
            "date(day, '+1 day', 'utc')",
            "date(day, )",
            "strftime('%s', day, (zone))",
            "strftime('%s', )",
        ] {
            assert_eq!(guarded(&format!("SELECT {text}")), Err(StatementError::Clock), "{text}");
        }
    }

    #[test]
    fn what_the_authorizer_is_not_asked_about_is_refused_by_name() {
        use StatementError::*;
        for (text, why) in [
            ("", NotSelect),
            ("VALUES (1)", NotSelect),
            ("EXPLAIN SELECT 1", NotSelect),
            ("SELECT 1; SELECT 2", Semicolon),
            ("SELECT 1;", Semicolon),
            ("SELECT 1 -- 2", Comment),
            ("SELECT /* 2 */ 1", Comment),
            ("SELECT \"x\"", DoubleQuotes),
            ("SELECT x||y", Concatenation),
            ("SELECT ?", Parameter),
            ("SELECT :x", Parameter),
            ("SELECT @x", Parameter),
            ("SELECT $x", Parameter),
            ("SELECT 1\0", Control),
            ("SELECT '\u{9b}'", Control),
            ("SELECT ü", NotAscii),
        ] {
            assert_eq!(guarded(text), Err(why), "{text}");
        }
        let quoted = "SELECT ';--/*\"||?:@$ü',\r\n\t[;--ü], `;\"`";
        assert_eq!(guarded(quoted).as_deref(), Ok(quoted));
    }

    #[test]
    fn parentheses_and_quotes_match() {
        for text in [
            "SELECT (",
            "SELECT )(",
            "SELECT 1)",
            "SELECT (1))(",
            "SELECT 'a",
            "SELECT [a",
            "SELECT `a",
        ] {
            assert_eq!(guarded(text), Err(StatementError::Unbalanced), "{text}");
        }
        let nested = |depth| format!("SELECT {}1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(guarded(&nested(MOST_DEPTH)).is_ok());
        assert_eq!(guarded(&nested(MOST_DEPTH + 1)), Err(StatementError::TooDeep));
    }

    #[test]
    fn a_statement_is_no_longer_than_a_query_may_be() {
        let text = |bytes| format!("SELECT {}", "1".repeat(bytes - 7));
        assert!(guarded(&text(MAX_QUERY)).is_ok());
        assert_eq!(guarded(&text(MAX_QUERY + 1)), Err(StatementError::TooLong));
    }
}
