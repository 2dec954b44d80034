//! How fast somebody may publish.

use socket::wire::Time;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many at once, as a multiple of what there may be in a second.
const BURST: u32 = 2;

/// A bucket that fills steadily: so many messages a second in the long run, and twice as many at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// When it would be full again.
    full: Time,
}

impl Pace {
    /// With a full bucket.
    pub(super) fn new() -> Self {
        Self { full: Time::default() }
    }

    /// Counts a message, unless there were too many.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub(super) fn spend(&mut self, per_second: NonZeroU32, now: Time) -> Result<(), Duration> {
        let each = Duration::from_secs(1) / per_second.get();
        let full = self.full.max(now) + each;
        let owed = full.since(now);
        let most = each * per_second.get().saturating_mul(BURST);
        if owed > most {
            return Err(owed - most);
        }
        self.full = full;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_a_seconds_worth_at_once_and_then_as_many_as_there_may_be() {
        let (ten, start) = (NonZeroU32::new(10).unwrap(), Time::from_micros(5_000_000));
        let mut pace = Pace::new();
        assert_eq!((0..100).filter(|_| pace.spend(ten, start).is_ok()).count(), 20);
        assert_eq!(pace.spend(ten, start), Err(Duration::from_millis(100)));
        let later = start + Duration::from_millis(100);
        assert_eq!((pace.spend(ten, later), pace.spend(ten, later).is_ok()), (Ok(()), false));
        // What is left of the bucket does not grow beyond it.
        let later = start + Duration::from_secs(60);
        assert_eq!((0..100).filter(|_| pace.spend(ten, later).is_ok()).count(), 20);
    }
}
