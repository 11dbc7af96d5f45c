//! Sleep restriction: the reaction times of eighteen people on each of ten days.

use super::{Inquiry, Study, columns, ols, question, spread};
use crate::study::PEOPLE;

const ON_A_DAY: &str = include_str!("../../../../../examples/sleepstudy/reaction-on-a-day.toml");
const SLOPE: &str = include_str!("../../../../../examples/sleepstudy/slope.toml");
const DAYS: u32 = 10;

pub(super) fn study() -> Result<Study, String> {
    let people: Vec<_> = PEOPLE.iter().map(|(_, csv)| columns(csv)).collect::<Result<_, _>>()?;
    let mut inquiries = Vec::new();
    for day in 0..DAYS {
        inquiries.push(on_a_day(day, &people)?);
    }
    inquiries.push(slopes(&people)?);
    let light = |(subject, csv): &(&str, &str)| (format!("subject-{subject}"), (*csv).to_owned());
    Ok(Study {
        title: "Sleep restriction: reaction time, in ms, of 18 people on 10 days",
        table: "sleep",
        lights: PEOPLE.iter().map(light).collect(),
        inquiries,
    })
}

/// The mean and standard deviation over all people on one day.
fn on_a_day(day: u32, people: &[Vec<Vec<f64>>]) -> Result<Inquiry, String> {
    let mut question = question(ON_A_DAY)?;
    question.prompt = question.prompt.replace("day 0", &format!("day {day}"));
    if let Some(query) = &mut question.query {
        query.sql = query.sql.replace("day = 0", &format!("day = {day}"));
    }
    let rows = people.iter().flatten();
    let times: Vec<_> = rows.filter(|row| row[1] == f64::from(day)).map(|row| row[2]).collect();
    Ok(Inquiry { question, truth: spread(&times) })
}

/// The mean and standard deviation of the slopes of each person's own line.
fn slopes(people: &[Vec<Vec<f64>>]) -> Result<Inquiry, String> {
    let slope = |rows: &Vec<Vec<f64>>| {
        let points: Vec<_> = rows.iter().map(|row| vec![row[2], row[1]]).collect();
        ols::fit(&points)[1]
    };
    let slopes: Vec<_> = people.iter().map(slope).collect();
    Ok(Inquiry { question: question(SLOPE)?, truth: spread(&slopes) })
}
