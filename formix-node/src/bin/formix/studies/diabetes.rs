//! Diabetes: 442 patients, each a light node with one row.

use super::{Inquiry, Study, columns, mean, ols, question};

const PATIENTS: &str = include_str!("../../../../../examples/diabetes/patients.csv");
const BMI: &str = include_str!("../../../../../examples/diabetes/bmi.toml");
const BY_SEX: &str = include_str!("../../../../../examples/diabetes/progression-by-sex.toml");
const REGRESSION: &str = include_str!("../../../../../examples/diabetes/regression.toml");

/// The positions of the columns that the questions use.
const SEX_AT: usize = 2;
const BMI_AT: usize = 3;
const PROGRESSION_AT: usize = 11;
const EDGES: [f64; 7] = [10.0, 18.5, 25.0, 30.0, 35.0, 40.0, 60.0];
const NAMES: [&str; 10] = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];

pub(super) fn study() -> Result<Study, String> {
    let rows = columns(PATIENTS)?;
    let (header, patients) = PATIENTS.split_once('\n').ok_or("no patients")?;
    let light =
        |(at, row): (usize, &str)| (format!("patient-{}", at + 1), format!("{header}\n{row}\n"));
    Ok(Study {
        title: "Diabetes: 442 patients, each with one row of data",
        table: "patient",
        lights: patients.lines().enumerate().map(light).collect(),
        inquiries: vec![
            Inquiry { question: question(BMI)?, truth: bmi(&rows) },
            Inquiry { question: question(BY_SEX)?, truth: by_sex(&rows) },
            Inquiry { question: question(REGRESSION)?, truth: regression(&rows) },
        ],
    })
}

fn bmi(rows: &[Vec<f64>]) -> Vec<(String, f64)> {
    let count = |pair: &[f64]| {
        let inside = rows.iter().filter(|row| row[BMI_AT] >= pair[0] && row[BMI_AT] < pair[1]);
        (format!("{} to {}", pair[0], pair[1]), inside.count() as f64)
    };
    EDGES.windows(2).map(count).collect()
}

fn by_sex(rows: &[Vec<f64>]) -> Vec<(String, f64)> {
    let mean = |sex: f64| {
        let own = rows.iter().filter(|row| row[SEX_AT] == sex);
        let progressions: Vec<_> = own.map(|row| row[PROGRESSION_AT]).collect();
        (format!("{sex}: mean"), mean(&progressions))
    };
    [1.0, 2.0].map(mean).to_vec()
}

fn regression(rows: &[Vec<f64>]) -> Vec<(String, f64)> {
    let row =
        |row: &Vec<f64>| -> Vec<f64> { [&row[PROGRESSION_AT..], &row[1..PROGRESSION_AT]].concat() };
    let names = ["intercept"].into_iter().chain(NAMES).map(str::to_owned);
    let fitted: Vec<_> = rows.iter().map(row).collect();
    names.zip(ols::fit(&fitted)).collect()
}
