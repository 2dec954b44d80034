use std::collections::VecDeque;

use crate::time::Micros;

/// A stretch of time in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<S> {
    /// The state.
    pub state: S,
    /// Since when.
    pub start: Micros,
    /// Until when.
    pub end: Micros,
}

impl<S> Span<S> {
    /// How long, in microseconds.
    #[must_use]
    pub fn micros(&self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }
}

/// Which state something was in, over the last while.
#[derive(Clone, Debug)]
pub struct Timeline<S> {
    changes: VecDeque<(Micros, S)>,
    capacity: usize,
    age_micros: u64,
}

impl<S: Copy + PartialEq> Timeline<S> {
    /// In `state` since `now`. Remembers at most `capacity` changes, none that was over longer than `age_micros`
    /// before the latest.
    #[must_use]
    pub fn new(now: Micros, state: S, capacity: usize, age_micros: u64) -> Self {
        Self { changes: VecDeque::from([(now, state)]), capacity: capacity.max(1), age_micros }
    }

    /// Notes the state from `now` on. The state it is in already changes nothing.
    pub fn enter(&mut self, now: Micros, state: S) {
        let Some((since, present)) = self.changes.back_mut() else { return };
        if *present == state {
            return;
        }
        let now = now.max(*since);
        if *since == now {
            // A state of no duration is not worth remembering, unless it was the only one.
            *present = state;
            self.merge_equal();
        } else {
            self.changes.push_back((now, state));
        }
        let horizon = Micros(now.0.saturating_sub(self.age_micros));
        while self.changes.len() > self.capacity || self.changes.get(1).is_some_and(|(end, _)| *end < horizon)
        {
            self.changes.pop_front();
        }
    }

    /// The present state and since when.
    #[must_use]
    pub fn present(&self) -> Option<(Micros, S)> {
        self.changes.back().copied()
    }

    /// The stretches between two instants, cut off there, oldest first.
    pub fn spans(&self, from: Micros, to: Micros) -> impl DoubleEndedIterator<Item = Span<S>> + '_ {
        (0..self.changes.len()).filter_map(move |index| {
            let (start, state) = self.changes[index];
            let end = self.changes.get(index + 1).map_or(to, |(end, _)| (*end).min(to));
            let start = start.max(from);
            (start < end).then_some(Span { state, start, end })
        })
    }

    fn merge_equal(&mut self) {
        let len = self.changes.len();
        if len >= 2 && self.changes[len - 1].1 == self.changes[len - 2].1 {
            self.changes.pop_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(timeline: &Timeline<char>, from: u64, to: u64) -> Vec<(char, u64, u64)> {
        timeline.spans(Micros(from), Micros(to)).map(|span| (span.state, span.start.0, span.end.0)).collect()
    }

    fn timeline(changes: &[(u64, char)]) -> Timeline<char> {
        let mut timeline = Timeline::new(Micros(changes[0].0), changes[0].1, 100, 1000);
        for (time, state) in &changes[1..] {
            timeline.enter(Micros(*time), *state);
        }
        timeline
    }

    #[test]
    fn stretches_are_cut_to_the_window() {
        let timeline = timeline(&[(10, 'a'), (20, 'b'), (30, 'b'), (40, 'a')]);
        assert_eq!(spans(&timeline, 0, 50), [('a', 10, 20), ('b', 20, 40), ('a', 40, 50)]);
        assert_eq!(spans(&timeline, 15, 25), [('a', 15, 20), ('b', 20, 25)]);
        assert_eq!(spans(&timeline, 0, 10), []);
        assert_eq!(timeline.present(), Some((Micros(40), 'a')));
        assert_eq!(timeline.spans(Micros(15), Micros(50)).map(|span| span.micros()).sum::<u64>(), 35);
    }

    #[test]
    fn states_without_duration_leave_no_trace() {
        let timeline = timeline(&[(10, 'a'), (20, 'b'), (20, 'c'), (30, 'd'), (30, 'c'), (25, 'e')]);
        assert_eq!(spans(&timeline, 0, 50), [('a', 10, 20), ('c', 20, 25), ('e', 25, 50)]);
    }

    #[test]
    fn old_and_many_changes_are_forgotten() {
        let mut timeline = timeline(&[(10, 'a'), (20, 'b'), (2000, 'c')]);
        assert_eq!(spans(&timeline, 0, 3000), [('b', 20, 2000), ('c', 2000, 3000)]);
        for time in 0..1000 {
            timeline.enter(Micros(3000 + time), if time % 2 == 0 { 'x' } else { 'y' });
        }
        assert_eq!(timeline.changes.len(), 100);
    }
}
