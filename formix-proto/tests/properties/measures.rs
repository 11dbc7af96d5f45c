//! Every measure: what is decoded from the sum of encodings is what the answers say, over every ring.

use std::collections::BTreeMap;

use formix_proto::Decimal;
use formix_proto::answer::{Answer, AnswerError, Cell};
use formix_proto::sharing::Ring;
use formix_proto::statistic::{
    Bucket, Buckets, Choice, Choices, Count, CountFound, Domain, Finding, Found, Groups, Histogram,
    HistogramFound, Labels, Moments, MomentsFound, Rule, Statistic, Sum, SumFound, Vector,
    VectorFound,
};
use formix_testkit::vectors::added_up;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::ToPrimitive;
use proptest::collection::vec;
use proptest::prelude::*;

use super::questions::{buckets, domain_of_any_width, labels};

/// Adds up the encodings of all answers, as a committee does, and decodes the total.
fn computed(statistic: &Statistic, answers: &[Vec<Cell>]) -> Vec<Option<Found>> {
    let count = u32::try_from(answers.len()).unwrap();
    let shape = statistic.shape(count.max(1)).unwrap();
    let encoded: Vec<_> = answers
        .iter()
        .map(|cells| statistic.encode(&Answer::new(cells.clone()), shape).unwrap())
        .collect();
    let summary = statistic.decode(&added_up(shape, &encoded), count).unwrap();
    assert_eq!(summary.participants, count);
    summary.groups.into_iter().map(|group| group.found).collect()
}

/// The same of a measure over all answers together.
fn finding(measure: impl Into<Statistic>, answers: &[Vec<Cell>]) -> Finding {
    let [Some(found)] = &computed(&measure.into(), answers)[..] else { panic!("one part") };
    assert_eq!(found.answers, answers.len() as u64);
    found.finding.clone()
}

/// Numbers of a domain, as so many steps above its least.
fn steps(domain: Domain, most: usize) -> impl Strategy<Value = Vec<u64>> {
    let ends = prop_oneof![8 => 0..=domain.width(), 1 => Just(0), 1 => Just(domain.width())];
    vec(ends, 0..most)
}

fn sample(most: usize) -> impl Strategy<Value = (Domain, Vec<u64>)> {
    domain_of_any_width().prop_flat_map(move |domain| (Just(domain), steps(domain, most)))
}

fn one(number: Decimal) -> Vec<Cell> {
    vec![number.into()]
}

fn exact(number: Decimal) -> BigRational {
    BigRational::new(number.mantissa().into(), BigInt::from(10).pow(number.scale()))
}

fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-12 * expected.abs(),
        (None, None) => true,
        _ => false,
    }
}

/// The first of `count` answers that are counted from 1 with which at least a share of them is reached.
fn rank(share: u64, of: u64, count: u64) -> u64 {
    (share * count).div_ceil(of).max(1)
}

