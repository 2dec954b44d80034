use std::time::Duration;

use crate::Time;

/// Microseconds in a tick, as a power of two: a tick is a little longer than a millisecond.
const TICK_SHIFT: u32 = 10;
/// The farthest a deadline can lie ahead, in ticks: some 25 days. Beyond it, ticks of 32 bits could not tell later from
/// earlier.
const FARTHEST: u64 = i32::MAX as u64;

/// What a connection may have to do when nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Timer {
    /// Nothing has arrived for a while: send a Ping.
    Heartbeat,
    /// Nothing has arrived since a Ping: the peer is gone.
    Pong,
    /// The peer has taken nothing of what waits for it.
    Stall,
    /// A message has begun and is not whole.
    Message,
    /// No message has come.
    Idle,
    /// The closing handshake does not go on.
    Close,
    /// The closing handshake goes on, but too slowly.
    CloseLimit,
}

/// When each [`Timer`] is due. A deadline that moves away with every byte that arrives costs one store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    due: [u32; Timer::ALL.len()],
    /// None of those that are set is due before this. Deadlines mostly move away, and then it stays where it is.
    nearest: u32,
    /// One bit for each timer that is set.
    armed: u8,
}

impl Timer {
    pub(crate) const ALL: [Timer; 7] = [
        Timer::Heartbeat,
        Timer::Pong,
        Timer::Stall,
        Timer::Message,
        Timer::Idle,
        Timer::Close,
        Timer::CloseLimit,
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Timers {
    /// Due at `now + after`, or up to a tick later, in place of any time set before.
    #[inline]
    pub(crate) fn set(&mut self, timer: Timer, now: Time, after: Duration) {
        let after =
            after.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(after.subsec_micros()));
        let round_up = (1 << TICK_SHIFT) - 1;
        let begin = now.as_micros() >> TICK_SHIFT;
        let ticks = (now.as_micros().saturating_add(after).saturating_add(round_up) >> TICK_SHIFT) - begin;
        let due = (begin as u32).wrapping_add(ticks.min(FARTHEST) as u32);
        if self.armed == 0 || (due.wrapping_sub(self.nearest) as i32) < 0 {
            self.nearest = due;
        }
        self.due[timer as usize] = due;
        self.armed |= timer.bit();
    }

    #[inline]
    pub(crate) fn clear(&mut self, timer: Timer) {
        self.armed &= !timer.bit();
    }

    pub(crate) fn clear_all(&mut self) {
        self.armed = 0;
    }

    #[inline]
    pub(crate) fn is_set(&self, timer: Timer) -> bool {
        self.armed & timer.bit() != 0
    }

    /// Whether it is set and its time has come. It is unset then: each timeout is acted on once.
    pub(crate) fn take_expired(&mut self, timer: Timer, now: Time) -> bool {
        let expired = self.is_set(timer) && self.ticks_left(timer, now) <= 0;
        if expired {
            self.clear(timer);
        }
        expired
    }

    /// When to look again: not after the first time that is set, which may lie in the past, and seldom before it.
    #[inline]
    pub(crate) fn next(&self, now: Time) -> Option<Time> {
        if self.armed == 0 {
            return None;
        }
        let left = self.nearest.wrapping_sub((now.as_micros() >> TICK_SHIFT) as u32) as i32;
        let left = if left > 0 { left } else { self.first(now)? };
        let tick = (now.as_micros() >> TICK_SHIFT).saturating_add_signed(i64::from(left));
        Some(Time::from_micros(tick << TICK_SHIFT))
    }

    /// Finds out anew when the first one is due, if that may have passed.
    #[inline]
    pub(crate) fn look(&mut self, now: Time) {
        let left = self.nearest.wrapping_sub((now.as_micros() >> TICK_SHIFT) as u32) as i32;
        if left <= 0
            && let Some(left) = self.first(now)
        {
            self.nearest = ((now.as_micros() >> TICK_SHIFT) as u32).wrapping_add_signed(left);
        }
    }

    /// Ticks until the first one is due.
    #[inline(never)]
    fn first(&self, now: Time) -> Option<i32> {
        let set = Timer::ALL.into_iter().filter(|timer| self.is_set(*timer));
        set.map(|timer| self.ticks_left(timer, now)).min()
    }

    #[inline]
    fn ticks_left(&self, timer: Timer, now: Time) -> i32 {
        self.due[timer as usize].wrapping_sub((now.as_micros() >> TICK_SHIFT) as u32) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(micros: u64) -> Time {
        Time::from_micros(micros)
    }

    #[test]
    fn a_timer_expires_at_its_time_and_once() {
        for begin in [0, 1, 1023, 1024, 987_654_321, (1 << 42) - 5, u64::from(u32::MAX) << TICK_SHIFT] {
            for after in [0, 1, 999, 1000, 20_000_000, 86_400_000_000] {
                let mut timers = Timers::default();
                timers.set(Timer::Pong, at(begin), Duration::from_micros(after));
                let due = timers.next(at(begin)).unwrap();
                assert!(due >= at(begin + after) || after == 0, "{begin} {after}");
                assert!(due.as_micros() <= begin + after + 1024, "{begin} {after}");
                if after > 2048 {
                    assert!(!timers.take_expired(Timer::Pong, at(begin + after - 1024)));
                }
                assert_eq!(timers.next(due), Some(due));
                assert!(timers.take_expired(Timer::Pong, due.max(at(begin))));
                assert!(!timers.take_expired(Timer::Pong, due + Duration::from_secs(1)));
                assert_eq!(timers.next(due), None);
            }
        }
    }

    #[test]
    fn the_first_of_several_is_next_even_when_it_has_passed() {
        let mut timers = Timers::default();
        assert_eq!(timers.next(at(0)), None);
        timers.set(Timer::Idle, at(0), Duration::from_secs(9));
        timers.set(Timer::Heartbeat, at(0), Duration::from_secs(3));
        let late = at(5_000_000);
        assert!(timers.next(late).unwrap() < late);
        assert!(!timers.take_expired(Timer::Idle, late));
        assert!(timers.take_expired(Timer::Heartbeat, late));
        assert!(timers.next(late).unwrap() > late);
    }

    #[test]
    fn a_deadline_beyond_all_bounds_is_far_and_not_past() {
        let mut timers = Timers::default();
        timers.set(Timer::Idle, at(12_345), Duration::MAX);
        assert!(!timers.take_expired(Timer::Idle, at(12_345)));
        assert!(timers.next(at(12_345)).unwrap() > at(20 * 86_400 * 1_000_000));
    }
}
