//! Answers for tests: any number of the question's domain.

use formix_proto::Decimal;
use formix_proto::answer::Answer;

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
                None => draw(question).map(Reply::Answer),
            }
        })
    }
}

fn draw(question: &Question) -> Result<Answer, ResponderError> {
    let step = Decimal::new(1, question.decimals.into());
    let steps = (question.max.checked_sub(question.min))
        .and_then(|width| width.checked_div(step))
        .and_then(|steps| u64::try_from(steps).ok())
        .ok_or(ResponderError::TooWide)?;
    let offset = step.checked_mul(below_or_at(steps)?.into());
    let answer = offset.and_then(|offset| question.min.checked_add(offset));
    answer.map(Answer::from).ok_or(ResponderError::TooWide)
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
            .map(|_| crate::responder::tests::shown(&draw(&question).unwrap(), &question))
            .collect();
        let domain = ["-0.2", "-0.1", "0", "0.1", "0.2", "0.3"];
        assert_eq!(drawn, domain.map(|value| value.parse().unwrap()).into());
    }
}
