//! Decimal numbers that mean what is written.

use std::fmt;

use formix_proto::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The digits that a double keeps for certain, whatever the number is.
const CERTAIN_DIGITS: usize = 15;

/// An exact decimal number. In a file it is a number, or text: a number with more digits than TOML and
/// JSON keep can only be text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

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
        let text = format!("{number:e}");
        let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit);
        match digits.count() > CERTAIN_DIGITS {
            true => Err(E::custom("a number with so many digits must be text, in quotes")),
            false => self.visit_str(&text),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Number, E> {
        let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
        number.map(Number).map_err(|_| E::custom(format!("`{text}` is not a decimal number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, String> {
        let number: Result<Number, _> = serde_json::from_str(json);
        number.map(|number| number.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_and_text_are_read_exactly() {
        for (json, number) in [
            ("7", "7"),
            ("-0.1", "-0.1"),
            ("1e3", "1000"),
            ("18446744073709551615", "18446744073709551615"),
            ("123456789.012345", "123456789.012345"),
            ("\"9007199254740993.5\"", "9007199254740993.5"),
            ("\"4e2\"", "400"),
        ] {
            assert_eq!(read(json).as_deref(), Ok(number), "{json}");
        }
    }

    #[test]
    fn what_is_not_exactly_a_decimal_number_is_refused() {
        for (json, why) in [
            ("9007199254740993.5", "must be text"),
            ("0.12345678901234567", "must be text"),
            ("1e300", "not a decimal number"),
            ("\"inf\"", "`inf` is not a decimal number"),
            ("\"NaN\"", "`NaN` is not a decimal number"),
            ("\"\"", "not a decimal number"),
            ("true", "expected a decimal number"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(why), "{json}: {error}");
        }
    }
}
