//! A vector as long as a small model, from tables to its mean: what federated learning averages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use formix_node::FormixNetwork;
use formix_node::home::Home;
use formix_node::responder::{ResponderConfig, Source};
use formix_proto::Decimal;
use formix_proto::query::{Query, Table};
use formix_proto::statistic::{Domain, Finding, Vector, VectorFound, VectorView};
use tempfile::TempDir;

const WEIGHTS: i64 = 100_000;
const SITES: i64 = 3;

/// In millionths, from -1 to 1.
fn weight(site: i64, at: i64) -> i64 {
    (at * 7919 + site * 104_729) % 2_000_001 - 1_000_000
}

fn table(site: i64) -> String {
    let mut csv = "at,weight\n".to_owned();
    for at in 0..WEIGHTS {
        writeln!(csv, "{at},{}", Decimal::new(weight(site, at), 6)).unwrap();
    }
    csv
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_weights_are_averaged_exactly() {
    let directory = TempDir::new().unwrap();
    let home = Home::resolve(Some(directory.path().to_owned())).unwrap();
    let mut lights = Vec::new();
    for site in 0..SITES {
        let name = format!("site-{site}");
        fs::write(home.node(&name).make().unwrap().join("model.csv"), table(site)).unwrap();
        let tables = [("model".to_owned(), Source::file("model.csv"))];
        lights.push((name, ResponderConfig::query(tables)));
    }
    let network =
        FormixNetwork::builder().home(directory.path()).lights(lights).start().await.unwrap();
    let columns = vec!["at".to_owned(), "weight".to_owned()];
    let query = Query {
        sql: "SELECT weight FROM model ORDER BY at".to_owned(),
        tables: vec![Table { name: "model".to_owned(), columns }],
    };
    let one = Decimal::ONE;
    let length = u32::try_from(WEIGHTS).unwrap();
    let weights = (Vector(Domain::new(-one, one, 6).unwrap(), length), VectorView::Mean);
    let asked = network.propose("Your weights?").statistic(weights).query(query);
    let id = asked.deadline(Duration::from_secs(300)).send().await.unwrap();
    let report = network.wait_within(id, Duration::from_secs(360)).await.unwrap();
    assert_eq!(report.row.failure(), None);
    let summary = report.row.summary.unwrap();
    let Finding::Vector(VectorFound { sums, .. }) =
        &summary.groups[0].found.as_ref().unwrap().finding
    else {
        panic!("a vector")
    };
    let sum = |at: i64| Decimal::new((0..SITES).map(|site| weight(site, at)).sum(), 6).normalize();
    assert!(sums.iter().copied().eq((0..WEIGHTS).map(sum)), "every weight, in its place");
    network.shutdown().await.unwrap();
}
