//! One clock for the link: monotonic, and aware of the time a machine slept.

use std::cell::Cell;

use link::Time;
use web_sys::Performance;
use workbench::time::Micros;

/// The wall clock has to run ahead of the monotonic one by more than this, in milliseconds, to be taken for a
/// sleep. Corrections of a running clock are far smaller.
const SLEEP_MILLIS: f64 = 1000.0;

/// The two clocks may drift this far apart, in milliseconds, before instants follow the wall clock again. Finer
/// steps would make the times between entries jump.
const DRIFT_MILLIS: f64 = 20.0;

/// The same moment on the link's clock and in the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Instant {
    /// The link's clock.
    pub link: Time,
    /// The wall clock, with the resolution of the monotonic one.
    pub wall: Micros,
}

/// Combines `performance.now()`, which on some systems stands still while the machine sleeps, with the wall
/// clock, which does not but can be set.
#[derive(Debug, Default)]
pub struct Clock {
    performance: Option<Performance>,
    /// Wall time minus monotonic time at the latest reading.
    apart: Cell<Option<f64>>,
    /// Wall time minus monotonic time that instants are made with.
    anchor: Cell<Option<f64>>,
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
        self.instant().link
    }

    /// The present moment on both clocks.
    pub fn instant(&self) -> Instant {
        let wall = js_sys::Date::now();
        let monotonic = self.performance.as_ref().map_or(wall, Performance::now);
        Instant { link: self.read(monotonic, wall), wall: self.stamp(monotonic, wall) }
    }

    /// The wall clock has whole milliseconds only; the monotonic one lends it its finer steps.
    fn stamp(&self, monotonic: f64, wall: f64) -> Micros {
        let apart = wall - monotonic;
        let anchor = self.anchor.get().filter(|anchor| (apart - anchor).abs() < DRIFT_MILLIS);
        let anchor = anchor.unwrap_or_else(|| {
            self.anchor.set(Some(apart));
            apart
        });
        Micros::from_millis(monotonic + anchor)
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

/// Local time minus UTC at an instant, in minutes: a [`workbench::time::Zone`].
pub fn zone(at: Micros) -> i32 {
    /// Clocks change at quarters of an hour.
    const QUARTER_MICROS: u64 = 15 * 60 * 1_000_000;
    thread_local! {
        /// The latest answer. A log is read in order, and to ask the browser takes its time.
        static LATEST: Cell<(u64, i32)> = const { Cell::new((u64::MAX, 0)) };
    }
    let (quarter, offset) = LATEST.get();
    if quarter == at.0 / QUARTER_MICROS {
        return offset;
    }
    let offset = -(js_sys::Date::new(&at.as_millis().into()).get_timezone_offset() as i32);
    LATEST.set((at.0 / QUARTER_MICROS, offset));
    offset
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
    fn instants_have_fine_steps_and_follow_a_clock_that_is_set() {
        let clock = Clock::default();
        assert_eq!(clock.stamp(10.25, 1e12), Micros(1_000_000_000_000_000));
        assert_eq!(clock.stamp(10.5, 1e12), Micros(1_000_000_000_000_250));
        assert_eq!(clock.stamp(20.25, 1e12 + 19.0), Micros(1_000_000_000_010_000));
        assert_eq!(clock.stamp(30.25, 1e12 + 3_600_000.0), Micros(1_000_003_600_000_000));
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
