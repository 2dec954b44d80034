//! Round-trip times of the heartbeat.

use std::collections::VecDeque;
use std::time::Duration;

/// How many samples the recent window holds.
const WINDOW: usize = 128;

/// Round-trip times: last, least, smoothed, and the spread of the recent ones.
///
/// They are those of application messages, so they include the time that both ends take to get around to them.
#[derive(Clone, Debug, Default)]
pub struct Rtt {
    estimate: Option<Estimate>,
    recent: VecDeque<Duration>,
    count: u64,
}

/// Running values, present from the first sample on.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    last: Duration,
    min: Duration,
    smoothed: Duration,
    variation: Duration,
}

impl Rtt {
    /// The latest sample.
    pub fn last(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.last)
    }

    /// The least sample since the link was made.
    pub fn min(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.min)
    }

    /// The samples smoothed with a weight of 1/8 for the latest: SRTT of RFC 6298 section 2.
    pub fn smoothed(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.smoothed)
    }

    /// The smoothed deviation from `smoothed`, with a weight of 1/4 for the latest: RTTVAR of RFC 6298 section 2.
    pub fn variation(&self) -> Option<Duration> {
        self.estimate.map(|estimate| estimate.variation)
    }

    /// The sample below or at which `percent` of the last 128 samples lie (nearest rank); 0 gives the least, 100
    /// the greatest.
    pub fn percentile(&self, percent: f64) -> Option<Duration> {
        let mut sorted: Vec<Duration> = self.recent.iter().copied().collect();
        sorted.sort();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
    }

    /// The last 128 samples, oldest first.
    pub fn recent(&self) -> impl ExactSizeIterator<Item = Duration> + '_ {
        self.recent.iter().copied()
    }

    /// How many samples there have been.
    pub fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn sample(&mut self, rtt: Duration) {
        self.count += 1;
        if self.recent.len() == WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back(rtt);
        self.estimate = Some(match self.estimate {
            None => Estimate { last: rtt, min: rtt, smoothed: rtt, variation: rtt / 2 },
            Some(old) => Estimate {
                last: rtt,
                min: old.min.min(rtt),
                // The deviation is taken from the old mean, as the RFC orders.
                variation: (old.variation * 3 + old.smoothed.abs_diff(rtt)) / 4,
                smoothed: (old.smoothed * 7 + rtt) / 8,
            },
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn nothing_is_known_before_the_first_sample() {
        let rtt = Rtt::default();
        assert_eq!((rtt.last(), rtt.min(), rtt.smoothed(), rtt.percentile(50.0)), (None, None, None, None));
    }

    #[test]
    fn smoothing_follows_rfc_6298() {
        let mut rtt = Rtt::default();
        rtt.sample(ms(80));
        assert_eq!((rtt.smoothed(), rtt.variation()), (Some(ms(80)), Some(ms(40))));
        rtt.sample(ms(160));
        assert_eq!((rtt.smoothed(), rtt.variation()), (Some(ms(90)), Some(ms(50))));
        assert_eq!((rtt.last(), rtt.min(), rtt.count()), (Some(ms(160)), Some(ms(80)), 2));
    }

    #[test]
    fn percentiles_cover_the_recent_window_only() {
        let mut rtt = Rtt::default();
        rtt.sample(ms(1));
        for millis in 1001..=1128 {
            rtt.sample(ms(millis));
        }
        assert_eq!(rtt.recent().len(), WINDOW);
        assert_eq!(rtt.percentile(0.0), Some(ms(1001)));
        assert_eq!(rtt.percentile(50.0), Some(ms(1064)));
        assert_eq!(rtt.percentile(100.0), Some(ms(1128)));
        assert_eq!(rtt.min(), Some(ms(1)));
    }
}
