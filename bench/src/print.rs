//! What several benchmarks say in the same way.

use std::io::{self, Write};
use std::time::Instant;

use serde::Serialize;

/// Prints a row as a JSON object on a line.
///
/// # Errors
/// When standard output is closed.
pub fn json(row: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, row)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Whether the whole run's time is up, which is said then.
///
/// # Errors
/// When standard error is closed.
pub fn time_is_up(end: Instant) -> io::Result<bool> {
    let is_up = Instant::now() > end;
    if is_up {
        writeln!(io::stderr(), "the time is up: the rest is left out (--max-seconds)")?;
    }
    Ok(is_up)
}

/// What JSON calls the compression.
#[must_use]
pub fn compression(deflate: bool) -> &'static str {
    if deflate { "permessage-deflate" } else { "none" }
}

/// A ratio for a table, or a dash where there is none.
#[must_use]
pub fn ratio(ratio: Option<f64>) -> String {
    ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
}
