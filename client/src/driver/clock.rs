//! One clock for the link: monotonic, and aware of the time a machine slept.

use std::cell::Cell;

use link::Time;
use web_sys::Performance;

/// The wall clock has to run ahead of the monotonic one by more than this, in milliseconds, to be taken for a
/// sleep. Corrections of a running clock are far smaller.
const SLEEP_MILLIS: f64 = 1000.0;

/// How long an offset from UTC is believed, in milliseconds: asking for it with every message is dear.
const OFFSET_MILLIS: f64 = 10_000.0;

/// Combines `performance.now()`, which on some systems stands still while the machine sleeps, with the wall
/// clock, which does not but can be set.
#[derive(Debug, Default)]
pub struct Clock {
    performance: Option<Performance>,
    /// Wall time minus monotonic time at the latest reading.
    apart: Cell<Option<f64>>,
    slept: Cell<f64>,
}

impl Clock {
    /// The browser's clocks.
    pub fn new() -> Clock {
        let performance = web_sys::window().and_then(|window| window.performance());
        Clock { performance, ..Clock::default() }
    }

    /// The present time of the link.
    pub fn now(&self) -> Time {
        let wall = js_sys::Date::now();
        self.read(self.performance.as_ref().map_or(wall, Performance::now), wall)
    }

    /// The link's time for a reading of both clocks, in milliseconds. A wall clock set back changes nothing.
    fn read(&self, monotonic: f64, wall: f64) -> Time {
        let apart = wall - monotonic;
        let ahead = self.apart.replace(Some(apart)).map_or(0.0, |before| apart - before);
        if ahead > SLEEP_MILLIS {
            self.slept.set(self.slept.get() + ahead);
        }
        Time::from_millis_f64(monotonic + self.slept.get())
    }
}

/// What a clock on the wall shows.
#[derive(Debug, Default)]
pub struct WallClock {
    /// Local time minus UTC in milliseconds, and until when it need not be looked up again.
    offset: Cell<(f64, f64)>,
}

impl WallClock {
    /// The present wall time in local milliseconds since 1970.
    pub fn local_millis(&self) -> u64 {
        let now = js_sys::Date::now();
        let (mut offset, until) = self.offset.get();
        if !(until - OFFSET_MILLIS..until).contains(&now) {
            offset = js_sys::Date::new_0().get_timezone_offset() * -60_000.0;
            self.offset.set((offset, now + OFFSET_MILLIS));
        }
        (now + offset) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(clock: &Clock, monotonic: f64, wall: f64) -> f64 {
        clock.read(monotonic, wall).as_millis_f64()
    }

    #[test]
    fn follows_the_monotonic_clock() {
        let clock = Clock::default();
        assert_eq!(millis(&clock, 10.5, 1e12), 10.5);
        assert_eq!(millis(&clock, 20.5, 1e12 + 10.0), 20.5);
    }

    #[test]
    fn a_sleep_that_stopped_the_monotonic_clock_counts() {
        let clock = Clock::default();
        millis(&clock, 0.0, 1e12);
        assert_eq!(millis(&clock, 100.0, 1e12 + 60_100.0), 60_100.0);
        assert_eq!(millis(&clock, 200.0, 1e12 + 60_200.0), 60_200.0);
    }

    #[test]
    fn a_clock_set_back_or_slowly_corrected_does_not() {
        let clock = Clock::default();
        millis(&clock, 0.0, 1e12);
        assert_eq!(millis(&clock, 10.0, 1e12 - 3_600_000.0), 10.0);
        for step in 0..100 {
            // Half a second of correction each time, never enough at once to be a sleep.
            let monotonic = 20.0 + f64::from(step) * 10.0;
            assert_eq!(millis(&clock, monotonic, 1e12 + f64::from(step) * 510.0 - 3_600_000.0), monotonic);
        }
    }
}
