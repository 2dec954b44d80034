//! How long to wait before the next attempt.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::Reconnect;

/// The delays from which the retry after `failures` attempts in a row is drawn.
///
/// The growing upper end is capped first and the random choice made last, so that the delays of many clients stay
/// spread out at the cap too.
pub(crate) fn delay_range(reconnect: &Reconnect, failures: u32, slow: bool) -> RangeInclusive<Duration> {
    let (min, max) = (reconnect.min_delay, reconnect.max_delay);
    if slow {
        return min..=max;
    }
    let grown = min.as_secs_f64() * reconnect.growth.powf(f64::from(failures.max(1)));
    // The comparison also catches an infinite product.
    let ceiling = if grown < max.as_secs_f64() { Duration::from_secs_f64(grown) } else { max };
    min..=ceiling.clamp(min, max)
}

/// Draws a delay, uniformly to the microsecond.
pub(crate) fn draw_delay(
    reconnect: &Reconnect,
    failures: u32,
    slow: bool,
    rng: &mut fastrand::Rng,
) -> Duration {
    let range = delay_range(reconnect, failures, slow);
    let micros = |duration: &Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(rng.u64(micros(range.start())..=micros(range.end())))
}

/// Whether `code` lies in one of the ranges.
pub(crate) fn covers(ranges: &[RangeInclusive<u16>], code: u16) -> bool {
    ranges.iter().any(|range| range.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Reconnect {
        Reconnect {
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(5),
            ..Reconnect::default()
        }
    }

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let ceilings: Vec<u128> =
            (0..6).map(|failures| delay_range(&policy(), failures, false).end().as_millis()).collect();
        assert_eq!(ceilings, [1000, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(*delay_range(&policy(), u32::MAX, false).end(), Duration::from_secs(5));
    }

    #[test]
    fn delays_stay_spread_out_at_the_cap() {
        let mut rng = fastrand::Rng::with_seed(7);
        let delays: Vec<Duration> = (0..1000).map(|_| draw_delay(&policy(), 20, false, &mut rng)).collect();
        let mean_millis = delays.iter().map(Duration::as_millis).sum::<u128>() / 1000;
        assert!((2600..2900).contains(&mean_millis), "mean of 500..5000 ms was {mean_millis}");
        for quarter in 0u64..4 {
            let from = Duration::from_millis(500 + quarter * 1125);
            let hits =
                delays.iter().filter(|delay| (from..from + Duration::from_millis(1125)).contains(delay));
            assert!(hits.count() > 200, "quarter {quarter} is thin");
        }
    }

    #[test]
    fn a_slow_code_draws_from_the_whole_span_at_once() {
        assert_eq!(delay_range(&policy(), 0, true), Duration::from_millis(500)..=Duration::from_secs(5));
    }
}
