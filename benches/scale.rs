//! Large networks in one process, on QUIC with a log per node. Prints a line per run.
//!
//! Too long a thing for criterion: three runs each, of which docs/figures.md quotes the median.
#![allow(missing_docs, clippy::print_stdout)]

use std::time::{Duration, Instant};

use formix_node::FormixNetwork;
use formix_node::network::NetworkError;

#[tokio::main]
async fn main() -> Result<(), NetworkError> {
    // Cargo passes `--bench`; a number there is how many runs.
    let runs = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(3);
    for _ in 0..runs {
        large(50, 950).await?;
    }
    for _ in 0..runs {
        many_at_once(10, 50).await?;
    }
    Ok(())
}

/// So many nodes: started, one computation, shut down; the sum is checked.
async fn large(heavy: usize, light: usize) -> Result<(), NetworkError> {
    let begun = Instant::now();
    let network = FormixNetwork::builder().heavy(heavy).answers(1..=light).start().await?;
    let started = begun.elapsed();
    let id = network.propose("How many?").deadline(Duration::from_secs(120)).send().await?;
    let report = network.wait(id).await?;
    let computed = begun.elapsed();
    network.shutdown().await?;
    let all = begun.elapsed();
    let right = (light * (light + 1) / 2).to_string();
    assert_eq!(report.row.result, Some(right), "{:?}", report.row.failure());
    println!(
        "{heavy} heavy, {light} light: started after {started:.1?}, computed after {computed:.1?}, \
         shut down after {all:.1?}; the sum is right"
    );
    Ok(())
}

/// So many computations at once; every one is checked.
async fn many_at_once(light: usize, computations: usize) -> Result<(), NetworkError> {
    let network = FormixNetwork::builder().answers(1..=light).start().await?;
    let begun = Instant::now();
    let mut ids = Vec::new();
    for number in 0..computations {
        ids.push(network.propose(format!("Question {number}")).send().await?);
    }
    let right = (light * (light + 1) / 2).to_string();
    for id in ids {
        let report = network.wait(id).await?;
        assert_eq!(report.row.result.as_ref(), Some(&right), "{:?}", report.row.failure());
    }
    println!(
        "{computations} computations at once over {light} light: all right after {:.1?}",
        begun.elapsed()
    );
    network.shutdown().await
}
