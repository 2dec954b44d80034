//! Whether another tab of the browser still keeps its log, where there are no locks to tell (pages that are not served
//! securely): it renews a lease in the same storage.
//!
//! Nothing here reads a clock; times are milliseconds since 1970.

/// Between two renewals.
pub(super) const RENEWAL_MILLIS: u64 = 5_000;

/// So long after a renewal the tab counts as there. Browsers let the timers of hidden tabs fire once a minute.
pub(super) const LEASE_MILLIS: u64 = 150_000;

/// What a lease says when it was given back: the page was left as pages are.
const GIVEN_BACK: u64 = 0;

/// A lease as it is stored.
pub(super) fn write(now: Option<u64>) -> Vec<u8> {
    now.unwrap_or(GIVEN_BACK).to_string().into_bytes()
}

/// When a lease was renewed; unreadable ones are over.
pub(super) fn read(bytes: &[u8]) -> u64 {
    std::str::from_utf8(bytes).ok().and_then(|text| text.parse().ok()).unwrap_or(GIVEN_BACK)
}

/// How long from `now` the tab that renewed a lease at `renewed` may still be there; 0 when it is over. `seen` is when
/// that renewal was first seen here: it counts where the lease lies in the future, because a clock was set back.
pub(super) fn left(renewed: u64, seen: u64, now: u64) -> u64 {
    let from = if renewed <= now { renewed } else { seen };
    if renewed == GIVEN_BACK { 0 } else { (from + LEASE_MILLIS).saturating_sub(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, PartialEq)]
    enum Tab {
        Alive,
        Crashed,
        Left,
    }

    /// The lease of a tab that renews every `every` until `until`, and then ends in some way; asked at `ask`.
    fn is_over(every: u64, until: u64, end: Tab, ask: u64) -> bool {
        let mut stored = write(Some(1_000_000));
        let mut now = 1_000_000;
        while now <= until.min(ask) {
            stored = write(Some(now));
            now += every;
        }
        if end == Tab::Left && until <= ask {
            stored = write(None);
        }
        left(read(&stored), ask, ask) == 0
    }

    #[test]
    fn a_live_tab_is_never_taken_for_a_crashed_one_even_if_its_timers_are_held_back() {
        for every in [RENEWAL_MILLIS, 60_000, 120_000] {
            for ask in (1_000_000..2_000_000).step_by(777) {
                assert!(!is_over(every, u64::MAX, Tab::Alive, ask), "{every} {ask}");
            }
        }
    }

    #[test]
    fn a_crash_is_seen_after_a_lease_and_a_leave_at_once() {
        let end = 1_500_000;
        assert!(!is_over(RENEWAL_MILLIS, end, Tab::Crashed, end + 1));
        assert!(is_over(RENEWAL_MILLIS, end, Tab::Crashed, end + LEASE_MILLIS));
        assert!(is_over(RENEWAL_MILLIS, end, Tab::Left, end));
    }

    #[test]
    fn clocks_that_are_set_delay_no_more_than_a_lease() {
        let future = 9_999_999_999_999;
        assert_eq!(left(future, 1_000, 1_000), LEASE_MILLIS);
        assert_eq!(left(future, 1_000, 1_000 + LEASE_MILLIS), 0);
        assert_eq!(left(1, 1, u64::MAX), 0);
        assert_eq!(left(read(b"nonsense"), 5, 5), 0);
        assert_eq!(left(1_000, 1_000, 1_000), LEASE_MILLIS);
    }
}
