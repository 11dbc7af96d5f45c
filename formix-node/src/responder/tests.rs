use super::*;
use formix_proto::Decimal;
use formix_proto::statistic::{Domain, Statistic};

/// An answer cannot be printed; a sum of one answer can.
pub(super) fn shown(answer: &Answer, question: &Question) -> Decimal {
    let domain = Domain::new(question.min, question.max, question.decimals).unwrap();
    let statistic = Statistic::Number(domain);
    let lanes = statistic.encode(answer).unwrap();
    statistic.decode(lanes.expose(), 1).unwrap().sum
}
