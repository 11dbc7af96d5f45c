//! Statistics from question to result over a whole network, each against the truth, computed openly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::time::Duration;

use formix_node::FormixNetwork;
use formix_node::question::{Column, Kind, Number, Wanted};
use formix_node::report::Report;
use formix_node::responder::{Question, Reply, Responder, Responding};
use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{Finding, Part};

/// Nothing here takes this long: what does has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many people there are, and how long a vector each has.
const PEOPLE: usize = 24;
const PLACES: usize = 1000;

/// One person's data, which is made up.
#[derive(Clone)]
struct Person {
    sex: &'static str,
    age: i64,
    bmi: Decimal,
    pressure: i64,
    travels: &'static str,
    steps: Vec<i64>,
}

fn person(number: usize) -> Person {
    // Anything that goes up and down will do.
    let wave = |factor: usize, most: usize| i64::try_from(number * factor % most).unwrap();
    let (age, tenths) = (20 + wave(7, 60), 180 + wave(13, 200));
    Person {
        sex: if number.is_multiple_of(3) { "m" } else { "f" },
        age,
        bmi: Decimal::new(tenths, 1),
        pressure: 80 + age / 2 + tenths / 10 + wave(5, 9),
        travels: ["walk", "bike", "train"][number * number % 7 % 3],
        steps: (0..PLACES).map(|place| wave(place, 5000)).collect(),
    }
}

fn people() -> Vec<Person> {
    (1..=PEOPLE).map(person).collect()
}

/// Maps what is asked, by its prompt, to cells.
impl Responder for Person {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        let number = |number: i64| Cell::from(Decimal::from(number));
        let cells = match question.prompt.as_str() {
            "bmi" => vec![Cell::from(self.bmi)],
            "travels" => vec![Cell::text(self.sex), Cell::text(self.travels)],
            "pressure" => vec![number(self.pressure), number(self.age), Cell::from(self.bmi)],
            "steps" => self.steps.iter().copied().map(number).collect(),
            _ => return Box::pin(async { Ok(Reply::Decline) }),
        };
        Box::pin(async { Ok(Reply::Answer(Answer::new(cells))) })
    }
}

async fn network() -> FormixNetwork {
    let network = FormixNetwork::builder().light(0).start().await.unwrap();
    for person in people() {
        network.add_responder(person).await.unwrap();
    }
    network
}

/// What there is to know of one group, or of all.
fn finding(part: &Part) -> &Finding {
    &part.found.as_ref().unwrap().finding
}

fn parts(report: &Report) -> &[Part] {
    assert_eq!(report.row.failure, None);
    assert_eq!(report.row.participants_count, Some(u32::try_from(PEOPLE).unwrap()));
    &report.row.summary.as_ref().unwrap().parts
}

fn number(number: i64) -> Number {
    Number(number.into())
}

