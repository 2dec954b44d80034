//! What is charted: values over time, rates, phases, and how they fit a few hundred pixels.
//!
//! Everything here is bounded by count and by age, takes the time as an argument and costs O(1) per sample.
//! Times are [`Micros`](crate::time::Micros) of any one clock; a sample that seems older than the one before it
//! counts as simultaneous, so that a clock set back does no harm.

mod axis;
mod columns;
mod plot;
mod rates;
mod samples;
mod timeline;

pub use axis::{Axis, time_step};
pub use columns::{Column, Columns, columns};
pub use plot::{Plot, PlotError, Trace};
pub use rates::{Rates, Totals};
pub use samples::{Bounds, Bucket, Series, Summary};
pub use timeline::{Span, Timeline};
