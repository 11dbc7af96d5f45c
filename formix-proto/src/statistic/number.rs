//! Decimal numbers that mean what is written.

use core::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The digits that a double keeps for certain, whatever the number is.
const CERTAIN_DIGITS: usize = 15;

/// An exact decimal number. In a file it is a number, or text: a number with more digits than TOML and
/// JSON keep can only be text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl Number {
    /// Reads what is written, exactly.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
        number.ok().map(Self)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.normalize().fmt(f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Visitor)
    }
}

struct Visitor;

impl de::Visitor<'_> for Visitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Number, E> {
        let text = alloc::format!("{number:e}");
        let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit);
        match digits.count() > CERTAIN_DIGITS {
            true => Err(E::custom(
                "TOML and JSON do not keep this many digits: write the number as text, in quotes",
            )),
            false => self.visit_str(&text),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        let number = Number::parse(text);
        number.ok_or_else(|| E::custom(format_args!("`{text}` is not a decimal number")))
    }
}
