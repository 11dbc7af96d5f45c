//! How often SQLite may have to compile what a statement says once.
//!
//! SQLite compiles a `SELECT` as often as others name it, and puts the expression of a column wherever
//! the column is named. So a few lines that each name the line before twice take all the time and memory
//! there is, and while it compiles, SQLite cannot be stopped.

use std::collections::BTreeMap;

use super::tokens::Token;
use super::{MOST_DEPTH, StatementError};

/// The most copies of one thing that a statement may make. So many take 100 MB and less than a second.
pub(super) const MOST_COPIES: usize = 1 << 16;

/// Words that are no names.
const KEYWORDS: [&str; 10] =
    ["and", "as", "case", "else", "from", "is", "or", "select", "then", "when"];

/// Every copy comes about on a way from `SELECT` to `SELECT`, along names. One that names another at
/// most `n` times takes part in at most `n` ways for each that leads to it, so that there are no more
/// ways altogether than the product of `1 + n` over all `SELECT`s.
pub(super) fn check(tokens: &[Token<'_>]) -> Result<(), StatementError> {
    let mut named = vec![BTreeMap::<String, usize>::new()];
    let mut selects = vec![0];
    for (place, token) in tokens.iter().enumerate() {
        let next = tokens.get(place + 1);
        let select = *selects.last().ok_or(StatementError::Unbalanced)?;
        match token.text {
            "(" if next.is_some_and(|next| next.is_any(&["select", "with", "values"])) => {
                selects.push(named.len());
                named.push(BTreeMap::new());
            }
            "(" => selects.push(select),
            ")" => drop(selects.pop()),
            _ if is_name(token, place.checked_sub(1).map(|before| &tokens[before]), next) => {
                *named[select].entry(token.bare().to_ascii_lowercase()).or_default() += 1;
            }
            _ => {}
        }
        if selects.len() > MOST_DEPTH + 1 {
            return Err(StatementError::TooDeep);
        }
    }
    let times = named.iter().map(|names| 1 + names.values().max().unwrap_or(&0));
    let copies = times.fold(1_usize, usize::saturating_mul);
    if copies > MOST_COPIES { Err(StatementError::TooManyCopies) } else { Ok(()) }
}

/// Whether it may stand for something that is said elsewhere: a name, the number of a column, or all
/// columns.
fn is_name(token: &Token<'_>, before: Option<&Token<'_>>, next: Option<&Token<'_>>) -> bool {
    match () {
        () if token.is_any(&KEYWORDS) || next.is_some_and(|next| next.text == "(") => false,
        () if token.text == "*" => {
            before.is_some_and(|before| before.is_any(&["select", "distinct", "all", ",", "."]))
        }
        () => token.text.starts_with(|c: char| c.is_ascii_alphanumeric() || "_[`'".contains(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::guarded;
    use super::*;

    fn is_refused(text: &str) -> bool {
        guarded(text) == Err(StatementError::TooManyCopies)
    }

    #[test]
    fn what_names_itself_twice_again_and_again_is_refused() {
        let nested = |select: &str, from: &str, depth| {
            format!(
                "SELECT 1 FROM {}data{}",
                format!("(SELECT {select} FROM ").repeat(depth),
                format!("{from})").repeat(depth)
            )
        };
        for (select, from) in [
            ("x + x AS x", ""),
            ("x + [X] AS x", ""),
            ("`x`, x", ""),
            ("*, *", ""),
            ("x", " ORDER BY 1, 1"),
            ("x", ", data AS data"),
            ("DISTINCT x", " WHERE x > 0 OR x < 1"),
        ] {
            assert!(!is_refused(&nested(select, from, 5)), "{select}{from}");
            assert!(is_refused(&nested(select, from, 20)), "{select}{from}");
        }
        let with = |depth| {
            let part = |n| format!(", a{} AS (SELECT p.x FROM a{n} AS p, 'a{n}' AS q)", n + 1);
            let parts: String = (0..depth).map(part).collect();
            format!("WITH a0 AS (SELECT 1 AS x){parts} SELECT x FROM a{depth}")
        };
        assert!(!is_refused(&with(5)));
        assert!(is_refused(&with(20)));
    }

    #[test]
    fn what_people_ask_is_not_refused() {
        for text in [
            "SELECT sex, avg(ms) AS ms, max(ms) AS most FROM sleep WHERE day >= 5 AND day <= 9 AND ms > 0
            GROUP BY sex HAVING count(*) > 2 ORDER BY sex",
            "WITH late AS (SELECT id, day, ms FROM sleep WHERE day BETWEEN 5 AND 9),
            means AS (SELECT id, avg(ms) AS ms, count(*) AS days FROM late GROUP BY id),
            grown AS (SELECT id, age FROM people WHERE age >= 18 AND age < 65)
            SELECT g.age, m.ms, m.days FROM means AS m JOIN grown AS g ON m.id = g.id ORDER BY g.id LIMIT 1",
            "SELECT (SELECT avg(ms) FROM sleep WHERE day = 1), (SELECT avg(ms) FROM sleep WHERE day = 2),
            (SELECT avg(ms) FROM sleep WHERE day = 3), (SELECT avg(ms) FROM sleep WHERE day = 4),
            (SELECT avg(ms) FROM sleep WHERE day = 5), (SELECT avg(ms) FROM sleep WHERE day = 6),
            (SELECT avg(ms) FROM sleep WHERE day = 7), (SELECT avg(ms) FROM sleep WHERE day = 8)",
        ] {
            assert!(guarded(text).is_ok(), "{text}");
        }
    }
}
