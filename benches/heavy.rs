//! One heavy node's machine under load: contributions decoded, admitted, recorded and receipted.
#![allow(missing_docs, clippy::expect_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use formix_benches::{Bench, contribution, light, proposal};

const LIGHTS: u32 = 10_000;

fn contributions(c: &mut Criterion) {
    let proposal = proposal(LIGHTS).expect("a question");
    let id = proposal.id();
    let frames: Vec<_> =
        (0..LIGHTS).map(|number| (light(number), contribution(id, number))).collect();
    let mut group = c.benchmark_group("heavy");
    group.throughput(Throughput::Elements(LIGHTS.into()));
    group.sample_size(20);
    group.bench_function("contributions", |b| {
        b.iter_batched_ref(
            || Bench::collecting(&proposal, LIGHTS).expect("a new node"),
            |bench| {
                for (from, frame) in &frames {
                    bench.receive(*from, frame);
                }
                assert!(bench.sent() >= LIGHTS.into(), "every contribution got its receipt");
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, contributions);
criterion_main!(benches);
