//! The sharing kernel: split, a partial for each seat, reconstruct.
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use formix_proto::seat::{PerSeat, Seat};
use formix_proto::sharing::{Encoded, Partial, Ring, Scheme, Shape};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Contributions in one pass.
const CONTRIBUTIONS: u32 = 1_024;
const SEATS: usize = 3;

fn kernel(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernel");
    group.throughput(Throughput::Elements(CONTRIBUTIONS.into()));
    for dimension in [1, 4, 100] {
        group.bench_function(BenchmarkId::from_parameter(dimension), |b| {
            let mut coins = ChaCha20Rng::from_seed([7; 32]);
            let shape = Shape { ring: Ring::Z32, dimension };
            let mut answer = Encoded::zero(shape);
            (0..dimension).for_each(|element| answer.set(element, 42).expect("an element"));
            b.iter(|| {
                let split = |_| {
                    let shares = Scheme::Additive.split(black_box(&answer), SEATS, &mut coins);
                    shares.expect("three seats")
                };
                let splits: Vec<_> = (0..CONTRIBUTIONS).map(split).collect();
                let partial = |seat| {
                    let shares = splits.iter().filter_map(|shares| shares.get(seat));
                    Partial::sum(shares).expect("one shape")
                };
                let partials = PerSeat::try_collect(Seat::all(SEATS).map(partial));
                Scheme::Additive.reconstruct(&partials.expect("three seats")).expect("one shape")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, kernel);
criterion_main!(benches);