proptest! {
    #[test]
    fn a_count_is_how_many_say_yes(answers in vec(any::<bool>(), 0..30)) {
        let words = |yes: &bool| vec![Cell::text(if *yes { "yes" } else { "No" })];
        let numbers = |yes: &bool| vec![Cell::parse(if *yes { "1" } else { "0" })];
        let yes = answers.iter().filter(|yes| **yes).count() as u64;
        for cells in [words, numbers] {
            let answers: Vec<_> = answers.iter().map(cells).collect();
            prop_assert_eq!(finding(Count, &answers), Finding::Count(CountFound { yes }));
        }
    }

    #[test]
    fn moments_are_those_of_the_numbers((domain, steps) in sample(12)) {
        let numbers: Vec<_> = steps.iter().map(|steps| domain.number(*steps)).collect();
        let answers: Vec<_> = numbers.iter().copied().map(one).collect();
        let Finding::Moments(MomentsFound { sum, variance, deviation, .. }) =
            finding(Moments(domain), &answers) else { panic!("moments") };
        prop_assert_eq!(sum, numbers.iter().sum::<Decimal>());
        let count = BigRational::from(BigInt::from(numbers.len()));
        let mean = || numbers.iter().map(|x| exact(*x)).sum::<BigRational>() / &count;
        let expected = (numbers.len() > 1).then(|| {
            let mean = mean();
            let squares = numbers.iter().map(|x| (exact(*x) - &mean).pow(2)).sum::<BigRational>();
            (squares / (&count - BigRational::from(BigInt::from(1)))).to_f64().unwrap()
        });
        prop_assert!(close(variance, expected), "{:?} for {:?}", variance, expected);
        prop_assert!(close(deviation, expected.map(f64::sqrt)));
    }

    #[test]
    fn each_answer_is_in_the_one_bucket_whose_edges_are_around_it(
        (buckets, at) in buckets().prop_flat_map(|buckets| {
            let width = buckets.domain().width();
            (Just(buckets), vec(0..=width, 0..30))
        }),
    ) {
        let numbers: Vec<_> = at.iter().map(|steps| buckets.domain().number(*steps)).collect();
        let answers: Vec<_> = numbers.iter().copied().map(one).collect();
        let found = finding(Histogram(buckets.clone()), &answers);
        let Finding::Histogram(counted) = &found else { panic!("a histogram") };
        let last = buckets.count() - 1;
        for (place, bucket) in counted.0.iter().enumerate() {
            let holds = |x: &&Decimal| {
                **x >= bucket.from && (**x < bucket.to || place == last && **x == bucket.to)
            };
            prop_assert_eq!(bucket.count, numbers.iter().filter(holds).count() as u64);
        }
        prop_assert_eq!(buckets.edges(0).0, buckets.domain().min().normalize());
        prop_assert_eq!(buckets.edges(last).1, buckets.domain().max().normalize());
    }

    #[test]
    fn a_quantile_is_in_its_bucket(
        buckets in buckets(), at in vec(any::<prop::sample::Index>(), 1..30),
        shares in vec(0u64..=10_000, 3),
    ) {
        let width = usize::try_from(buckets.domain().width()).unwrap();
        let mut numbers: Vec<_> =
            at.iter().map(|at| buckets.domain().number(at.index(width + 1) as u64)).collect();
        numbers.sort();
        let answers: Vec<_> = numbers.iter().copied().map(one).collect();
        let Finding::Histogram(found) = finding(Histogram(buckets), &answers)
            else { panic!("a histogram") };
        for share in shares.into_iter().chain([0, 2_500, 5_000, 10_000]) {
            let rank = rank(share, 10_000, numbers.len() as u64);
            let q = Decimal::new(share.cast_signed(), 4);
            let bucket = found.quantile(q).unwrap();
            let number = numbers[usize::try_from(rank).unwrap() - 1];
            prop_assert!(bucket.from <= number && number <= bucket.to, "{} of {:?}", q, numbers);
        }
    }

    #[test]
    fn options_are_counted_as_often_as_they_are_chosen(
        options in labels(6), choices in vec(vec(any::<prop::sample::Index>(), 0..4), 0..20),
    ) {
        let words = options.words();
        let mut expected: BTreeMap<_, u64> = words.iter().map(|word| (word.clone(), 0)).collect();
        let answers: Vec<Vec<Cell>> = choices
            .iter()
            .map(|chosen| {
                let places: std::collections::BTreeSet<_> =
                    chosen.iter().map(|at| at.index(words.len())).collect();
                for place in &places {
                    *expected.get_mut(&words[*place]).unwrap() += 1;
                }
                places.into_iter().map(|place| Cell::text(&words[place])).collect()
            })
            .collect();
        let found = |finding: &Finding| match finding {
            Finding::Choice(all) | Finding::Choices(all) => {
                all.0.iter().map(|it| (it.option.clone(), it.count)).collect::<BTreeMap<_, _>>()
            }
            _ => panic!("frequencies"),
        };
        let many = finding(Choices(options.clone()), &answers);
        prop_assert_eq!(found(&many), expected);
        let Finding::Choices(many) = many else { panic!("choices") };
        let top: Vec<_> = many.top().iter().map(|it| it.count).collect();
        prop_assert!(top.is_sorted_by(|a, b| a >= b));

        let first: Vec<_> = answers.iter().filter_map(|cells| Some(vec![cells.first()?.clone()])).collect();
        let one = found(&finding(Choice(options), &first));
        prop_assert_eq!(one.values().sum::<u64>(), first.len() as u64);
    }

    #[test]
    fn a_vector_is_summed_place_by_place(
        (domain, rows) in domain_of_any_width().prop_flat_map(|domain| {
            (Just(domain), (1usize..9).prop_flat_map(move |length| {
                vec(vec(0..=domain.width(), length), 1..12)
            }))
        }),
    ) {
        let length = u32::try_from(rows[0].len()).unwrap();
        let number = |steps: &u64| domain.number(*steps);
        let answers: Vec<Vec<Cell>> =
            rows.iter().map(|row| row.iter().map(|x| number(x).into()).collect()).collect();
        let Finding::Vector(VectorFound { sums, means }) = finding(Vector(domain, length), &answers)
            else { panic!("a vector") };
        for (place, sum) in sums.iter().enumerate() {
            let column = || rows.iter().map(|row| number(&row[place]));
            prop_assert_eq!(*sum, column().sum::<Decimal>());
            let single: Vec<_> = column().map(one).collect();
            let Finding::Sum(SumFound { mean, .. }) = finding(Sum(domain), &single)
                else { panic!("a sum") };
            prop_assert_eq!(Some(means[place]), mean);
        }
    }

    /// Whatever is computed, a group's part is what its own answers alone would give.
    #[test]
    fn a_group_is_computed_as_if_it_were_alone(
        (domain, steps) in sample(20), labels in labels(4),
        at in vec(any::<prop::sample::Index>(), 20),
    ) {
        let words = labels.words().to_vec();
        let group = |answer: usize| at[answer].index(words.len());
        let answer = |(place, steps): (usize, &u64)| -> Vec<Cell> {
            vec![Cell::text(&words[group(place)]), domain.number(*steps).into()]
        };
        let answers: Vec<_> = steps.iter().enumerate().map(answer).collect();
        let statistic = Statistic {
            groups: Some(Groups { labels, min_size: 1 }),
            ..Moments(domain).into()
        };
        let parts = computed(&statistic, &answers);
        prop_assert_eq!(parts.len(), words.len());
        for (place, part) in parts.into_iter().enumerate() {
            let own: Vec<_> = (0..steps.len())
                .filter(|answer| group(*answer) == place)
                .map(|answer| one(domain.number(steps[answer])))
                .collect();
            let expected = (!own.is_empty())
                .then(|| Found { answers: own.len() as u64, finding: finding(Moments(domain), &own) });
            prop_assert_eq!(part, expected);
        }
    }

    /// The ring is the smallest that holds as many of the largest answer as may take part.
    #[test]
    fn no_lane_can_wrap(domain in domain_of_any_width(), participants in 1u32..=1 << 20) {
        let greatest: BTreeMap<_, _> = [
            (1, Statistic::from(Sum(domain))),
            (2, Moments(domain).into()),
        ].into();
        for (power, statistic) in greatest {
            let total = BigInt::from(domain.width()).pow(power) * BigInt::from(participants);
            let holds = |ring: &Ring| total < BigInt::from(1) << (8 * ring.width());
            let expected = Ring::ALL.into_iter().find(holds);
            let shape = statistic.shape(participants);
            prop_assert_eq!(shape.map(|shape| shape.ring), expected);
            if let Some(shape) = shape {
                let most = statistic.encode(&Answer::from(domain.max()), shape).unwrap();
                let largest = most.values().max().unwrap();
                prop_assert_eq!(BigInt::from(largest), BigInt::from(domain.width()).pow(power));
            }
        }
    }

    /// A value that is missing or outside is declined, or is what the question says it is: never clipped.
    #[test]
    fn the_declared_rules_stand_for_what_is_not_an_answer(
        (domain, inside) in sample(5), stand_in in any::<prop::sample::Index>(), above in 1i64..1000,
    ) {
        let width = usize::try_from(domain.width().min(1 << 40)).unwrap();
        let constant = domain.number(stand_in.index(width + 1) as u64);
        let outside = domain.max() + Decimal::new(above, domain.decimals().into());
        let cases = [
            (Cell::missing(), AnswerError::Missing),
            (f64::NAN.into(), AnswerError::Missing),
            (outside.into(), AnswerError::OutOfDomain { min: domain.min(), max: domain.max() }),
            (1e300.into(), AnswerError::OutOfDomain { min: domain.min(), max: domain.max() }),
        ];
        for (cell, error) in cases {
            let plain = Statistic::from(Sum(domain));
            let shape = plain.shape(6).unwrap();
            let refused = plain.encode(&Answer::from(cell.clone()), shape);
            prop_assert_eq!(refused, Err(error));
            let rule = Rule::Use(constant.to_string());
            let ruled = Statistic { missing: rule.clone(), outside: rule, ..plain };
            let mut numbers: Vec<_> = inside.iter().map(|x| domain.number(*x)).collect();
            let mut answers: Vec<_> = numbers.iter().copied().map(one).collect();
            answers.push(vec![cell]);
            numbers.push(constant);
            let [Some(Found { finding: Finding::Sum(SumFound { sum, .. }), .. })] =
                &computed(&ruled, &answers)[..] else { panic!("a sum") };
            prop_assert_eq!(*sum, numbers.iter().sum::<Decimal>());
        }
    }
}

