//! What becomes of values that are missing, out of range, or mistaken, in every statistic that is listed.

use alloc::string::ToString;

use super::*;

#[test]
fn a_stand_in_is_a_value_of_the_question() {
    for (_, asked) in examples() {
        let plain = asked.statistic;
        let mut coins = coins();
        let sample = plain.measure.sample(&mut Draw::new(&mut coins));
        let text = Answer::new(sample).disclose();
        let stand_in = text[0].as_ref().unwrap().to_string();
        let with = |missing| Statistic { missing, ..plain.clone() }.check();
        assert_eq!(with(Rule::Use(stand_in)), Ok(()), "{plain:?}");
        assert_eq!(with(Rule::Use("no such value".into())), Err(StatisticError::StandIn));
        let long = format!("0{}", "0".repeat(MAX_CONSTANT));
        assert_eq!(with(Rule::Use(long)), Err(StatisticError::StandIn));
    }
}

/// Cells that no example takes: without a value (0), with one that is out of range (1), and with one that is
/// not of the question's type (2). A word is of the type of a question whose options are words.
fn odd_cells(has_options: bool) -> impl Iterator<Item = (usize, Cell)> {
    let missing = [Cell::missing(), Cell::from(f64::NAN)];
    let numbers = ["-7.5", "2401", "79228162514264337593543950335"].map(Cell::parse);
    let beyond = [f64::NEG_INFINITY, 1e300].map(Cell::from);
    let words = ["no such word", ""].map(Cell::text);
    let (outside, words) = (numbers.into_iter().chain(beyond), words.into_iter());
    let words = words.map(move |cell| (if has_options { 1 } else { 2 }, cell));
    missing.into_iter().map(|cell| (0, cell)).chain(outside.map(|cell| (1, cell))).chain(words)
}

/// Each follows its own rule and no other, and a mistake none. What stands in here is what the cell had, so
/// that the whole answer comes back.
#[test]
fn a_value_follows_the_rule_for_what_is_wrong_with_it_or_declines() {
    for (fields, asked) in examples() {
        let shape = asked.statistic.shape(1).unwrap();
        let answer = asked.statistic.sample(&mut Draw::new(&mut |max| max));
        let encode = |statistic: &Statistic, cells: Vec<Cell>| {
            let encoded = statistic.encode(&Answer::new(cells), shape)?;
            Ok::<Vec<_>, AnswerError>(encoded.values().collect())
        };
        let whole = encode(&asked.statistic, answer.cells().to_vec()).unwrap();
        for (place, right) in answer.disclose().iter().enumerate() {
            let stand_in = || Rule::Use(right.as_ref().unwrap().to_string());
            let plain = asked.statistic.clone();
            let ruled = [
                Statistic { missing: stand_in(), ..plain.clone() },
                Statistic { outside: stand_in(), ..plain.clone() },
            ];
            for (what, cell) in odd_cells(fields.has("options")) {
                let mut cells = answer.cells().to_vec();
                cells[place] = cell;
                let declined = encode(&plain, cells.clone());
                assert!(declined.is_err(), "{plain:?} takes {:?}", Answer::new(cells).disclose());
                for (rule, ruled) in ruled.iter().enumerate() {
                    let expected = if rule == what { Ok(whole.clone()) } else { declined.clone() };
                    assert_eq!(encode(ruled, cells.clone()), expected, "{ruled:?} {what}");
                }
            }
        }
    }
}

/// 2 is a number, so it is out of range; maybe is a word, so it is a mistake.
#[test]
fn a_count_takes_no_number_but_1_and_0_and_no_word_but_four() {
    let statistic = Statistic::from(Measure::from(count::Count));
    let shape = statistic.shape(1).unwrap();
    let said = |cell| statistic.encode(&Answer::from(cell), shape).map(|it| it.values().next());
    for yes in [Cell::from(1.0), Cell::parse("1.00"), Cell::text("Yes"), Cell::text("true")] {
        assert_eq!(said(yes), Ok(Some(1)));
    }
    for no in [Cell::from(0.0), Cell::parse("-0"), Cell::text("no"), Cell::text("FALSE")] {
        assert_eq!(said(no), Ok(Some(0)));
    }
    for number in [2.0, 0.5, -1.0, 1e300] {
        assert_eq!(said(Cell::from(number)), Err(AnswerError::NotOneOrZero), "{number}");
    }
    for word in ["maybe", "", "1"] {
        assert_eq!(said(Cell::text(word)), Err(AnswerError::NotYesOrNo), "{word}");
    }
}
