//! A whole network: three heavy and five light nodes on QUIC, each with its own log.
#![allow(missing_docs, clippy::expect_used)]

use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use formix_node::FormixNetwork;
use formix_node::responder::ResponderConfig;
use tokio::runtime::Runtime;

const SPAN: Duration = Duration::from_millis(400);

/// From `propose` to its return: the committee collects answers.
async fn propose(network: &FormixNetwork) -> Duration {
    let begun = Instant::now();
    let id = network.propose("How many?").send().await.expect("accepted");
    let taken = begun.elapsed();
    network.wait(id).await.expect("ended");
    taken
}

/// From `propose` to the outcome, with every answer at hand.
async fn outcome(network: &FormixNetwork) -> Duration {
    let begun = Instant::now();
    let id = network.propose("How many?").send().await.expect("accepted");
    let report = network.wait(id).await.expect("ended");
    assert!(report.is_completed());
    begun.elapsed()
}

/// From the deadline to the outcome, with one light node that never answers.
async fn past_deadline(network: &FormixNetwork) -> Duration {
    let begun = Instant::now();
    let asked = network.propose("How many?").deadline(SPAN).send();
    let report = network.wait(asked.await.expect("accepted")).await.expect("ended");
    assert!(report.is_completed());
    begun.elapsed().saturating_sub(SPAN)
}

fn network(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let prompt = runtime.block_on(FormixNetwork::builder().answers(1..=5).start()).expect("starts");
    let silent = ResponderConfig::Command {
        program: "sleep".into(),
        args: vec!["3600".to_owned()],
        time_limit: Duration::from_secs(3600),
    };
    let lights = (1..=5).map(|number: u32| {
        let answers = ResponderConfig::Fixed { value: number.to_string() };
        (format!("light-{number}"), if number == 5 { silent.clone() } else { answers })
    });
    let waiting =
        runtime.block_on(FormixNetwork::builder().lights(lights).start()).expect("starts");

    let mut group = c.benchmark_group("network");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    macro_rules! measure {
        ($name:literal, $network:expr, $step:expr) => {
            group.bench_function($name, |b| {
                b.iter_custom(|times| {
                    runtime.block_on(async {
                        let mut total = Duration::ZERO;
                        for _ in 0..times {
                            total += $step($network).await;
                        }
                        total
                    })
                });
            });
        };
    }
    measure!("propose", &prompt, propose);
    measure!("outcome", &prompt, outcome);
    measure!("past-deadline", &waiting, past_deadline);
    group.finish();
    runtime.block_on(prompt.shutdown()).expect("stops");
    runtime.block_on(waiting.shutdown()).expect("stops");
}

criterion_group!(benches, network);
criterion_main!(benches);