/// Each answer has a bucket of its own, so that the bucket names the rank. A double is not exact enough: it
/// takes 0.07 of 100 answers for more than 7.
#[test]
fn the_rank_of_a_quantile_is_exact() {
    for count in 1..=400u64 {
        let bucket =
            |rank: u64| Bucket { from: Decimal::from(rank - 1), to: rank.into(), count: 1 };
        let found = HistogramFound((1..=count).map(bucket).collect());
        for share in 0..=1_000u64 {
            let q = Decimal::new(share.cast_signed(), 3);
            let expected = Decimal::from(rank(share, 1_000, count));
            assert_eq!(found.quantile(q).unwrap().to, expected, "{q} of {count}");
        }
    }
}

/// As many digits as a decimal number has, of as many answers as can be counted.
#[test]
fn the_finest_quantiles_of_the_largest_count_are_exact() {
    let bucket = |at: i64, count| Bucket { from: at.into(), to: (at + 1).into(), count };
    let half = u64::MAX / 2;
    let found = HistogramFound(vec![bucket(0, half), bucket(1, 1), bucket(2, half)]);
    let finest = Decimal::new(1, 28);
    let (above, tenth) = (Decimal::new(5, 1) + finest, Decimal::new(1, 1));
    for (q, from) in [(tenth, 0), (Decimal::new(5, 1), 1), (above, 1), (Decimal::ONE - finest, 2)] {
        assert_eq!(found.quantile(q).unwrap().from, from.into(), "{q}");
    }
}

