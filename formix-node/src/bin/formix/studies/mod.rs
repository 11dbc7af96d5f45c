//! `formix study`: questions about real data, each answered in private and beside it computed openly.

mod diabetes;
mod ols;
mod run;
mod sleep;
mod table;

pub(crate) use run::run;

use formix_node::question::Question;

use crate::args::StudyName;

/// A study: its participants with their data, and its questions.
struct Study {
    title: &'static str,
    /// The name of each participant's own table in the questions.
    table: &'static str,
    /// Each participant's name and CSV.
    lights: Vec<(String, String)>,
    inquiries: Vec<Inquiry>,
}

/// One question of a study.
struct Inquiry {
    question: Question,
    /// The results computed openly from all the data: each quantity by its name.
    truth: Vec<(String, f64)>,
}

fn study(name: StudyName) -> Result<Study, String> {
    match name {
        StudyName::Sleep => sleep::study(),
        StudyName::Diabetes => diabetes::study(),
    }
}

fn question(toml: &str) -> Result<Question, String> {
    toml::from_str(toml).map_err(|error| error.to_string())
}

/// The columns of a CSV with a header, all of them numbers.
fn columns(csv: &str) -> Result<Vec<Vec<f64>>, String> {
    let row = |line: &str| -> Result<Vec<f64>, String> {
        line.split(',')
            .map(|field| field.parse().map_err(|_| format!("`{field}` is not a number")))
            .collect()
    };
    csv.lines().skip(1).map(row).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The unbiased standard deviation, in two passes.
fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() as f64 - 1.0)).sqrt()
}

/// Mean and standard deviation, as the quantities of a result are named.
fn spread(values: &[f64]) -> Vec<(String, f64)> {
    vec![("mean".to_owned(), mean(values)), ("deviation".to_owned(), deviation(values))]
}
