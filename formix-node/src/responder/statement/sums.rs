//! Sums take numbers and nothing else.

use super::tokens::Token;
use super::{MOST_DEPTH, StatementError};

/// The functions that take text for 0.
const SUMS: [&str; 3] = ["sum", "avg", "total"];

/// SQLite takes text for 0 in sums, where somebody has written `n/a`. It orders text after all numbers,
/// so that the lesser of it and infinity is infinity, which makes the whole sum infinite: `sum(x)`
/// becomes `sum(min(x, 9e999))`. Numbers, and NULL, stay what they are.
pub(super) fn guard(text: &str, tokens: &[Token<'_>]) -> Result<String, StatementError> {
    let mut guarded = String::with_capacity(text.len() * 2);
    let (mut open, mut copied) = (Vec::new(), 0);
    for (place, token) in tokens.iter().enumerate() {
        let add = match token.text {
            "(" => {
                let is_sum = place > 0 && is_sum(&tokens[place - 1]);
                open.push(is_sum);
                if open.len() > MOST_DEPTH {
                    return Err(StatementError::TooDeep);
                }
                is_sum.then(|| (argument(token, tokens.get(place + 1)), " min("))
            }
            ")" => open.pop().ok_or(StatementError::Unbalanced)?.then_some((token.at, ", 9e999)")),
            _ => None,
        };
        if let Some((at, what)) = add {
            guarded.push_str(&text[copied..at]);
            guarded.push_str(what);
            copied = at;
        }
    }
    guarded.push_str(&text[copied..]);
    if open.is_empty() { Ok(guarded) } else { Err(StatementError::Unbalanced) }
}

fn is_sum(name: &Token<'_>) -> bool {
    let bare = name.text.trim_matches(['[', ']', '`']);
    SUMS.iter().any(|sum| bare.eq_ignore_ascii_case(sum))
}

/// Where the argument of an aggregate begins.
fn argument(open: &Token<'_>, next: Option<&Token<'_>>) -> usize {
    let word = next.filter(|next| next.is("distinct") || next.is("all"));
    word.map_or(open.end(), Token::end)
}