/// Text where a number is asked for is an error of the question, for which no rule stands.
#[test]
fn words_are_no_numbers_whatever_the_rules_say() {
    let domain = Domain::try_from((0, 9, 0)).unwrap();
    let rule = Rule::Use("0".into());
    let statistic = Statistic { missing: rule.clone(), outside: rule, ..Sum(domain).into() };
    let shape = statistic.shape(3).unwrap();
    let encode = |cells: Vec<Cell>| statistic.encode(&Answer::new(cells), shape).err();
    assert_eq!(encode(vec![Cell::text("many")]), Some(AnswerError::NotANumber));
    assert_eq!(encode(vec![]), Some(AnswerError::Cells { expected: 1, found: 0 }));
    let two = vec![Cell::from(1.0), Cell::from(2.0)];
    assert_eq!(encode(two), Some(AnswerError::Cells { expected: 1, found: 2 }));
}

#[test]
fn an_option_is_chosen_once_and_is_declared() {
    let options = Labels::try_from(vec!["a".into(), "b".into()]).unwrap();
    let encode = |statistic: Statistic, words: &[&str]| {
        let cells = words.iter().map(|word| Cell::text(word)).collect();
        statistic.encode(&Answer::new(cells), statistic.shape(3).unwrap()).err()
    };
    let choices = || Choices(options.clone()).into();
    assert_eq!(encode(choices(), &["a", "a"]), Some(AnswerError::Repeated));
    assert_eq!(encode(choices(), &["c"]), Some(AnswerError::NotAnOption));
    let too_many = AnswerError::Cells { expected: 2, found: 3 };
    assert_eq!(encode(choices(), &["a", "b", "a"]), Some(too_many));
    assert_eq!(encode(Count.into(), &["maybe"]), Some(AnswerError::NotYesOrNo));
    let edges = [0, 1].map(Decimal::from);
    let histogram = Histogram(Buckets::between(&edges, 0).unwrap());
    assert_eq!(encode(histogram.into(), &["a"]), Some(AnswerError::NotANumber));
}
