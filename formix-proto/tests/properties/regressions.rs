//! Linear regression: what the sums of products give is the least-squares fit of the answers.

use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::sharing::Totals;
use formix_proto::statistic::{Domain, Finding, Fit, Labels, Regression, Statistic};
use formix_testkit::vectors::added_up;
use proptest::collection::vec;
use proptest::prelude::*;

fn regression(columns: usize, domain: Domain) -> Statistic {
    let names = (0..columns).map(|n| format!("x{n}")).collect::<Vec<_>>();
    let names = Labels::try_from(names).unwrap();
    Regression::try_from((domain, names, vec![domain; columns])).unwrap().into()
}

/// Fits rows of a response and its columns, in tenths.
fn fit(rows: &[Vec<i64>]) -> Fit {
    let statistic = regression(rows[0].len() - 1, Domain::try_from((-9999, 9999, 1)).unwrap());
    let count = u32::try_from(rows.len()).unwrap();
    let shape = statistic.shape(count).unwrap();
    let encode = |row: &Vec<i64>| {
        let cells = row.iter().map(|tenths| Cell::from(Decimal::new(*tenths, 1))).collect();
        statistic.encode(&Answer::new(cells), shape).unwrap()
    };
    let encoded: Vec<_> = rows.iter().map(encode).collect();
    let summary = statistic.decode(&added_up(shape, &encoded), count).unwrap();
    match &summary.groups[0].found.as_ref().unwrap().finding {
        Finding::Regression(fit) => fit.clone(),
        _ => panic!("a regression"),
    }
}

fn rows(columns: usize) -> impl Strategy<Value = Vec<Vec<i64>>> {
    vec(vec(-9999i64..=9999, columns + 1), columns + 3..40)
}

fn estimates(fit: &Fit) -> Vec<f64> {
    fit.coefficients.as_ref().unwrap().iter().map(|it| it.estimate).collect()
}

proptest! {
    /// The residuals of the best fit are orthogonal to every column, and to 1.
    #[test]
    fn residuals_are_orthogonal_to_the_columns(rows in (1usize..5).prop_flat_map(rows)) {
        let fit = fit(&rows);
        prop_assume!(fit.coefficients.is_some());
        let b = estimates(&fit);
        let value = |tenths: i64| tenths as f64 / 10.0;
        let residual = |row: &Vec<i64>| {
            let fitted: f64 = row[1..].iter().zip(&b[1..]).map(|(x, b)| value(*x) * b).sum();
            value(row[0]) - fitted - b[0]
        };
        let scale: f64 = rows.iter().map(|row| 1.0 + residual(row).abs()).sum();
        for column in 0..b.len() {
            let x = |row: &Vec<i64>| if column == 0 { 1.0 } else { value(row[column]) };
            let product: f64 = rows.iter().map(|row| residual(row) * x(row)).sum();
            prop_assert!(product.abs() < 1e-6 * scale, "column {}: {}", column, product);
        }
        let rss: f64 = rows.iter().map(|row| residual(row).powi(2)).sum();
        let freedom = (rows.len() - b.len()) as f64;
        let deviation = (rss / freedom).sqrt();
        prop_assert!((fit.residual.unwrap() - deviation).abs() <= 1e-6 * (1.0 + deviation));
    }

    /// With one column, the textbook's formulas (Draper and Smith, chapter 1).
    #[test]
    fn one_column_is_the_textbooks_line(rows in rows(1)) {
        let fit = fit(&rows);
        prop_assume!(fit.coefficients.is_some());
        let n = rows.len() as f64;
        let (xs, ys): (Vec<_>, Vec<_>) =
            rows.iter().map(|row| (row[1] as f64 / 10.0, row[0] as f64 / 10.0)).unzip();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (x, y) = (mean(&xs), mean(&ys));
        let sxx: f64 = xs.iter().map(|it| (it - x).powi(2)).sum();
        let syy: f64 = ys.iter().map(|it| (it - y).powi(2)).sum();
        let sxy: f64 = xs.iter().zip(&ys).map(|(a, b)| (a - x) * (b - y)).sum();
        prop_assume!(sxx > 1.0 && syy > 1.0);
        let slope = sxy / sxx;
        let noise = (syy - slope * sxy).max(0.0) / (n - 2.0);
        let expected = [
            (y - slope * x, (noise * (1.0 / n + x * x / sxx)).sqrt()),
            (slope, (noise / sxx).sqrt()),
        ];
        for (found, (estimate, error)) in fit.coefficients.unwrap().iter().zip(expected) {
            prop_assert!((found.estimate - estimate).abs() <= 1e-7 * (1.0 + estimate.abs()));
            prop_assert!((found.error.unwrap() - error).abs() <= 1e-5 * (1.0 + error));
        }
        let r_squared = sxy * sxy / sxx / syy;
        prop_assert!((fit.r_squared.unwrap() - r_squared).abs() < 1e-7);
    }

    /// What lies on a plane is found exactly, and nothing is left over.
    #[test]
    fn a_plane_is_found_exactly(
        points in vec((-99i64..99, -99i64..99), 4..30), (a, b, c) in (-9i64..9, -9i64..9, -9i64..9),
    ) {
        let rows: Vec<_> = points.iter().map(|(x, y)| vec![10 * a + b * x + c * y, *x, *y]).collect();
        let fit = fit(&rows);
        prop_assume!(fit.coefficients.is_some());
        prop_assert_eq!(estimates(&fit), [a as f64, b as f64, c as f64]);
        prop_assert_eq!(fit.residual, Some(0.0));
        prop_assert!(fit.coefficients.unwrap().iter().all(|it| it.error == Some(0.0)));
    }
}

