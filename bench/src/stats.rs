//! Medians and ratios over rounds.

/// What one server did in one round. What is counted is a message echoed or a connection opened and closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// CPU time of the server process for each, microseconds.
    pub cpu_us: f64,
    /// How many a second of wall time.
    pub per_s: f64,
    /// The median of the time that each took as the client saw it, milliseconds.
    pub p50_ms: f64,
    /// Its 99th percentile.
    pub p99_ms: f64,
    /// Bytes that came back for each, averaged.
    pub reply_bytes: f64,
    /// Share of one core the server used, 0 to 1.
    pub busy: f64,
    /// Share of its core the load generator used.
    pub load_busy: f64,
    /// CPU time for each of what the server's nodes share their rooms by, microseconds; 0 for a server of one process.
    pub bus_us: f64,
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

/// The median over the rounds of `field` in `of` over the same in `to`; rounds that only one of them finished don't
/// count.
///
/// A ratio within a round is what the machine's noise spoils least: both were measured within seconds.
pub fn median_ratio(
    of: &[Option<Sample>],
    to: &[Option<Sample>],
    field: impl Fn(&Sample) -> f64,
) -> Option<f64> {
    median(of.iter().zip(to).filter_map(|pair| match pair {
        (Some(of), Some(to)) if field(to) > 0.0 => Some(field(of) / field(to)),
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

    fn sample(cpu_us: f64) -> Option<Sample> {
        Some(Sample {
            cpu_us,
            per_s: 1.0,
            p50_ms: 1.5,
            p99_ms: 2.0,
            reply_bytes: 3.0,
            busy: 0.5,
            load_busy: 0.5,
            bus_us: 0.0,
        })
    }

    fn cpu(sample: &Sample) -> f64 {
        sample.cpu_us
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
        let ratio = median_ratio(&ours, &tcp, cpu).unwrap();
        assert!((ratio - 1.1).abs() < 1e-9, "{ratio}");
    }

    #[test]
    fn rounds_missing_on_either_side_do_not_count() {
        let ours = [None, sample(4.0), sample(9.0)];
        let tcp = [sample(1.0), sample(2.0), None];
        assert_eq!(median_ratio(&ours, &tcp, cpu), Some(2.0));
        assert_eq!(median_ratio(&ours, &[None, None, None], cpu), None);
        assert_eq!(median_of(&ours, cpu), Some(6.5));
    }
}
