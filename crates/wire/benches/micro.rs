//! The pieces of the core by the clock. `examples/callgrind.rs` gives repeatable counts of the same operations.

mod operations;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn micro(criterion: &mut Criterion) {
    for mut operation in operations::operations() {
        let (group, size) = operation.name.split_once('/').unwrap_or((&operation.name, ""));
        let mut group = criterion.benchmark_group(group);
        group.throughput(Throughput::Bytes(operation.bytes as u64));
        group.bench_function(size, |bencher| bencher.iter(&mut operation.run));
        group.finish();
    }
}

criterion_group!(benches, micro);
criterion_main!(benches);
