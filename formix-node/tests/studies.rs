//! Whole studies of real data: every private quantity equals the openly computed one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

use std::process::Command;

use serde_json::Value;

/// The result of a study, and how many quantities it has compared.
fn study(name: &str) -> (Value, usize) {
    let program = env!("CARGO_BIN_EXE_formix");
    let run = Command::new(program).args(["study", name, "--json"]).output().unwrap();
    let text = String::from_utf8(run.stdout).unwrap();
    let stderr = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(run.status.success(), "{stderr}");
    let result: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let questions = result["questions"].as_array().unwrap();
    let rows = questions.iter().flat_map(|question| question["rows"].as_array().unwrap());
    let compared = rows
        .inspect(|row| {
            let [private, open] = ["private", "open"].map(|key| row[key].as_f64().unwrap());
            assert!((private - open).abs() <= 1e-7 * open.abs().max(1.0), "{row}");
        })
        .count();
    (result, compared)
}

#[test]
fn reaction_times_by_day_and_each_persons_trend_are_the_true_ones() {
    let (result, compared) = study("sleep");
    assert_eq!(compared, 2 * 11);
    let trend = &result["questions"][10]["rows"][0];
    // The fixed effect of the days in Belenky's data, as in every textbook on mixed models.
    assert!((trend["private"].as_f64().unwrap() - 10.467_286).abs() < 1e-6, "{trend}");
}

#[test]
fn four_hundred_and_forty_two_patients_regress_as_they_do_openly() {
    let (result, compared) = study("diabetes");
    assert_eq!(compared, 6 + 2 + 11);
    for question in result["questions"].as_array().unwrap() {
        assert_eq!(question["report"]["participants_count"], 442);
    }
}