#[test]
fn columns_that_follow_from_each_other_have_no_coefficients() {
    let rows: Vec<_> = (0..9).map(|x| vec![x * x, x, 2 * x + 1]).collect();
    let none = Fit { coefficients: None, r_squared: None, residual: None };
    assert_eq!(fit(&rows), none);
    let too_few: Vec<_> = (0..2).map(|x| vec![x, x * x, 7 - x]).collect();
    assert_eq!(fit(&too_few), none);
}

#[test]
fn where_nothing_is_left_over_there_is_no_error() {
    let fit = fit(&[vec![10, 0], vec![30, 10]]);
    assert_eq!(estimates(&fit), [1.0, 2.0]);
    assert!(fit.coefficients.unwrap().iter().all(|it| it.error.is_none()));
    assert_eq!((fit.r_squared, fit.residual), (Some(1.0), None));
}

/// The 442 patients of Efron, Hastie, Johnstone and Tibshirani (2004), and what `lm` of R and `lstsq` of
/// numpy make of them.
#[test]
fn the_diabetes_study_has_the_known_coefficients() {
    let table = include_str!("../../../examples/diabetes/patients.csv");
    let domain = |min: i64, max: i64, decimals: u8| {
        Domain::new(Decimal::from(min), Decimal::from(max), decimals).unwrap()
    };
    let columns = [
        ("age", domain(0, 120, 0)),
        ("sex", domain(1, 2, 0)),
        ("bmi", domain(10, 60, 1)),
        ("bp", domain(30, 200, 2)),
        ("s1", domain(50, 400, 0)),
        ("s2", domain(0, 300, 1)),
        ("s3", domain(0, 150, 1)),
        ("s4", domain(0, 15, 2)),
        ("s5", domain(2, 8, 4)),
        ("s6", domain(40, 160, 0)),
    ];
    let names = columns.map(|(name, _)| name.to_owned()).to_vec();
    let regression = Regression::try_from((
        domain(0, 400, 0),
        Labels::try_from(names).unwrap(),
        columns.map(|(_, domain)| domain).to_vec(),
    ));
    let statistic = Statistic::from(regression.unwrap());
    let shape = statistic.shape(442).unwrap();
    assert_eq!((shape.dimension, shape.ring), (77, formix_proto::sharing::Ring::Z64));
    let encoded: Vec<_> = table
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<_> = line.split(',').collect();
            let cells = [&fields[11..], &fields[1..11]].concat().into_iter().map(Cell::parse);
            statistic.encode(&Answer::new(cells.collect()), shape).unwrap()
        })
        .collect();
    let summary = statistic.decode(&added_up(shape, &encoded), 442).unwrap();
    let Finding::Regression(fit) = &summary.groups[0].found.as_ref().unwrap().finding else {
        panic!("a regression")
    };
    let known = [
        (-334.56713851878, 67.4546211),
        (-0.03636122422362, 0.21704144),
        (-22.859648090498, 5.83582129),
        (5.602962091923715, 0.7171055),
        (1.1168079933181856, 0.22523817),
        (-1.08999633406323, 0.57333186),
        (0.7464504555142125, 0.53083439),
        (0.3720047150891356, 0.78246385),
        (6.533831935990297, 5.95863784),
        (68.48312496478795, 15.66971924),
        (0.28011698932149814, 0.27331395),
    ];
    for (found, (estimate, error)) in fit.coefficients.as_ref().unwrap().iter().zip(known) {
        let column = &found.column;
        assert!((found.estimate - estimate).abs() < 1e-9 * estimate.abs(), "{column:?}");
        assert!((found.error.unwrap() - error).abs() < 1e-7 * error, "{column:?}");
    }
    assert!((fit.r_squared.unwrap() - 0.5177484222203499).abs() < 1e-12);
    assert!((fit.residual.unwrap() - 54.15423932805569).abs() < 1e-9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever totals a light node that lies makes of it, what is found can be written down and read.
    #[test]
    fn totals_of_no_answers_have_a_fit_of_numbers_or_none(
        columns in 1usize..=16, seed in any::<[u8; 32]>(), bits in 1u32..=128, count in 1u32..100,
    ) {
        use rand_core::{Rng, SeedableRng};
        let statistic = regression(columns, Domain::try_from((0, i64::MAX >> 1, 0)).unwrap());
        let shape = statistic.shape(3).unwrap();
        let mut coins = rand_chacha::ChaCha20Rng::from_seed(seed);
        let mut totals = Vec::new();
        for _ in 0..shape.dimension {
            let any = u128::from(coins.next_u64()) << 64 | u128::from(coins.next_u64());
            totals.extend_from_slice(&(any >> (128 - bits)).to_le_bytes()[..shape.ring.width()]);
        }
        let totals = Totals::parse(shape.ring, &totals).unwrap();
        let summary = statistic.decode(&totals, count).unwrap();
        let Finding::Regression(fit) = &summary.groups[0].found.as_ref().unwrap().finding
            else { panic!("a regression") };
        let coefficients = fit.coefficients.iter().flatten();
        let numbers = coefficients.flat_map(|it| [Some(it.estimate), it.error]);
        let numbers = numbers.chain([fit.r_squared, fit.residual]).flatten();
        prop_assert!(numbers.into_iter().all(f64::is_finite), "{:?}", fit);
    }
}
