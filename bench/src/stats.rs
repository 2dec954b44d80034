//! Medians and ratios over rounds.

use serde::Serialize;

/// What one server did in one round of one configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// CPU time of the server process per echoed message, microseconds.
    pub cpu_us_per_msg: f64,
    /// Echoed messages per second of wall time.
    pub msgs_per_s: f64,
    /// 99th percentile of the time from queueing a message to the end of its reply, milliseconds.
    pub p99_ms: f64,
    /// Bytes of one reply on the wire, headers included, averaged.
    pub reply_bytes: f64,
    /// Share of one core the server used, 0 to 1.
    pub busy: f64,
    /// Share of its core the load generator used.
    pub load_busy: f64,
}

/// Medians over the rounds: what is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which server.
    pub server: String,
    /// Connections open at once.
    pub connections: usize,
    /// Bytes of one message before compression.
    pub bytes: usize,
    /// Messages each connection keeps unanswered.
    pub in_flight: usize,
    /// `none` or `permessage-deflate`.
    pub compression: &'static str,
    /// Server CPU per message, microseconds.
    pub cpu_us_per_msg: f64,
    /// Messages per second.
    pub msgs_per_s: f64,
    /// 99th percentile of the round trip, milliseconds.
    pub p99_ms: f64,
    /// Median over the rounds of CPU per message over the bare TCP echo's of the same round; absent when the
    /// TCP echo was left out.
    pub ratio_to_tcp: Option<f64>,
    /// Mean size of a reply on the wire.
    #[serde(skip)]
    pub reply_bytes: f64,
    /// Median share of the server's core that it used.
    #[serde(skip)]
    pub busy: f64,
    /// Median share of the load generator's core that it used.
    #[serde(skip)]
    pub load_busy: f64,
}

/// The middle value, the mean of the two middle ones for an even count; `None` for no values.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        len if len % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

/// The median over the rounds of `of[round] / to[round]`; rounds that only one of them finished don't count.
///
/// A ratio within a round is what the machine's noise spoils least: both were measured within seconds.
pub fn median_ratio(of: &[Option<Sample>], to: &[Option<Sample>]) -> Option<f64> {
    median(of.iter().zip(to).filter_map(|pair| match pair {
        (Some(of), Some(to)) if to.cpu_us_per_msg > 0.0 => Some(of.cpu_us_per_msg / to.cpu_us_per_msg),
        _ => None,
    }))
}

/// Median of one field over the rounds that were finished.
pub fn median_of(samples: &[Option<Sample>], field: impl Fn(&Sample) -> f64) -> Option<f64> {
    median(samples.iter().flatten().map(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(cpu_us_per_msg: f64) -> Option<Sample> {
        Some(Sample {
            cpu_us_per_msg,
            msgs_per_s: 1.0,
            p99_ms: 2.0,
            reply_bytes: 3.0,
            busy: 0.5,
            load_busy: 0.5,
        })
    }

    #[test]
    fn median_of_odd_even_and_none() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median([]), None);
    }

    #[test]
    fn ratio_is_the_median_of_ratios_not_the_ratio_of_medians() {
        // The machine was three times slower in the second round, for both.
        let ours = [sample(1.0), sample(3.6), sample(1.1)];
        let tcp = [sample(1.0), sample(3.0), sample(1.0)];
        let ratio = median_ratio(&ours, &tcp).unwrap();
        assert!((ratio - 1.1).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn rounds_missing_on_either_side_do_not_count() {
        let ours = [None, sample(4.0), sample(9.0)];
        let tcp = [sample(1.0), sample(2.0), None];
        assert_eq!(median_ratio(&ours, &tcp), Some(2.0));
        assert_eq!(median_ratio(&ours, &[None, None, None]), None);
        assert_eq!(median_of(&ours, |sample| sample.cpu_us_per_msg), Some(6.5));
    }
}
