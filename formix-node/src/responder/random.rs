//! Answers for tests: any number of the question's domain.

use formix_proto::answer::Answer;
use formix_proto::statistic::Measure;

use super::{Question, Reply, Responder, ResponderError, Responding};

/// Answers with a number drawn uniformly from the question's domain. For tests and demonstrations.
#[derive(Debug, Clone, Copy)]
pub struct Random;

impl Responder for Random {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            // What a query asks for, nobody could take a random number for.
            match question.query {
                Some(_) => Ok(Reply::Decline),
                None => draw(question),
            }
        })
    }
}

/// A question that takes no single number is declined.
fn draw(question: &Question) -> Result<Reply, ResponderError> {
    match &question.statistic.measure {
        Measure::Sum(domain) | Measure::Moments(domain) => {
            Ok(Reply::Answer(Answer::from(domain.number(below_or_at(domain.width())?))))
        }
        Measure::Histogram(buckets) => {
            let domain = buckets.domain();
            Ok(Reply::Answer(Answer::from(domain.number(below_or_at(domain.width())?))))
        }
        _ => Ok(Reply::Decline),
    }
}

/// Uniform from 0 to `most`: draws again whatever would favour small numbers.
fn below_or_at(most: u64) -> Result<u64, ResponderError> {
    let Some(count) = most.checked_add(1) else { return word() };
    let fair = u64::MAX - u64::MAX % count;
    loop {
        let drawn = word()?;
        if drawn < fair {
            return Ok(drawn % count);
        }
    }
}

fn word() -> Result<u64, ResponderError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(ResponderError::Randomness)?;
    Ok(u64::from_ne_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::responder::question::tests::question;

    #[test]
    fn draws_every_value_of_the_domain_and_no_other() {
        let question = question("-0.2", "0.3", 1);
        let drawn: std::collections::BTreeSet<_> = (0..1000)
            .map(|_| match draw(&question).unwrap() {
                Reply::Answer(answer) => crate::responder::tests::shown(&answer, &question),
                Reply::Decline => panic!("it takes numbers"),
            })
            .collect();
        let domain = ["-0.2", "-0.1", "0", "0.1", "0.2", "0.3"];
        assert_eq!(drawn, domain.map(|value| value.parse().unwrap()).into());
    }
}
