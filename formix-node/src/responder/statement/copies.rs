//! How often SQLite may have to compile what a statement says once.
//!
//! SQLite compiles a `SELECT` as often as others name it, and puts the expression of a column wherever
//! the column is named. So a few lines that each name the line before twice take all the time and memory
//! there is, and while it compiles, SQLite cannot be stopped.

use std::collections::BTreeMap;

use super::tokens::Token;
use super::{MOST_DEPTH, StatementError};

/// The most words that a statement may come to once everything is put wherever it is named. SQLite takes
/// less than a second and 300 MB for so many.
pub(super) const MOST_WORDS: u32 = 1 << 20;

/// Words that are no names.
const KEYWORDS: [&str; 10] =
    ["and", "as", "case", "else", "from", "is", "or", "select", "then", "when"];

/// A `SELECT` without those in it.
#[derive(Default)]
struct Select {
    words: u32,
    names: BTreeMap<String, u32>,
}

/// Every copy comes about on a way from `SELECT` to `SELECT`, along names. One that names nothing more
/// than `n` times takes part in at most `n` ways for each that leads to it, so that there are no more
/// copies of a `SELECT` than the product of `1 + n` over all others.
pub(super) fn check(tokens: &[Token<'_>]) -> Result<(), StatementError> {
    let selects = selects(tokens)?;
    let most = |select: &Select| 1.0 + f64::from(*select.names.values().max().unwrap_or(&0));
    let all: f64 = selects.iter().map(most).product();
    let words: f64 =
        selects.iter().map(|select| f64::from(select.words) * all / most(select)).sum();
    if words > MOST_WORDS.into() { Err(StatementError::TooManyCopies) } else { Ok(()) }
}

fn selects(tokens: &[Token<'_>]) -> Result<Vec<Select>, StatementError> {
    let mut selects = vec![Select::default()];
    let mut open = vec![0];
    for (place, token) in tokens.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| &tokens[before]);
        let next = tokens.get(place + 1);
        let inner = *open.last().ok_or(StatementError::Unbalanced)?;
        selects[inner].words += 1;
        match token.text {
            "(" if next.is_some_and(|next| next.is_any(&["select", "with", "values"])) => {
                open.push(selects.len());
                selects.push(Select::default());
            }
            "(" => open.push(inner),
            ")" => drop(open.pop()),
            _ if is_name(token, before, next) => {
                *selects[inner].names.entry(token.bare().to_ascii_lowercase()).or_default() += 1;
            }
            _ => {}
        }
        if open.len() > MOST_DEPTH + 1 {
            return Err(StatementError::TooDeep);
        }
    }
    Ok(selects)
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
    fn what_is_long_may_be_named_less_often() {
        let text = |length: usize, times: usize| {
            let long: Vec<_> = (0..length).map(|n| n.to_string()).collect();
            let sum = vec!["x"; times].join(" + ");
            format!(
                "SELECT {sum} FROM (SELECT {sum} AS x FROM (SELECT coalesce({}) AS x))",
                long.join(",")
            )
        };
        assert!(!is_refused(&text(10, 100)));
        assert!(!is_refused(&text(1000, 10)));
        assert!(is_refused(&text(1000, 100)));
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
        let sums: Vec<_> =
            (0..300).map(|n| format!("sum(CASE WHEN x = {n} THEN 1 ELSE 0 END)")).collect();
        let text = format!("SELECT {} FROM (SELECT x + y AS x FROM data)", sums.join(", "));
        assert_eq!(guarded(&text).map(drop), Ok(()));
    }
}
