//! The truth about one question: what its answers come to, in plain integers mod a power of two.

use formix_proto::Decimal;
use formix_proto::statistic::Finding;

use crate::plan::{Behaviour, Form, Question, Reply};

/// What the answers to one question come to.
#[derive(Debug, Clone)]
pub(crate) struct Truth<'p> {
    form: &'p Form,
    /// How many bits an element has.
    bits: u32,
    /// The minimum number of answers of a group that is released.
    min_size: u32,
}

impl<'p> Truth<'p> {
    pub(crate) fn new(question: &'p Question) -> Self {
        let (form, spec) = (&question.form, &question.proposal.spec);
        let greatest = form.bounds().max_element.saturating_mul(spec.max_participants.into());
        let bits = [32, 64].into_iter().find(|bits| greatest >> bits == 0).unwrap_or(128);
        let min_size = form.grouping.map_or(spec.min_participants, |grouping| grouping.min_size);
        Self { form, bits, min_size }
    }

    /// How many elements count the answers of a group. They come first.
    pub(crate) fn counted(&self) -> usize {
        match self.form.grouping {
            Some(grouping) => grouping.count as usize,
            None => self.form.hides_opt_outs.into(),
        }
    }

    fn groups(&self) -> usize {
        self.counted().max(1)
    }

    /// How many elements there are.
    pub(crate) fn lanes(&self) -> usize {
        self.counted() + self.groups() * self.form.width()
    }

    /// What an answer adds to each element; `None` if it must be refused.
    pub(crate) fn encode(&self, reply: &Reply) -> Option<Vec<u128>> {
        let mut elements = vec![0; self.lanes()];
        let group = self.form.grouping.map_or(0, |_| reply.group as usize);
        if group >= self.groups() {
            return None;
        }
        if self.counted() > 0 {
            elements[group] = 1;
        }
        let first = self.counted() + group * self.form.width();
        elements[first..first + self.form.width()]
            .copy_from_slice(&self.form.quantity.encode(&self.form.given(reply))?);
        Some(elements)
    }

    /// What an owner's node is to split; `None` if nothing.
    pub(crate) fn split(&self, behaviour: &Behaviour) -> Option<Vec<u128>> {
        let declines = || self.form.hides_opt_outs.then(|| vec![0; self.lanes()]);
        match behaviour {
            Behaviour::Answer(reply) => self.encode(reply).or_else(declines),
            Behaviour::Decline => declines(),
            Behaviour::Ignore => None,
        }
    }

    /// Whether an owner's node is to say openly that it does not answer.
    pub(crate) fn declines(&self, behaviour: &Behaviour) -> bool {
        *behaviour != Behaviour::Ignore && self.split(behaviour).is_none()
    }

    /// The sum of vectors, element by element.
    pub(crate) fn sum(&self, all: impl IntoIterator<Item = Vec<u128>>) -> Vec<u128> {
        let mask = u128::MAX >> (128 - self.bits);
        let mut sum = vec![0u128; self.lanes()];
        for vector in all {
            for (total, element) in sum.iter_mut().zip(vector) {
                *total = total.wrapping_add(element) & mask;
            }
        }
        sum
    }

    /// How much greater the elements of one are than those of the other.
    pub(crate) fn difference(&self, one: &[u128], other: &[u128]) -> Vec<u128> {
        self.sum([one.to_vec(), other.iter().map(|element| element.wrapping_neg()).collect()])
    }

    /// Which elements are released, if the groups have these sizes.
    pub(crate) fn tells(&self, counts: &[u128]) -> Vec<bool> {
        let enough = |group: usize| counts.get(group).is_none_or(|n| *n >= self.min_size.into());
        let of = |element: usize| match element.checked_sub(self.counted()) {
            None => element,
            Some(element) => element / self.form.width(),
        };
        (0..self.lanes()).map(|element| enough(of(element))).collect()
    }

