//! What is put around the arguments of calls, so that sums take nothing but numbers, and dates are none of the
//! clock's.

use super::tokens::Token;
use super::{MOST_DEPTH, StatementError, dates};

/// The functions that take text for 0.
const SUMS: [&str; 3] = ["sum", "avg", "total"];
/// SQLite takes text for 0 in sums, where somebody has written `n/a`. It orders text after all numbers, so that
/// the lesser of it and infinity is infinity, which makes the whole sum infinite. Numbers, and NULL, stay what
/// they are.
const NUMBER: &str = ", 9e999)";

/// What is between two parentheses.
struct Call {
    kind: Kind,
    /// Which argument begins at `start`, a place among the tokens.
    argument: usize,
    start: usize,
}

enum Kind {
    Other,
    /// A sum, of its first argument.
    Sum,
    /// A date or time, of this argument; what follows modifies it.
    Date(usize),
}

impl Call {
    fn of(name: Option<&Token<'_>>, start: usize) -> Self {
        let bare = name.map_or("", |name| name.text.trim_matches(['[', ']', '`']));
        let is = |known: &&str| bare.eq_ignore_ascii_case(known);
        let kind = match dates::time_value(bare) {
            Some(argument) => Kind::Date(argument),
            None if SUMS.iter().any(is) => Kind::Sum,
            None => Kind::Other,
        };
        Self { kind, argument: 0, start }
    }

    /// What ends the argument that began last, if something was put before it.
    fn guard(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Sum if self.argument == 0 => Some(NUMBER),
            Kind::Date(of) if self.argument == of => Some(dates::OF_THE_DATA),
            _ => None,
        }
    }

    /// Checks an argument that ends before the token at that place.
    fn check(&self, tokens: &[Token<'_>], end: usize) -> Result<(), StatementError> {
        match self.kind {
            Kind::Date(of) if self.argument > of => dates::check_modifier(&tokens[self.start..end]),
            _ => Ok(()),
        }
    }

    /// Checks a call that ends before the token at that place.
    fn check_whole(&self, end: usize) -> Result<(), StatementError> {
        match self.kind {
            Kind::Date(of) if self.argument < of || self.start == end => Err(StatementError::Clock),
            _ => Ok(()),
        }
    }
}

/// The statement with `min(` before each argument that needs a guard, and the guard after it: `sum(x)` becomes
/// `sum(min(x, 9e999))`.
pub(super) fn guard(text: &str, tokens: &[Token<'_>]) -> Result<String, StatementError> {
    let mut guarded = Guarded { text, done: String::with_capacity(text.len() * 2), copied: 0 };
    let mut open: Vec<Call> = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let opens = match token.text {
            "(" => {
                let name = place.checked_sub(1).map(|before| &tokens[before]);
                open.push(Call::of(name, place + 1));
                if open.len() > MOST_DEPTH {
                    return Err(StatementError::TooDeep);
                }
                open.last()
            }
            "," => match open.last_mut() {
                Some(call) => {
                    call.check(tokens, place)?;
                    guarded.insert(token.at, call.guard());
                    (call.argument, call.start) = (call.argument + 1, place + 1);
                    Some(&*call)
                }
                None => None,
            },
            ")" => {
                let call = open.pop().ok_or(StatementError::Unbalanced)?;
                call.check_whole(place)?;
                call.check(tokens, place)?;
                guarded.insert(token.at, call.guard());
                None
            }
            _ => None,
        };
        if opens.is_some_and(|call| call.guard().is_some()) {
            guarded.insert(argument(token, tokens.get(place + 1)), Some(" min("));
        }
    }
    if open.is_empty() { Ok(guarded.finish()) } else { Err(StatementError::Unbalanced) }
}

/// A text, and what is put into it on the way.
struct Guarded<'a> {
    text: &'a str,
    done: String,
    copied: usize,
}

impl Guarded<'_> {
    fn insert(&mut self, at: usize, what: Option<&str>) {
        if let Some(what) = what {
            self.done.push_str(&self.text[self.copied..at]);
            self.done.push_str(what);
            self.copied = at;
        }
    }

    fn finish(mut self) -> String {
        self.done.push_str(&self.text[self.copied..]);
        self.done
    }
}

/// Where an argument begins that follows this token.
fn argument(before: &Token<'_>, next: Option<&Token<'_>>) -> usize {
    let word = next.filter(|next| next.is("distinct") || next.is("all"));
    word.map_or(before.end(), Token::end)
}
