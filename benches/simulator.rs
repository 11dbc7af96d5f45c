//! Whole simulated computations, with every check on: three heavy nodes, five light ones, no fault.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use formix_sim::plan::Plan;
use formix_sim::world::simulate;

fn computation(c: &mut Criterion) {
    let plan = Plan::plain(3, 5);
    let mut group = c.benchmark_group("simulator");
    group.throughput(Throughput::Elements(1));
    group.bench_function("computation", |b| {
        b.iter(|| assert!(simulate(&plan, &mut ()).violation.is_none()));
    });
    group.finish();
}

criterion_group!(benches, computation);
criterion_main!(benches);