    /// What is released of sums whose first elements, or those of `counts`, are the groups' sizes: zero for
    /// the rest.
    pub(crate) fn told(&self, sums: &[u128], counts: &[u128]) -> Vec<u128> {
        let tells = self.tells(&counts[..self.counted().min(counts.len())]);
        sums.iter().zip(tells).map(|(sum, tells)| if tells { *sum } else { 0 }).collect()
    }

    /// What the totals of these participants say of each group: its size, and the numbers that are exact;
    /// `None` of a group that is suppressed.
    pub(crate) fn findings(
        &self,
        total: &[u128],
        participants: u32,
    ) -> Vec<Option<(u128, Vec<Decimal>)>> {
        let (counts, rest) = total.split_at(self.counted());
        let groups = rest.chunks(self.form.width()).enumerate().map(|(group, totals)| {
            let answers = counts.get(group).copied().unwrap_or(participants.into());
            let is_released = counts.is_empty() || answers >= self.min_size.into();
            let numbers = || self.form.quantity.numbers(self.form.scale, totals, answers);
            is_released.then(|| (answers, numbers()))
        });
        groups.collect()
    }

    /// The numbers of a finding that are exact; `None` of another statistic's.
    pub(crate) fn found(&self, finding: &Finding) -> Option<Vec<Decimal>> {
        self.form.quantity.found(finding)
    }

    /// The numbers that an encoded vector holds.
    pub(crate) fn values(&self, encoded: &[u8]) -> Vec<u128> {
        let number =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        encoded.chunks(self.bits as usize / 8).map(number).collect()
    }

    /// How many words of 32 bits an element has.
    pub(crate) fn words_of_a_lane(&self) -> usize {
        self.bits as usize / 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Grouping, Plan, Quantity, RegressionTruth, Scale};

    fn question(form: Form) -> Question {
        let mut question = Plan::plain(3, 3).workload.remove(0);
        question.compute(form);
        question
    }

    fn reply(group: u32, cells: &[Option<i64>]) -> Reply {
        Reply { group, cells: cells.to_vec() }
    }

    const SCALE: Scale = Scale { min: -3, max: 9, decimals: 0 };

    #[test]
    fn answers_are_rounded_to_even_and_what_is_outside_is_replaced_or_refused() {
        let form = Form { missing: Some(20), ..Form::sum(SCALE) };
        let question = question(form);
        let encode = |cell| Truth::new(&question).encode(&reply(0, &[cell]));
        let table = [(15, 5), (25, 5), (26, 6), (-30, 0), (-25, 1), (90, 12)];
        for (tenths, lane) in table {
            assert_eq!(encode(Some(tenths)), Some(vec![lane]), "{tenths}");
        }
        assert_eq!(encode(None), Some(vec![5]));
        assert_eq!([encode(Some(-31)), encode(Some(91))], [None, None]);
    }

    #[test]
    fn groups_are_counted_first_and_small_ones_are_zero() {
        let grouping = Some(Grouping { count: 2, min_size: 2 });
        let quantity = Quantity::Regression(RegressionTruth(1));
        let question = question(Form { quantity, grouping, ..Form::sum(SCALE) });
        let truth = Truth::new(&question);
        let second = truth.encode(&reply(1, &[Some(20), Some(-10)])).unwrap();
        // The column, the response, and the products of column and response.
        assert_eq!(second, [0, 1, 0, 0, 0, 0, 0, 2, 5, 4, 10, 25]);
        let first = truth.encode(&reply(0, &[Some(0), Some(0)])).unwrap();
        let sum = truth.sum([first.clone(), second, first]);
        assert_eq!(sum[..2], [2, 1]);
        assert_eq!(truth.told(&sum, &sum), [2, 0, 6, 6, 18, 18, 18, 0, 0, 0, 0, 0]);
        assert_eq!(truth.encode(&reply(2, &[Some(0), Some(0)])), None);
    }
}