fn close(found: f64, truth: f64) {
    assert!((found - truth).abs() <= 1e-9 * truth.abs().max(1.0), "{found} is not {truth}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statistic_is_the_truth() {
    let network = network().await;
    deviation(&network).await;
    median(&network).await;
    travels_by_sex(&network).await;
    pressure(&network).await;
    steps(&network).await;
    network.shutdown().await.unwrap();
}

async fn ask(network: &FormixNetwork, prompt: &str, wanted: Wanted) -> Report {
    // A regression is not told of fewer than twice as many as it has coefficients.
    let question = network.propose(prompt).wanted(wanted).min_participants(6);
    let id = question.send().await.unwrap();
    network.wait_within(id, PATIENCE).await.unwrap()
}

async fn deviation(network: &FormixNetwork) {
    let wanted = Wanted::of_number(Kind::Deviation, 10.into(), 80.into(), 1);
    let report = ask(network, "bmi", wanted).await;
    let Finding::Moments { mean, variance, deviation, .. } = finding(&parts(&report)[0]) else {
        panic!("{report:?}")
    };
    let all: Vec<f64> = people().iter().map(|person| person.bmi.try_into().unwrap()).collect();
    let count = all.len() as f64;
    let truth = all.iter().sum::<f64>() / count;
    let spread = all.iter().map(|bmi| (bmi - truth).powi(2)).sum::<f64>() / (count - 1.0);
    assert!((f64::try_from(mean.unwrap()).unwrap() - truth).abs() < 1e-5);
    close(variance.unwrap(), spread);
    close(deviation.unwrap(), spread.sqrt());
    assert_eq!(report.row.result, Some(deviation.unwrap().to_string()), "what was wanted");
    assert_eq!(report.row.mean, mean.map(|mean| mean.to_string()));
    assert_eq!(report.row.schema().unwrap().statistic.kind, Kind::Deviation, "the analyst's word");
}

async fn median(network: &FormixNetwork) {
    let range = Wanted::of_number(Kind::Median, 10.into(), 80.into(), 1);
    let resolution = Some(Number(Decimal::new(5, 1)));
    let report = ask(network, "bmi", Wanted { resolution, ..range }).await;
    let finding = finding(&parts(&report)[0]);
    let mut sorted: Vec<_> = people().iter().map(|person| person.bmi).collect();
    sorted.sort();
    // Nearest rank: of 24 the twelfth.
    for (at, truth) in [(0.0, sorted[0]), (0.5, sorted[11]), (1.0, sorted[PEOPLE - 1])] {
        let bucket = finding.quantile(at).unwrap();
        assert!(bucket.from <= truth && truth < bucket.to, "{at}: {truth} is not in {bucket:?}");
        assert_eq!(bucket.to - bucket.from, Decimal::new(5, 1));
    }
    let middle = finding.quantile(0.5).unwrap();
    assert_eq!(report.row.result, Some(format!("{} to {}", middle.from, middle.to)));
}

async fn travels_by_sex(network: &FormixNetwork) {
    let options = ["walk", "bike", "train"];
    let wanted =
        Wanted { options: Some(options.map(str::to_owned).to_vec()), ..Wanted::new(Kind::Choice) };
    let asked = network.propose("travels").wanted(wanted).groups(["f", "m", "x"], 3);
    let id = asked.send().await.unwrap();
    let report = network.wait_within(id, PATIENCE).await.unwrap();
    let parts = parts(&report);
    for (part, sex) in parts.iter().zip(["f", "m"]) {
        let Finding::Frequencies(found) = finding(part) else { panic!("{part:?}") };
        let truth = |option: &str| {
            people().iter().filter(|who| who.sex == sex && who.travels == option).count() as u64
        };
        let found: Vec<_> = found.iter().map(|one| (one.option.as_str(), one.count)).collect();
        assert_eq!(found, options.map(|option| (option, truth(option))), "{sex}");
        assert_eq!(part.group.as_deref(), Some(sex));
    }
    assert_eq!((parts.len(), &parts[2].found), (3, &None), "nobody is told of an empty group");
    assert_eq!(report.row.result, None, "it is more than one number");
}

async fn pressure(network: &FormixNetwork) {
    let column = |name: &str, min, max, decimals| Column {
        name: name.to_owned(),
        min: number(min),
        max: number(max),
        decimals: Some(decimals),
    };
    let wanted = Wanted {
        response: Some(column("pressure", 60, 260, 0)),
        columns: Some(vec![column("age", 0, 120, 0), column("bmi", 10, 80, 1)]),
        ..Wanted::new(Kind::Regression)
    };
    let report = ask(network, "pressure", wanted).await;
    let Finding::Regression(fit) = finding(&parts(&report)[0]) else { panic!("{report:?}") };
    let coefficients = fit.coefficients.as_ref().unwrap();
    let found: Vec<_> = coefficients.iter().map(|one| one.estimate).collect();
    // The residuals of the line of least squares, and of no other, are orthogonal to the columns.
    let rows: Vec<([f64; 3], f64)> = people()
        .iter()
        .map(|who| ([1.0, who.age as f64, who.bmi.try_into().unwrap()], who.pressure as f64))
        .collect();
    let residual = |(row, truth): &([f64; 3], f64)| {
        truth - row.iter().zip(&found).map(|(value, by)| value * by).sum::<f64>()
    };
    for place in 0..3 {
        let product: f64 = rows.iter().map(|row| row.0[place] * residual(row)).sum();
        assert!(product.abs() < 1e-6, "column {place}: {product}");
    }
    let unexplained: f64 = rows.iter().map(|row| residual(row).powi(2)).sum();
    close(fit.residual.unwrap(), (unexplained / (PEOPLE as f64 - 3.0)).sqrt());
    let names: Vec<_> = coefficients.iter().map(|one| one.column.as_deref()).collect();
    assert_eq!(names, [None, Some("age"), Some("bmi")]);
}

async fn steps(network: &FormixNetwork) {
    let range = Wanted::of_number(Kind::VectorSum, 0.into(), 5000.into(), 0);
    let length = u32::try_from(PLACES).ok();
    let report = ask(network, "steps", Wanted { length, ..range }).await;
    let Finding::Vector { sums, means } = finding(&parts(&report)[0]) else { panic!("{report:?}") };
    let people = people();
    let truth: Vec<_> = (0..PLACES)
        .map(|place| Decimal::from(people.iter().map(|who| who.steps[place]).sum::<i64>()))
        .collect();
    assert_eq!(sums, &truth);
    assert_eq!(means.len(), PLACES);
}
