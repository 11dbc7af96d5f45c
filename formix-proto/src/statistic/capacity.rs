//! How much the totals of a question can tell of single answers, however an answer is worked out.

use core::fmt;

use super::Statistic;

/// The bits of a number of three digits.
const THREE_DIGITS: u64 = 10;

/// What the released totals of a question have room for.
///
/// A threshold says how many answers are added up, not what each of them carries. Whoever writes the
/// SQL can place each person's value in digits of its own, or in a total of its own, where nothing is
/// added to it. How many values fit is bounded by what the question declares: how many totals it
/// releases, and how many numbers its widest domain has. A total of products of declared numbers is as
/// much of a place for a single number as any other, so it counts, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// How many totals are released, those of all groups together.
    pub totals: u64,
    /// How many bits of one answer a total holds at most: `log2` of how many numbers the widest declared
    /// domain has, rounded up; 1 where answers are counted.
    pub bits: u32,
}

impl Capacity {
    /// How many yes-or-no answers of different people fit into the totals one by one.
    pub fn yes_or_no(&self) -> u64 {
        self.totals.saturating_mul(self.bits.into())
    }

    /// How many numbers of three digits of different people fit into the totals one by one. Counts hold
    /// part of a number each, so they make it up together.
    pub fn three_digits(&self) -> u64 {
        let bits = u64::from(self.bits);
        if bits < THREE_DIGITS {
            return self.yes_or_no() / THREE_DIGITS;
        }
        self.totals.saturating_mul(bits / THREE_DIGITS)
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (totals, bits) = (Counted(self.totals, "total"), Counted(self.bits.into(), "bit"));
        let carried = Counted(self.yes_or_no(), "yes-or-no answer");
        write!(f, "{totals} of {bits}: wide enough to carry {carried}")?;
        match self.three_digits() {
            0 => {}
            numbers => write!(f, ", or {} of three digits,", Counted(numbers, "number"))?,
        }
        f.write_str(" one by one")
    }
}

/// `1 total`, `3 totals`
struct Counted(u64, &'static str);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{ending}", self.0, self.1)
    }
}

impl Statistic {
    /// What its released totals have room for.
    pub fn capacity(&self) -> Capacity {
        let totals = self.groups().saturating_mul(self.measure.dimension());
        Capacity { totals: u64::try_from(totals).unwrap_or(u64::MAX), bits: self.measure.bits() }
    }
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;
    use crate::statistic::{
        Choice, Count, Domain, Groups, Labels, Measure, Moments, Regression, Schema, Sum, Vector,
    };

    fn domain(max: i64) -> Domain {
        Domain::try_from((0, max, 0)).unwrap()
    }

    fn of(measure: impl Into<Statistic>) -> (u64, u32) {
        let Capacity { totals, bits } = measure.into().capacity();
        (totals, bits)
    }

    #[test]
    fn a_number_has_as_many_bits_as_it_takes_to_tell_the_numbers_of_its_domain_apart() {
        for (max, bits) in [(1, 1), (2, 2), (3, 2), (4, 3), (1023, 10), (1024, 11)] {
            assert_eq!(of(Sum(domain(max))), (1, bits), "0 to {max}");
        }
        assert_eq!(of(Sum(Domain::try_from((i64::MIN, i64::MAX, 0)).unwrap())), (1, 64));
        assert_eq!(of(Count), (1, 1));
    }

    #[test]
    fn every_released_total_counts_and_the_widest_domain() {
        let names = Labels::try_from(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        let fit = Regression::try_from((domain(1), names.clone(), vec![domain(7), domain(3)]));
        assert_eq!(of(Moments(domain(7))), (2, 3));
        assert_eq!(of(Vector(domain(7), 24)), (24, 3));
        assert_eq!(of(fit.unwrap()), (3 + 6, 3));
        let groups = Some(Groups { labels: names.clone(), min_size: 5 });
        let hours = Statistic::from(Vector(domain(100_000), 24)).capacity();
        assert_eq!((hours.yes_or_no(), hours.three_digits()), (24 * 17, 24), "one in each");
        let options = Statistic::from(Choice(names)).capacity();
        assert_eq!((options.totals, options.bits, options.three_digits()), (2, 1, 0));
        assert_eq!(of(Statistic { groups, ..Vector(domain(7), 24).into() }), (48, 3));
    }

    /// The attack: `v * CASE age % 6 WHEN 0 THEN 1 WHEN 1 THEN 1000 ..` packs six numbers of three digits.
    #[test]
    fn a_domain_of_eighteen_digits_carries_six_numbers_of_three() {
        let capacity = Statistic::from(Sum(domain(10_i64.pow(18)))).capacity();
        assert_eq!((capacity.three_digits(), capacity.yes_or_no()), (6, 60));
        assert_eq!(
            capacity.to_string(),
            "1 total of 60 bits: wide enough to carry 60 yes-or-no answers, or 6 numbers of three digits, one by one"
        );
        let counted = Statistic::from(Count).capacity();
        assert_eq!(
            counted.to_string(),
            "1 total of 1 bit: wide enough to carry 1 yes-or-no answer one by one"
        );
    }

    /// An answer has no element that holds more than it should: one number's bits, or twice that where
    /// numbers are multiplied.
    #[test]
    fn no_statistic_understates_its_elements() {
        for kind in Measure::FAMILIES.iter().flat_map(|family| family.kinds) {
            let statistic = Schema::read(&(kind.example)()).unwrap().statistic().clone();
            let greatest = statistic.measure.max_element();
            let bits = u128::BITS - greatest.leading_zeros();
            assert!(bits <= 2 * statistic.capacity().bits, "{}", kind.name);
        }
    }
}
