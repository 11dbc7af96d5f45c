//! The sharing kernel: split, three running sums, reconstruct.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use formix_proto::ring::{Ring, Shape};
use formix_proto::share::{Lanes, SEATS, split, sum};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Contributions in one pass.
const CONTRIBUTIONS: u32 = 1_024;

fn kernel(c: &mut Criterion) {
    let mut group = c.benchmark_group("kernel");
    group.throughput(Throughput::Elements(CONTRIBUTIONS.into()));
    for dimension in [1, 4, 100] {
        group.bench_function(BenchmarkId::from_parameter(dimension), |b| {
            let mut coins = ChaCha20Rng::from_seed([7; 32]);
            let shape = Shape { ring: Ring::Z32, dimension };
            let answer = Lanes::new(&vec![42; dimension]);
            b.iter(|| {
                let mut partials: [Lanes; SEATS] = std::array::from_fn(|_| Lanes::zero(shape));
                for _ in 0..CONTRIBUTIONS {
                    let shares = split(black_box(&answer), shape, &mut coins);
                    for (partial, share) in partials.iter_mut().zip(&shares) {
                        partial.add(shape.ring, share);
                    }
                }
                sum(shape, &partials)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, kernel);
criterion_main!(benches);
