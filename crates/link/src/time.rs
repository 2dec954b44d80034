//! The link's notion of time: instants handed in by the driver, never read from a clock.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::time::Duration;

/// An instant, counted from an epoch of the driver's choice, in microseconds.
///
/// Any clock will do as long as one link only ever sees one of them: `performance.now()` in a browser,
/// `Instant` natively, a counter in a test. The clock may jump forward (a suspended machine) and may step
/// backward (a corrected wall clock); the link copes with both.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The driver's epoch.
    pub const ZERO: Time = Time(0);

    /// The instant `micros` microseconds after the epoch.
    pub const fn from_micros(micros: u64) -> Time {
        Time(micros)
    }

    /// The instant `millis` milliseconds after the epoch, saturating after 584,000 years.
    pub const fn from_millis(millis: u64) -> Time {
        Time(millis.saturating_mul(1000))
    }

    /// The instant `millis` milliseconds after the epoch, fractions kept to the microsecond.
    ///
    /// This is the form in which `performance.now()` counts. What is negative or not a number becomes the epoch.
    pub fn from_millis_f64(millis: f64) -> Time {
        // A float-to-integer cast saturates and maps NaN to zero.
        Time((millis * 1000.0).round() as u64)
    }

    /// Whole microseconds since the epoch.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1000
    }

    /// Milliseconds since the epoch with their fraction.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// How long after `earlier` this instant is; zero if it is not after it.
    pub const fn saturating_since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Saturates instead of overflowing, so that an absurd configuration cannot panic.
    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}ms", self.0 / 1000, self.0 % 1000)
    }
}

/// Turns the driver's clock, which may step backward, into one that never does.
///
/// A backward step counts as no time at all: deadlines keep their distance from the present instead of
/// receding by the size of the step, which could otherwise put a retry hours away.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    now: Time,
    /// By how much the link's time is ahead of the driver's, in microseconds.
    ahead: u64,
}

impl Clock {
    pub(crate) fn new(now: Time) -> Clock {
        Clock { now, ahead: 0 }
    }

    /// Takes the driver's time and returns the link's.
    pub(crate) fn advance(&mut self, driver: Time) -> Time {
        let candidate = Time(driver.0.saturating_add(self.ahead));
        if candidate < self.now {
            self.ahead = self.now.0.saturating_sub(driver.0);
        } else {
            self.now = candidate;
        }
        self.now
    }

    /// The link's time at the last call into it.
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Translates a deadline of the link into the driver's time.
    pub(crate) fn to_driver(&self, time: Time) -> Time {
        Time(time.0.saturating_sub(self.ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backward_step_takes_no_time_and_deadlines_follow_it() {
        let mut clock = Clock::new(Time::from_millis(10_000));
        let deadline = clock.now() + Duration::from_millis(500);
        assert_eq!(clock.advance(Time::from_millis(4_000)), Time::from_millis(10_000));
        assert_eq!(clock.to_driver(deadline), Time::from_millis(4_500));
        assert_eq!(clock.advance(Time::from_millis(4_500)), deadline);
    }

    #[test]
    fn milliseconds_with_a_fraction_round_to_microseconds() {
        assert_eq!(Time::from_millis_f64(1.2345), Time::from_micros(1235));
        assert_eq!(Time::from_millis_f64(-3.0), Time::ZERO);
        assert_eq!(Time::from_millis_f64(f64::NAN), Time::ZERO);
        assert_eq!(Time::from_micros(1500).as_millis_f64(), 1.5);
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Time::ZERO + Duration::MAX, Time::from_micros(u64::MAX));
        assert_eq!(Time::ZERO.saturating_since(Time::from_millis(1)), Duration::ZERO);
    }
}
