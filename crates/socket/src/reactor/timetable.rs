use std::time::Duration;

use wire::Time;

/// Microseconds in a tick, as a power of two.
const TICK_SHIFT: u32 = 10;
/// In place of a time at which something is due.
const NEVER: u32 = 0;
/// Connections that are due within this time of each other are looked after together.
const TOGETHER: Duration = Duration::from_millis(5);
/// Looking after timers may take one part in this of the time.
const SHARE: u32 = 100;

/// When each connection of a thread has to have a turn if nothing happens before.
///
/// It is not sorted. Deadlines are few to a second and mostly put off before they are due, so going through all of
/// them now and then, at four bytes each, is cheaper than keeping order, and far smaller than a timer each.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    /// In ticks, as far as 32 bits tell.
    due: Vec<u32>,
    /// Nothing is due before this.
    next: Option<Time>,
    /// Not to be gone through before this.
    not_before: Time,
}

impl Timetable {
    /// When to call [`expired`](Self::expired).
    pub(super) fn next(&self) -> Option<Time> {
        self.next.map(|next| next.max(self.not_before))
    }

    /// The connection in `slot` is due at `due`, or never. What is set and has not passed stays where it is nearer: a
    /// deadline that moved away is found out when it comes.
    #[inline]
    pub(super) fn set(&mut self, slot: usize, due: Option<Time>, now: Time) {
        let Some(due) = due else { return };
        if slot >= self.due.len() {
            self.due.resize(slot + 1, NEVER);
        }
        let set = self.due[slot];
        let ticks = ticks_until(due, now);
        if set != NEVER && (set.wrapping_sub(tick(now)) as i32) <= ticks {
            return;
        }
        self.due[slot] = tick(now).wrapping_add_signed(ticks).max(NEVER + 1);
        if self.next.is_none_or(|next| due < next) {
            self.next = Some(due);
        }
    }

    /// The slot is empty, or has a new connection.
    pub(super) fn clear(&mut self, slot: usize) {
        if let Some(due) = self.due.get_mut(slot) {
            *due = NEVER;
        }
    }

    /// It took so long to go through it.
    pub(super) fn took(&mut self, took: Duration, now: Time) {
        self.not_before = now + TOGETHER.max(took * SHARE);
    }

    /// Takes out all that is due.
    pub(super) fn expired(&mut self, now: Time, into: &mut Vec<usize>) {
        let present = tick(now);
        let mut nearest = i32::MAX;
        for (slot, due) in self.due.iter_mut().enumerate().filter(|(_, due)| **due != NEVER) {
            let left = due.wrapping_sub(present) as i32;
            if left <= 0 {
                *due = NEVER;
                into.push(slot);
            } else {
                nearest = nearest.min(left);
            }
        }
        self.next = (nearest < i32::MAX).then(|| {
            Time::from_micros(
                ((now.as_micros() >> TICK_SHIFT).saturating_add_signed(nearest.into())) << TICK_SHIFT,
            )
        });
    }
}

#[inline]
fn tick(time: Time) -> u32 {
    (time.as_micros() >> TICK_SHIFT) as u32
}

/// Rounded up: looked after too early, a connection would only have to be asked again. At most some 24 days.
#[inline]
fn ticks_until(due: Time, now: Time) -> i32 {
    let up = (1 << TICK_SHIFT) - 1;
    let ticks =
        (due.as_micros().saturating_add(up) >> TICK_SHIFT).saturating_sub(now.as_micros() >> TICK_SHIFT);
    i32::try_from(ticks).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_micros(millis * 1024)
    }

    fn expired(table: &mut Timetable, now: Time) -> Vec<usize> {
        let mut slots = Vec::new();
        table.expired(now, &mut slots);
        slots
    }

    #[test]
    fn what_is_due_comes_out_once() {
        let mut table = Timetable::default();
        table.set(0, Some(at(300)), at(0));
        table.set(3, Some(at(100)), at(0));
        table.set(1, None, at(0));
        assert_eq!(table.next(), Some(at(100)));
        assert_eq!(expired(&mut table, at(99)), []);
        assert_eq!(expired(&mut table, at(100)), [3]);
        assert_eq!(table.next(), Some(at(300)));
        assert_eq!(expired(&mut table, at(5000)), [0]);
        assert_eq!(table.next(), None);
    }

    #[test]
    fn a_deadline_that_moves_away_is_left_and_a_nearer_one_is_taken() {
        let mut table = Timetable::default();
        table.set(0, Some(at(300)), at(0));
        table.set(0, Some(at(400)), at(10));
        assert_eq!(table.next(), Some(at(300)));
        table.set(0, Some(at(200)), at(20));
        assert_eq!(table.next(), Some(at(200)));
        assert_eq!(expired(&mut table, at(200)), [0]);
        assert_eq!(expired(&mut table, at(300)), []);
    }

    #[test]
    fn who_left_is_forgotten() {
        let mut table = Timetable::default();
        table.set(0, Some(at(300)), at(0));
        table.clear(0);
        assert_eq!(expired(&mut table, at(1000)), []);
    }

    #[test]
    fn time_goes_on_beyond_what_32_bits_tell() {
        let late = u64::from(u32::MAX) - 2;
        let mut table = Timetable::default();
        for ahead in 0..5 {
            table.set(ahead as usize, Some(at(late + 10 + ahead)), at(late));
        }
        assert_eq!(expired(&mut table, at(late + 9)), []);
        assert_eq!(expired(&mut table, at(late + 12)), [0, 1, 2]);
        assert_eq!(expired(&mut table, at(late + 14)), [3, 4]);
    }

    #[test]
    fn going_through_it_takes_its_share_and_no_more() {
        let mut table = Timetable::default();
        table.set(0, Some(at(1)), at(0));
        table.set(1, Some(at(2)), at(0));
        let mut slots = Vec::new();
        table.expired(at(1), &mut slots);
        table.took(Duration::from_millis(3), at(1));
        assert_eq!(table.next(), Some(at(1) + Duration::from_millis(300)));
    }
}
