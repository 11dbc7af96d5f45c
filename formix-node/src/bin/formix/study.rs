//! The sleep-restriction study: one file per person, and the open result.

use std::str::FromStr;

use formix_proto::Decimal;
use formix_proto::query::{Query, Table};

/// The study's question.
pub(crate) const PROMPT: &str =
    "What was your average reaction time, in ms, on the last five days?";
/// The name of each person's own table.
pub(crate) const TABLE: &str = "sleep";
/// The question as a query over each person's own table.
pub(crate) fn query() -> Query {
    let columns = ["day", "reaction_ms"].map(str::to_owned).to_vec();
    Query {
        sql: "SELECT avg(reaction_ms) FROM sleep WHERE day >= 5".to_owned(),
        tables: vec![Table { name: TABLE.to_owned(), columns }],
    }
}
/// An upper bound of reaction times, in ms.
pub(crate) const MAX: Decimal = Decimal::from_parts(2000, 0, 0, false, 0);
/// A mean of five numbers with four decimals has five decimals.
pub(crate) const DECIMALS: u8 = 5;

macro_rules! people {
    ($($subject:literal)*) => {
        /// Each person's number and file.
        pub(crate) const PEOPLE: &[(&str, &str)] = &[$((
            $subject,
            include_str!(concat!("../../../../examples/sleepstudy/", $subject, ".csv")),
        )),*];
    };
}

people! {
    "308" "309" "310" "330" "331" "332" "333" "334" "335"
    "337" "349" "350" "351" "352" "369" "370" "371" "372"
}

/// The sum of all answers, computed openly.
pub(crate) fn truth() -> Result<Decimal, String> {
    PEOPLE.iter().map(|(_, file)| answer(file)).sum()
}

fn answer(file: &str) -> Result<Decimal, String> {
    let mut times = Vec::new();
    for line in file.lines().skip(1) {
        let [_, day, reaction] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(format!("not a line of the study: {line}"));
        };
        let day = u32::from_str(day).map_err(|error| error.to_string())?;
        if day >= 5 {
            times.push(Decimal::from_str(reaction).map_err(|error| error.to_string())?);
        }
    }
    Ok(times.iter().sum::<Decimal>() / Decimal::from(times.len()))
}
