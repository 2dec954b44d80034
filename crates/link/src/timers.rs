//! The link's timers: a slot for each purpose, one wake-up for all of them.

use crate::Time;

/// What a deadline is for. The order decides between equal deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    /// The socket should have opened.
    Connect,
    /// The next attempt starts.
    Retry,
    /// Half of the heartbeat's deadline is over.
    Late,
    /// Something should have come in.
    Deadline,
    /// A heartbeat is due.
    Beat,
    /// The socket should have closed.
    Close,
    /// It is time to look at the buffered amount again.
    Flush,
}

impl Timer {
    const ALL: [Timer; 7] =
        [Timer::Connect, Timer::Retry, Timer::Late, Timer::Deadline, Timer::Beat, Timer::Close, Timer::Flush];
}

/// When each timer goes off.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimerTable {
    slots: [Option<Time>; Timer::ALL.len()],
}

impl TimerTable {
    pub(crate) fn set(&mut self, timer: Timer, at: Time) {
        self.slots[timer as usize] = Some(at);
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        self.slots[timer as usize] = None;
    }

    pub(crate) fn clear_all(&mut self) {
        self.slots = Default::default();
    }

    pub(crate) fn get(&self, timer: Timer) -> Option<Time> {
        self.slots[timer as usize]
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        self.slots.iter().flatten().min().copied()
    }

    /// The timers that are due, earliest first. They stay set: what one of them causes may clear another.
    pub(crate) fn due(&self, now: Time) -> impl Iterator<Item = Timer> + use<> {
        let mut due = Timer::ALL.map(|timer| (self.get(timer).filter(|at| *at <= now), timer));
        due.sort();
        due.into_iter().filter(|(at, _)| at.is_some()).map(|(_, timer)| timer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_timers_come_in_the_order_of_their_deadlines() {
        let mut timers = TimerTable::default();
        timers.set(Timer::Connect, Time::from_millis(30));
        timers.set(Timer::Flush, Time::from_millis(10));
        timers.set(Timer::Beat, Time::from_millis(20));
        timers.set(Timer::Deadline, Time::from_millis(20));
        assert_eq!(timers.next(), Some(Time::from_millis(10)));
        let due: Vec<Timer> = timers.due(Time::from_millis(20)).collect();
        assert_eq!(due, [Timer::Flush, Timer::Deadline, Timer::Beat]);
        timers.clear_all();
        assert_eq!(timers.next(), None);
    }
}
