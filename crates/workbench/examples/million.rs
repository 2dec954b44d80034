//! How long a million messages take: `cargo run --release -p workbench --example million`.
//!
//! Slices are what the page does per frame; the longest one is what the reader could feel.
#![expect(clippy::print_stdout, reason = "it prints its measurements")]

use std::time::{Duration, Instant};

use workbench::entry::{Body, ConnectionId, Draft};
use workbench::export::{Export, FileFormat};
use workbench::filter::{Filter, FilterError, Index, Options};
use workbench::import::{Import, ImportError};
use workbench::rows::{Rows, Snapshot};
use workbench::store::Store;
use workbench::time::Micros;

const MESSAGES: u64 = 1_000_000;
/// A frame's share.
const SLICE: Duration = Duration::from_millis(8);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut store = Store::default();
    let text = |i: u64| {
        format!(
            "{:<97}",
            format!(
                "{{\"type\":\"{}\",\"n\":{i},\"price\":{}.50}}",
                ["trade", "quote"][i as usize % 2],
                i % 1000
            )
        )
    };
    let (mut total, mut longest) = (Duration::ZERO, Duration::ZERO);
    for i in 0..MESSAGES {
        let text = text(i);
        let started = Instant::now();
        store.append(Draft::received(Micros(i), ConnectionId(0), Body::Text(&text)));
        let took = started.elapsed();
        total += took;
        longest = longest.max(took);
    }
    println!("append             {:>7.1} ms, longest one {:.2} ms", millis(total), millis(longest));
    println!("memory             {:>7.1} MB counted", store.bytes() as f64 / 1e6);
    for filter in [
        "trade",
        "Trade price",
        "/quote.*99\\.50/",
        "$.price > 998",
        "type == \"trade\" n < 1000",
        "size>50 dir:in",
    ] {
        filter_all(&store, filter)?;
    }
    for format in [FileFormat::JsonLines, FileFormat::Csv, FileFormat::Har] {
        round_trip(&store, format)?;
    }
    Ok(())
}

fn filter_all(store: &Store, text: &str) -> Result<(), FilterError> {
    let mut index = Index::new(Filter::parse(text, &Options::default())?, store);
    let (total, longest) = slices(|slice| index.step_while(store, || slice.elapsed() < SLICE).done);
    let found = index.matches().len();
    println!(
        "filter {:<26} {:>7.1} ms, longest slice {:.1} ms, {found} found",
        text,
        millis(total),
        millis(longest)
    );
    Ok(())
}

fn round_trip(store: &Store, format: FileFormat) -> Result<(), ImportError> {
    let rows: Snapshot = Rows::All(store).snapshot();
    let mut export = Export::new(format, rows, workbench::export::Privacy::default(), Micros(0));
    let mut file = String::with_capacity(200 << 20);
    let (total, longest) = slices(|_| match export.next_chunk(store, 1 << 20) {
        Some(piece) => {
            file.push_str(&piece);
            false
        }
        None => true,
    });
    let bytes = file.len() as f64 / 1e6;
    println!(
        "export {:<26} {:>7.1} ms, longest slice {:.1} ms, {bytes:.0} MB",
        format.extension(),
        millis(total),
        millis(longest)
    );
    let mut back = Store::default();
    let mut import = Import::new(file);
    let mut result = Ok(());
    let (total, longest) = slices(|slice| match import.step_while(&mut back, || slice.elapsed() < SLICE) {
        Ok(progress) => progress.done,
        Err(error) => {
            result = Err(error);
            true
        }
    });
    println!(
        "import {:<26} {:>7.1} ms, longest slice {:.1} ms, {} entries",
        format.extension(),
        millis(total),
        millis(longest),
        import.report().entries
    );
    result
}

/// Runs slices until one says that it was the last; the whole time and that of the longest.
fn slices(mut slice: impl FnMut(Instant) -> bool) -> (Duration, Duration) {
    let (begin, mut longest) = (Instant::now(), Duration::ZERO);
    loop {
        let started = Instant::now();
        let last = slice(started);
        longest = longest.max(started.elapsed());
        if last {
            return (begin.elapsed(), longest);
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
