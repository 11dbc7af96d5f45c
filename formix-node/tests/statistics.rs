//! Statistics from question to result over a whole network, each against the truth, computed openly.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::time::Duration;

use formix_node::FormixNetwork;
use formix_node::report::Report;
use formix_node::responder::{Question, Reply, Responder, Responding};
use formix_proto::Decimal;
use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::{
    Buckets, Choice, Domain, Finding, Group, Histogram, HistogramView, Labels, Moments,
    MomentsFound, MomentsView, Regression, RegressionView, Schema, Vector, VectorFound,
};

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
fn finding(group: &Group) -> &Finding {
    &group.found.as_ref().unwrap().finding
}

fn groups(report: &Report) -> &[Group] {
    assert_eq!(report.row.failure(), None);
    assert_eq!(report.row.participants_count(), Some(u32::try_from(PEOPLE).unwrap()));
    &report.row.summary.as_ref().unwrap().groups
}

fn domain(min: i64, max: i64, decimals: u8) -> Domain {
    Domain::new(min.into(), max.into(), decimals).unwrap()
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

async fn ask(network: &FormixNetwork, prompt: &str, statistic: impl Into<Schema>) -> Report {
    // A regression needs twice as many answers as it has coefficients.
    let question = network.propose(prompt).statistic(statistic).min_participants(6);
    let id = question.send().await.unwrap();
    network.wait_within(id, PATIENCE).await.unwrap()
}

async fn deviation(network: &FormixNetwork) {
    let wanted = Schema::from((Moments(domain(10, 80, 1)), MomentsView::Deviation));
    let report = ask(network, "bmi", wanted.clone()).await;
    let Finding::Moments(found) = finding(&groups(&report)[0]) else { panic!("{report:?}") };
    let MomentsFound { mean, variance, deviation, .. } = found;
    let all: Vec<f64> = people().iter().map(|person| person.bmi.try_into().unwrap()).collect();
    let count = all.len() as f64;
    let truth = all.iter().sum::<f64>() / count;
    let spread = all.iter().map(|bmi| (bmi - truth).powi(2)).sum::<f64>() / (count - 1.0);
    assert!((f64::try_from(mean.unwrap()).unwrap() - truth).abs() < 1e-5);
    close(variance.unwrap(), spread);
    close(deviation.unwrap(), spread.sqrt());
    assert_eq!(report.row.result, Some(deviation.unwrap().to_string()), "what was wanted");
    assert_eq!(report.row.mean, mean.map(|mean| mean.to_string()));
    assert_eq!(report.row.schema, wanted, "the analyst's word");
}

async fn median(network: &FormixNetwork) {
    let buckets = Buckets::every(domain(10, 80, 1), Decimal::new(5, 1)).unwrap();
    let report = ask(network, "bmi", (Histogram(buckets), HistogramView::Median)).await;
    let Finding::Histogram(found) = finding(&groups(&report)[0]) else { panic!("{report:?}") };
    let mut sorted: Vec<_> = people().iter().map(|person| person.bmi).collect();
    sorted.sort();
    // Nearest rank: of 24 the twelfth.
    let half = Decimal::new(5, 1);
    for (at, truth) in
        [(Decimal::ZERO, sorted[0]), (half, sorted[11]), (Decimal::ONE, sorted[PEOPLE - 1])]
    {
        let bucket = found.quantile(at).unwrap();
        assert!(bucket.from <= truth && truth < bucket.to, "{at}: {truth} is not in {bucket:?}");
        assert_eq!(bucket.to - bucket.from, half);
    }
    let middle = found.quantile(half).unwrap();
    assert_eq!(report.row.result, Some(format!("{} to {}", middle.from, middle.to)));
}

async fn travels_by_sex(network: &FormixNetwork) {
    let options = ["walk", "bike", "train"];
    let labels = Labels::try_from(options.map(str::to_owned).to_vec()).unwrap();
    let asked = network.propose("travels").statistic(Choice(labels)).groups(["f", "m", "x"], 3);
    let id = asked.send().await.unwrap();
    let report = network.wait_within(id, PATIENCE).await.unwrap();
    let groups = groups(&report);
    for (group, sex) in groups.iter().zip(["f", "m"]) {
        let Finding::Choice(found) = finding(group) else { panic!("{group:?}") };
        let truth = |option: &str| {
            people().iter().filter(|who| who.sex == sex && who.travels == option).count() as u64
        };
        let found: Vec<_> = found.0.iter().map(|one| (one.option.as_str(), one.count)).collect();
        assert_eq!(found, options.map(|option| (option, truth(option))), "{sex}");
        assert_eq!(group.label.as_deref(), Some(sex));
    }
    assert_eq!((groups.len(), &groups[2].found), (3, &None), "an empty group is suppressed");
    assert_eq!(report.row.result, None, "it is more than one number");
}

async fn pressure(network: &FormixNetwork) {
    let names = Labels::try_from(vec!["age".to_owned(), "bmi".to_owned()]).unwrap();
    let columns = vec![domain(0, 120, 0), domain(10, 80, 1)];
    let regression = Regression::try_from((domain(60, 260, 0), names, columns)).unwrap();
    let view = RegressionView { response: "pressure".to_owned() };
    let report = ask(network, "pressure", (regression, view)).await;
    let Finding::Regression(fit) = finding(&groups(&report)[0]) else { panic!("{report:?}") };
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
    let length = u32::try_from(PLACES).unwrap();
    let report = ask(network, "steps", Vector(domain(0, 5000, 0), length)).await;
    let Finding::Vector(found) = finding(&groups(&report)[0]) else { panic!("{report:?}") };
    let VectorFound { sums, means } = found;
    let people = people();
    let truth: Vec<_> = (0..PLACES)
        .map(|place| Decimal::from(people.iter().map(|who| who.steps[place]).sum::<i64>()))
        .collect();
    assert_eq!(sums, &truth);
    assert_eq!(means.len(), PLACES);
}
