//! Answers for tests: any that the question takes.

use formix_proto::answer::Answer;
use formix_proto::statistic::Draw;

use super::{Question, Reply, Responder, ResponderError, Responding};

/// Answers with what is drawn uniformly from the question's domain. For tests and demonstrations.
#[derive(Debug, Clone, Copy)]
pub struct Random;

impl Responder for Random {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            // A random number is no answer to a query about data.
            match question.query {
                Some(_) => Ok(Reply::Decline),
                None => draw(question).map(Reply::Answer),
            }
        })
    }
}

fn draw(question: &Question) -> Result<Answer, ResponderError> {
    let mut failed = None;
    let mut uniform = |max| {
        let drawn = below_or_at(max);
        drawn.unwrap_or_else(|error| {
            failed = Some(error);
            0
        })
    };
    let answer = question.statistic.sample(&mut Draw::new(&mut uniform));
    failed.map_or(Ok(answer), Err)
}

/// Uniform from 0 to `max`: draws again whatever would favour small numbers.
fn below_or_at(max: u64) -> Result<u64, ResponderError> {
    let Some(count) = max.checked_add(1) else { return bits() };
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

    use formix_proto::Decimal;
    use formix_proto::statistic::{Finding, Groups, Labels, Measure, Schema, Statistic};
    use formix_testkit::vectors::added_up;

    use super::*;
    use crate::responder::question::tests::question;

    fn labels(words: &[&str]) -> Labels {
        words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().try_into().unwrap()
    }

    /// An answer cannot be printed; the sum of one can.
    fn shown(answer: &Answer, question: &Question) -> Decimal {
        let statistic = &question.statistic;
        let shape = statistic.shape(1).unwrap();
        let totals = added_up(shape, &[statistic.encode(answer, shape).unwrap()]);
        match statistic.decode(&totals, 1).unwrap().groups.remove(0).found.unwrap().finding {
            Finding::Sum(it) => it.sum,
            _ => panic!("a sum"),
        }
    }

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
        let groups = Groups { labels: labels(&["f", "m"]), min_size: 1 };
        for kind in Measure::FAMILIES.iter().flat_map(|family| family.kinds) {
            let plain = Schema::read(&(kind.example)()).unwrap().statistic().clone();
            for groups in [None, Some(groups.clone())] {
                let statistic = Statistic { groups, ..plain.clone() };
                let question = Question { statistic, ..question("0", "1", 0) };
                let shape = question.statistic.shape(1).unwrap();
                for _ in 0..20 {
                    let answer = draw(&question).unwrap();
                    assert!(question.statistic.encode(&answer, shape).is_ok(), "{}", kind.name);
                }
            }
        }
    }
}
