//! Answers for tests: any that the question takes.

use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{Domain, Labels, Measure};

use super::{Question, Reply, Responder, ResponderError, Responding};

/// Answers with what is drawn uniformly from the question's domain. For tests and demonstrations.
#[derive(Debug, Clone, Copy)]
pub struct Random;

impl Responder for Random {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            // What a query asks for, nobody could take a random number for.
            match question.query {
                Some(_) => Ok(Reply::Decline),
                None => draw(question).map(Reply::Answer),
            }
        })
    }
}

fn draw(question: &Question) -> Result<Answer, ResponderError> {
    let statistic = &question.statistic;
    let mut cells = Vec::new();
    if let Some(groups) = &statistic.groups {
        cells.push(word(&groups.labels)?);
    }
    match &statistic.measure {
        Measure::Count => cells.push(Cell::text(if yes()? { "yes" } else { "no" })),
        Measure::Sum(domain) | Measure::Moments(domain) => cells.push(number(domain)?),
        Measure::Histogram(buckets) => cells.push(number(buckets.domain())?),
        Measure::Choice(options) => cells.push(word(options)?),
        Measure::Choices(options) => {
            for option in options.words() {
                if yes()? {
                    cells.push(Cell::text(option));
                }
            }
        }
        Measure::Vector(domain, length) => {
            for _ in 0..*length {
                cells.push(number(domain)?);
            }
        }
        Measure::Regression(regression) => {
            for domain in [regression.response()].into_iter().chain(regression.columns()) {
                cells.push(number(domain)?);
            }
        }
    }
    Ok(Answer::new(cells))
}

fn yes() -> Result<bool, ResponderError> {
    Ok(below_or_at(1)? == 1)
}

fn number(domain: &Domain) -> Result<Cell, ResponderError> {
    Ok(Cell::from(domain.number(below_or_at(domain.width())?)))
}

fn word(labels: &Labels) -> Result<Cell, ResponderError> {
    let last = labels.count().saturating_sub(1);
    let place = usize::try_from(below_or_at(last as u64)?).unwrap_or(last);
    Ok(Cell::text(&labels.words()[place]))
}

/// Uniform from 0 to `most`: draws again whatever would favour small numbers.
fn below_or_at(most: u64) -> Result<u64, ResponderError> {
    let Some(count) = most.checked_add(1) else { return bits() };
    let fair = u64::MAX - u64::MAX % count;
    loop {
        let drawn = bits()?;
        if drawn < fair {
            return Ok(drawn % count);
        }
    }
}

fn bits() -> Result<u64, ResponderError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(ResponderError::Randomness)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use formix_proto::statistic::{Buckets, Groups, Regression, Statistic};

    use super::*;
    use crate::responder::question::tests::question;
    use crate::responder::tests::{labels, shown};

    #[test]
    fn draws_every_value_of_the_domain_and_no_other() {
        let question = question("-0.2", "0.3", 1);
        let drawn: BTreeSet<_> =
            (0..1000).map(|_| shown(&draw(&question).unwrap(), &question)).collect();
        let domain = ["-0.2", "-0.1", "0", "0.1", "0.2", "0.3"];
        assert_eq!(drawn, domain.map(|value| value.parse().unwrap()).into());
    }

    #[test]
    fn whatever_a_question_asks_for_it_takes_the_answer() {
        let domain = Domain::new((-3).into(), 3.into(), 0).unwrap();
        let groups = Groups { labels: labels(&["f", "m"]), least: 1 };
        for measure in [
            Measure::Count,
            Measure::Moments(domain),
            Measure::Histogram(Buckets::every(domain, 2.into()).unwrap()),
            Measure::Choice(labels(&["a", "b"])),
            Measure::Choices(labels(&["a", "b", "12"])),
            Measure::Vector(domain, 5),
            Measure::Regression(
                Regression::try_from((domain, labels(&["x", "y"]), vec![domain, domain])).unwrap(),
            ),
        ] {
            for groups in [None, Some(groups.clone())] {
                let statistic = Statistic { groups, ..Statistic::from(measure.clone()) };
                let question = Question { statistic, ..question("0", "1", 0) };
                let shape = question.statistic.shape(1).unwrap();
                for _ in 0..20 {
                    let answer = draw(&question).unwrap();
                    assert!(question.statistic.encode(&answer, shape).is_ok(), "{measure:?}");
                }
            }
        }
    }
}
