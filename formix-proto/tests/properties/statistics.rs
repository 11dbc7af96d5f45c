//! The statistic: what is decoded from the sum is the sum, and nothing wraps on accepted terms.

use formix_proto::Decimal;
use formix_proto::answer::{Answer, AnswerError};
use formix_proto::limits::MAX_PARTICIPANTS;
use formix_proto::policy::Policy;
use formix_proto::share::sum;
use formix_proto::spec::{Spec, SpecError};
use formix_proto::statistic::{Domain, Measure, Statistic};
use proptest::prelude::*;

use super::support::{START, terms};

/// Domains in whose steps a good many answers still fit into 2^32.
fn domain() -> impl Strategy<Value = Domain> {
    let width = (0u32..28).prop_flat_map(|bits| 1i64..=1 << bits);
    (any::<i32>(), width, 0u8..=9).prop_map(|(min, width, decimals)| {
        let min = i64::from(min);
        Domain::try_from((min, min + width, decimals)).expect("min is less than max")
    })
}

/// A number of up to six places more than the domain has, in it or around it.
fn number(domain: Domain) -> impl Strategy<Value = Decimal> {
    let places = u32::from(domain.decimals());
    (0u32..=6).prop_flat_map(move |finer| {
        let scale = 10i128.pow(finer);
        let steps = |bound: Decimal| {
            let mut steps = bound;
            steps.rescale(places);
            steps.mantissa() * scale
        };
        let (min, max) = (steps(domain.min()), steps(domain.max()));
        let margin = (max - min) / 8 + 2;
        let inside = min..=max;
        let around = min - margin..=max + margin;
        prop_oneof![3 => inside, 1 => around]
            .prop_map(move |steps| Decimal::from_i128_with_scale(steps, places + finer))
    })
}

fn answers() -> impl Strategy<Value = (Domain, Vec<Decimal>)> {
    domain().prop_flat_map(|domain| (Just(domain), prop::collection::vec(number(domain), 0..12)))
}

/// Half a step of this domain.
fn half_a_step(domain: &Domain) -> Decimal {
    Decimal::new(5, u32::from(domain.decimals()) + 1)
}

proptest! {
    #[test]
    fn what_the_sum_decodes_to_is_the_sum((domain, numbers) in answers()) {
        let statistic = Statistic::from(Measure::Sum(domain));
        let inside: Vec<_> = numbers
            .into_iter()
            .filter(|number| (domain.min()..=domain.max()).contains(number))
            .collect();
        let count = u32::try_from(inside.len()).expect("a few");
        prop_assume!(statistic.fits(count));
        let lanes: Vec<_> = inside
            .iter()
            .map(|number| statistic.encode(&Answer::from(*number)).expect("inside the domain"))
            .collect();
        let summary = statistic.decode(sum(1, &lanes).expose(), count).expect("one lane");

        let exact: Decimal = inside.iter().sum();
        let error = (summary.sum - exact).abs();
        prop_assert_eq!(summary.count, count);
        prop_assert!(error <= half_a_step(&domain) * Decimal::from(count), "off by {}", error);
        let rounded: Decimal =
            inside.iter().map(|number| number.round_dp(domain.decimals().into())).sum();
        prop_assert_eq!(summary.sum, rounded, "the sum of the rounded answers, exactly");
        match summary.mean {
            None => prop_assert_eq!(count, 0),
            Some(mean) => {
                let error = (mean - summary.sum / Decimal::from(count)).abs();
                let resolution = Decimal::new(1, u32::from(domain.decimals()) + 4);
                prop_assert!(error <= resolution, "the mean is off by {}", error);
            }
        }
    }

    #[test]
    fn an_answer_is_refused_exactly_if_it_is_outside_the_domain((domain, numbers) in answers()) {
        for number in numbers {
            let (min, max) = (domain.min(), domain.max());
            let encoded = Statistic::from(Measure::Sum(domain)).encode(&Answer::from(number));
            match number >= min && number <= max {
                true => prop_assert!(encoded.is_ok(), "{} is inside", number),
                false => prop_assert_eq!(encoded, Err(AnswerError::OutOfDomain { min, max })),
            }
        }
    }

    /// With the greatest answer from as many as may take part, the total is still below 2^32.
    #[test]
    fn no_accepted_question_can_wrap(domain in domain(), max_participants in 3..=MAX_PARTICIPANTS) {
        let spec = Spec { statistic: Statistic::from(Measure::Sum(domain)), max_participants, ..terms() };
        let greatest = spec.statistic.encode(&Answer::from(domain.max())).expect("inside");
        let total = u64::from(greatest.expose()[0]) * u64::from(max_participants);
        let expected = match total < 1 << 32 {
            true => Ok(()),
            false => Err(SpecError::Overflow(max_participants)),
        };
        prop_assert_eq!(spec.check(START, &Policy::default()), expected);
        if let Ok(total) = u32::try_from(total) {
            let summary = spec.statistic.decode(&[total], max_participants).expect("one lane");
            prop_assert_eq!(summary.sum, domain.max() * Decimal::from(max_participants));
            prop_assert_eq!(summary.mean, Some(domain.max().normalize()));
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written(mantissa in any::<i64>(), places in 0u32..=18) {
        let number = Decimal::new(mantissa, places);
        let domain = Domain::try_from((0, 1, 0)).expect("min is less than max");
        let encode = |answer: Answer| Statistic::from(Measure::Sum(domain)).encode(&answer).map_err(|_| ());
        let text = Answer::parse(&format!(" {number} ")).expect("a number");
        prop_assert_eq!(encode(text), encode(Answer::from(number)));
    }
}
