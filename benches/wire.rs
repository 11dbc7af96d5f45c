//! The codec, over the message that there are most of.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use formix_benches::contribution;
use formix_proto::id::ComputationId;
use formix_proto::wire;

fn codec(c: &mut Criterion) {
    let frame = contribution(ComputationId([1; 32]), 42);
    let message = wire::decode(frame.as_ref()).expect("a contribution");
    let mut group = c.benchmark_group("wire");
    group.throughput(Throughput::Elements(1));
    group.bench_function("encode", |b| b.iter(|| wire::encode(black_box(&message))));
    group.bench_function("decode", |b| b.iter(|| wire::decode(black_box(frame.as_ref()))));
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
