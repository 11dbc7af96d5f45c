//! Numbers: what is decoded from the sum is the sum.

use formix_proto::Decimal;
use formix_proto::answer::{Answer, AnswerError};
use formix_proto::sharing::{Ring, Shape};
use formix_proto::statistic::{Domain, Finding, Statistic, Sum, SumFound, Summary};
use formix_testkit::vectors::added_up;
use proptest::prelude::*;

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

/// One element, over the default ring.
const SHAPE: Shape = Shape { ring: Ring::Z32, dimension: 1 };

fn sum_and_mean(summary: &Summary) -> (Decimal, Option<Decimal>) {
    match &summary.groups[0].found.as_ref().expect("all answers").finding {
        Finding::Sum(SumFound { sum, mean }) => (*sum, *mean),
        _ => panic!("a sum"),
    }
}

/// Half a step of this domain.
fn half_a_step(domain: &Domain) -> Decimal {
    Decimal::new(5, u32::from(domain.decimals()) + 1)
}

proptest! {
    #[test]
    fn what_the_sum_decodes_to_is_the_sum((domain, numbers) in answers()) {
        let statistic = Statistic::from(Sum(domain));
        let inside: Vec<_> = numbers
            .into_iter()
            .filter(|number| (domain.min()..=domain.max()).contains(number))
            .collect();
        let count = u32::try_from(inside.len()).expect("a few");
        let shape = statistic.shape(count.max(1)).expect("narrow domains");
        let encoded: Vec<_> = inside
            .iter()
            .map(|number| {
                statistic.encode(&Answer::from(*number), shape).expect("inside the domain")
            })
            .collect();
        let summary = statistic.decode(&added_up(shape, &encoded), count).expect("one element");
        let (total, mean) = sum_and_mean(&summary);

        let exact: Decimal = inside.iter().sum();
        let error = (total - exact).abs();
        prop_assert_eq!(summary.participants, count);
        prop_assert!(error <= half_a_step(&domain) * Decimal::from(count), "off by {}", error);
        let rounded: Decimal =
            inside.iter().map(|number| number.round_dp(domain.decimals().into())).sum();
        prop_assert_eq!(total, rounded, "the sum of the rounded answers, exactly");
        match mean {
            None => prop_assert_eq!(count, 0),
            Some(mean) => {
                let error = (mean - total / Decimal::from(count)).abs();
                let resolution = Decimal::new(1, u32::from(domain.decimals()) + 4);
                prop_assert!(error <= resolution, "the mean is off by {}", error);
            }
        }
    }

    #[test]
    fn an_answer_is_refused_exactly_if_it_is_outside_the_domain((domain, numbers) in answers()) {
        for number in numbers {
            let (min, max) = (domain.min(), domain.max());
            let encoded = Statistic::from(Sum(domain)).encode(&Answer::from(number), SHAPE);
            match number >= min && number <= max {
                true => prop_assert!(encoded.is_ok(), "{} is inside", number),
                false => prop_assert_eq!(encoded, Err(AnswerError::OutOfDomain { min, max })),
            }
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written(mantissa in any::<i64>(), places in 0u32..=18) {
        let number = Decimal::new(mantissa, places);
        let domain = Domain::try_from((0, 1, 0)).expect("min is less than max");
        let encode = |answer: Answer| Statistic::from(Sum(domain)).encode(&answer, SHAPE).map_err(|_| ());
        let text = Answer::parse(&format!(" {number} ")).expect("a number");
        prop_assert_eq!(encode(text), encode(Answer::from(number)));
    }
}
