//! Round-trip times of the heartbeat.

use std::time::Duration;

/// Round-trip times: last, least, smoothed, and the spread of the recent ones.
#[derive(Clone, Debug, Default)]
pub struct Rtt {}
impl Rtt {
    /// The latest sample.
    pub fn last(&self) -> Option<Duration> { todo!() }
    /// The least ever.
    pub fn min(&self) -> Option<Duration> { todo!() }
    /// Exponentially smoothed, RFC 6298 SRTT.
    pub fn smoothed(&self) -> Option<Duration> { todo!() }
    /// Mean deviation, RFC 6298 RTTVAR.
    pub fn variation(&self) -> Option<Duration> { todo!() }
    /// Percentile over the recent window (nearest rank), `percent` in 0..=100.
    pub fn percentile(&self, percent: f64) -> Option<Duration> { let _ = percent; todo!() }
    /// Recent samples, oldest first.
    pub fn recent(&self) -> impl Iterator<Item = Duration> + '_ { [].into_iter() }
    /// Samples ever.
    pub fn count(&self) -> u64 { todo!() }
}
