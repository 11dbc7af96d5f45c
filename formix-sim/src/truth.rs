//! The truth about one question: what its answers come to, in plain integers mod a power of two.

use formix_proto::Decimal;
use formix_proto::share::Lanes;

use crate::plan::{Deed, Form, Quantity, Question, Reply, Scale};

/// What the answers to one question come to.
#[derive(Debug, Clone)]
pub(crate) struct Truth<'p> {
    form: &'p Form,
    /// Lanes are numbers of so many bits.
    bits: u32,
    /// How many answers a part must have to be told of.
    least: u32,
}

impl<'p> Truth<'p> {
    pub(crate) fn new(question: &'p Question) -> Self {
        let (form, spec) = (&question.form, &question.proposal.spec);
        let greatest = form.greatest().saturating_mul(spec.max_participants.into());
        let bits = [32, 64].into_iter().find(|bits| greatest >> bits == 0).unwrap_or(128);
        let least = form.grouping.map_or(spec.min_participants, |grouping| grouping.least);
        Self { form, bits, least }
    }

    /// How many lanes count the answers of a part. They come first.
    pub(crate) fn counted(&self) -> usize {
        match self.form.grouping {
            Some(grouping) => grouping.count as usize,
            None => self.form.hides_declining.into(),
        }
    }

    fn parts(&self) -> usize {
        self.counted().max(1)
    }

    /// How many lanes there are.
    pub(crate) fn lanes(&self) -> usize {
        self.counted() + self.parts() * self.form.width()
    }

    /// What an answer adds to each lane; `None` if it must be refused.
    pub(crate) fn encode(&self, reply: &Reply) -> Option<Vec<u128>> {
        let mut lanes = vec![0; self.lanes()];
        let part = self.form.grouping.map_or(0, |_| reply.group as usize);
        if part >= self.parts() {
            return None;
        }
        if self.counted() > 0 {
            lanes[part] = 1;
        }
        let first = self.counted() + part * self.form.width();
        lanes[first..first + self.form.width()].copy_from_slice(&self.form.encode(&reply.cells)?);
        Some(lanes)
    }

    /// What an owner's node is to split; `None` if nothing.
    pub(crate) fn split(&self, deed: &Deed) -> Option<Vec<u128>> {
        let declines = || self.form.hides_declining.then(|| vec![0; self.lanes()]);
        match deed {
            Deed::Answer(reply) => self.encode(reply).or_else(declines),
            Deed::Decline => declines(),
            Deed::Ignore => None,
        }
    }

    /// Whether an owner's node is to say openly that it does not answer.
    pub(crate) fn declines(&self, deed: &Deed) -> bool {
        *deed != Deed::Ignore && self.split(deed).is_none()
    }

    /// The sum of vectors, lane by lane.
    pub(crate) fn sum(&self, all: impl IntoIterator<Item = Vec<u128>>) -> Vec<u128> {
        let mask = u128::MAX >> (128 - self.bits);
        let mut sum = vec![0u128; self.lanes()];
        for lanes in all {
            for (total, lane) in sum.iter_mut().zip(lanes) {
                *total = total.wrapping_add(lane) & mask;
            }
        }
        sum
    }

    /// How much greater the lanes of one are than those of the other.
    pub(crate) fn difference(&self, one: &[u128], other: &[u128]) -> Vec<u128> {
        self.sum([one.to_vec(), other.iter().map(|lane| lane.wrapping_neg()).collect()])
    }

    /// Which lanes are told of, if the parts have so many answers.
    pub(crate) fn tells(&self, counts: &[u128]) -> Vec<bool> {
        let enough = |part: usize| counts.get(part).is_none_or(|n| *n >= self.least.into());
        let of = |lane: usize| match lane.checked_sub(self.counted()) {
            None => lane,
            Some(lane) => lane / self.form.width(),
        };
        (0..self.lanes()).map(|lane| enough(of(lane))).collect()
    }

    /// What is told of sums whose first lanes, or those of others, count the answers: zero for the rest.
    pub(crate) fn told(&self, sums: &[u128], counts: &[u128]) -> Vec<u128> {
        let tells = self.tells(&counts[..self.counted().min(counts.len())]);
        sums.iter().zip(tells).map(|(sum, tells)| if tells { *sum } else { 0 }).collect()
    }

    /// What the totals of so many answers say of each part: how many there are, and the numbers that are
    /// exact; `None` of a part that is not told of.
    pub(crate) fn findings(
        &self,
        total: &[u128],
        participants: u32,
    ) -> Vec<Option<(u128, Vec<Decimal>)>> {
        let (counts, rest) = total.split_at(self.counted());
        let parts = rest.chunks(self.form.width()).enumerate().map(|(part, lanes)| {
            let answers = counts.get(part).copied().unwrap_or(participants.into());
            let told = counts.is_empty() || answers >= self.least.into();
            told.then(|| (answers, self.form.numbers(lanes, answers)))
        });
        parts.collect()
    }

