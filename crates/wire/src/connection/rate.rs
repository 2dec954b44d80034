use std::num::NonZeroU32;

use crate::Time;

/// How finely a second is told apart.
const SLOTS: usize = 16;
/// Microseconds in a slot.
const SLOT_MICROS: u64 = 1_000_000 / SLOTS as u64;

/// Messages within the last second, whenever it began: counted by sixteenths of a second, so that no moment lets twice
/// as many through as another.
#[derive(Debug, Default)]
pub(super) struct Rate {
    counts: [u32; SLOTS],
    sum: u32,
    /// The number of the latest slot since the clock's beginning.
    latest: u64,
}

impl Rate {
    /// Counts a message and tells whether there were more than `limit` within a second.
    pub(super) fn exceeds(&mut self, limit: NonZeroU32, now: Time) -> bool {
        let slot = now.as_micros() / SLOT_MICROS;
        let passed = slot.saturating_sub(self.latest).min(SLOTS as u64);
        for number in 0..passed {
            let old = &mut self.counts[((slot - number) % SLOTS as u64) as usize];
            self.sum -= std::mem::take(old);
        }
        self.latest = self.latest.max(slot);
        let count = &mut self.counts[(self.latest % SLOTS as u64) as usize];
        // A connection over its limit ends, so the sum does not go far beyond it.
        *count = count.saturating_add(1);
        self.sum = self.sum.saturating_add(1);
        self.sum > limit.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exceeded(limit: u32, times: impl IntoIterator<Item = u64>) -> Option<usize> {
        let mut rate = Rate::default();
        let limit = NonZeroU32::new(limit).unwrap();
        times.into_iter().position(|micros| rate.exceeds(limit, Time::from_micros(micros)))
    }

    #[test]
    fn a_steady_sender_at_the_limit_is_let_through_for_good() {
        for begin in [0, 31_000, 999_999] {
            assert_eq!(exceeded(100, (0..10_000).map(|n| begin + n * 10_000)), None, "{begin}");
        }
    }

    #[test]
    fn bursts_around_any_moment_are_one_burst() {
        for middle in [500_000, 1_000_000, 1_062_500, 7_312_499] {
            let burst = [middle - 400_000, middle + 400_000];
            let times = burst.into_iter().flat_map(|at| std::iter::repeat_n(at, 100));
            assert_eq!(exceeded(100, times), Some(100), "{middle}");
        }
    }

    #[test]
    fn a_second_of_rest_makes_room_for_another_burst() {
        let times = (0..50).flat_map(|second| std::iter::repeat_n(second * 1_000_000, 100));
        assert_eq!(exceeded(100, times), None);
    }
}