    /// The numbers that lanes hold.
    pub(crate) fn values(&self, lanes: &Lanes) -> Vec<u128> {
        let number =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        lanes.expose().chunks(self.bits as usize / 8).map(number).collect()
    }

    /// How many words of 32 bits a lane has.
    pub(crate) fn words_of_a_lane(&self) -> usize {
        self.bits as usize / 32
    }
}

impl Form {
    /// What the lanes of so many answers say exactly.
    fn numbers(&self, lanes: &[u128], answers: u128) -> Vec<Decimal> {
        let Scale { min, decimals, .. } = self.scale;
        let sum = |lane: u128| {
            let steps = lane.cast_signed() + answers.cast_signed() * i128::from(min);
            Decimal::from_i128_with_scale(steps, decimals.into())
        };
        match self.quantity {
            Quantity::Sum | Quantity::Vector(_) => lanes.iter().map(|lane| sum(*lane)).collect(),
            Quantity::Moments => vec![sum(lanes[0])],
            Quantity::Regression(_) => Vec::new(),
            _ => lanes.iter().map(|lane| Decimal::from(*lane)).collect(),
        }
    }

    /// The greatest that a lane of one answer can be.
    fn greatest(&self) -> u128 {
        let width = u128::from(self.scale.max.abs_diff(self.scale.min));
        match self.quantity {
            Quantity::Sum | Quantity::Vector(_) => width,
            Quantity::Moments | Quantity::Regression(_) => width * width,
            _ => 1,
        }
    }

    /// How many lanes a part has.
    pub(crate) fn width(&self) -> usize {
        let width = match self.quantity {
            Quantity::Count | Quantity::Sum => 1,
            Quantity::Moments => 2,
            Quantity::Histogram(every) => self.buckets(every),
            Quantity::Choice(options) | Quantity::Choices(options) => options.into(),
            Quantity::Vector(length) => length.into(),
            Quantity::Regression(columns) => {
                let all = u64::from(columns) + 1;
                all + all * (all + 1) / 2
            }
        };
        usize::try_from(width).unwrap_or(usize::MAX)
    }

    fn buckets(&self, every: u64) -> u64 {
        self.scale.max.abs_diff(self.scale.min).div_ceil(every)
    }

    fn encode(&self, cells: &[Option<i64>]) -> Option<Vec<u128>> {
        let places = |places: Vec<usize>| {
            let mut lanes = vec![0; self.width()];
            for place in places {
                let twice = std::mem::replace(&mut lanes[place], 1) == 1;
                if twice {
                    return None;
                }
            }
            Some(lanes)
        };
        let numbers = || cells.iter().map(|cell| self.read(*cell, |cell| self.steps(cell)));
        match self.quantity {
            Quantity::Count => {
                let yes = |cell| u128::try_from(cell).ok().filter(|yes| *yes <= 1);
                Some(vec![self.read(*cells.first()?, yes)?])
            }
            Quantity::Sum | Quantity::Vector(_) => numbers().collect(),
            Quantity::Moments => {
                let number = numbers().next()??;
                Some(vec![number, number * number])
            }
            Quantity::Histogram(every) => {
                let last = self.width() - 1;
                let bucket = usize::try_from(numbers().next()?? / u128::from(every)).ok()?;
                places(vec![bucket.min(last)])
            }
            Quantity::Choice(options) | Quantity::Choices(options) => {
                let place = |cell| usize::try_from(cell).ok().filter(|at| *at < options as usize);
                let chosen: Option<_> = cells.iter().map(|cell| self.read(*cell, place)).collect();
                places(chosen?)
            }
            Quantity::Regression(_) => {
                let mut all: Vec<_> = numbers().collect::<Option<_>>()?;
                // The response is answered first, and comes last.
                all.rotate_left(1);
                let products = (0..all.len())
                    .flat_map(|i| all[i..].iter().map(|z| z * all[i]).collect::<Vec<_>>());
                Some(all.iter().copied().chain(products).collect())
            }
        }
    }

    /// A cell's meaning, or that of what stands for it.
    fn read<T>(&self, cell: Option<i64>, meaning: impl Fn(i64) -> Option<T>) -> Option<T> {
        match cell {
            None => meaning(self.missing?),
            Some(cell) => meaning(cell).or_else(|| meaning(self.outside?)),
        }
    }

    /// Whole steps above the least number, half to even.
    fn steps(&self, tenths: i64) -> Option<u128> {
        let Scale { min, max, .. } = self.scale;
        if !(10 * min..=10 * max).contains(&tenths) {
            return None;
        }
        let (whole, rest) = (tenths.div_euclid(10), tenths.rem_euclid(10));
        let up = rest > 5 || (rest == 5 && whole.rem_euclid(2) == 1);
        u128::try_from(i128::from(whole) + i128::from(up) - i128::from(min)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Grouping, Plan};

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
        let grouping = Some(Grouping { count: 2, least: 2 });
        let quantity = Quantity::Regression(1);
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
