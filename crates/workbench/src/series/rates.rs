use std::collections::VecDeque;

use crate::time::Micros;

const SECOND: u64 = 1_000_000;

/// Messages and bytes each way: counted from the start, or during one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages received.
    pub messages_in: u64,
    /// Their bytes of payload.
    pub bytes_in: u64,
    /// Messages sent.
    pub messages_out: u64,
    /// Their bytes of payload.
    pub bytes_out: u64,
}

impl Totals {
    fn since(self, earlier: Self) -> Self {
        Self {
            messages_in: self.messages_in.saturating_sub(earlier.messages_in),
            bytes_in: self.bytes_in.saturating_sub(earlier.bytes_in),
            messages_out: self.messages_out.saturating_sub(earlier.messages_out),
            bytes_out: self.bytes_out.saturating_sub(earlier.bytes_out),
        }
    }

    fn add(&mut self, more: Self) {
        self.messages_in += more.messages_in;
        self.bytes_in += more.bytes_in;
        self.messages_out += more.messages_out;
        self.bytes_out += more.bytes_out;
    }
}

/// How much went each way in each of the last seconds, from counters that only grow.
#[derive(Clone, Debug)]
pub struct Rates {
    /// The last of these is the present second, which isn't over.
    seconds: VecDeque<Totals>,
    capacity: usize,
    present: u64,
    seen: Totals,
}

impl Rates {
    /// Remembers `seconds` whole seconds; at least one.
    #[must_use]
    pub fn new(seconds: usize) -> Self {
        let capacity = seconds.max(1) + 1;
        Self { seconds: VecDeque::from([Totals::default()]), capacity, present: 0, seen: Totals::default() }
    }

    /// Counts what the counters have grown by since the last call for the second that `now` lies in. Call it when
    /// they grow, at least once a second. Counters that went back, as those of a new connection do, start over.
    pub fn observe(&mut self, now: Micros, counters: Totals) {
        self.advance(now);
        let grown = counters.since(self.seen);
        self.seen = counters;
        if let Some(present) = self.seconds.back_mut() {
            present.add(grown);
        }
    }

    /// What each of the last `count` whole seconds saw, oldest first: always `count` of them, with zeros for those
    /// before the beginning and those that nobody observed.
    pub fn last(&self, now: Micros, count: usize) -> impl ExactSizeIterator<Item = Totals> + '_ {
        let ahead = self.behind(now);
        (0..count).rev().map(move |back| {
            // The present second is the last of the list, unless time has gone on since.
            let index = (self.seconds.len() + ahead).checked_sub(back + 2);
            index.and_then(|index| self.seconds.get(index)).copied().unwrap_or_default()
        })
    }

    /// Seconds since the one that is counted now.
    fn behind(&self, now: Micros) -> usize {
        usize::try_from((now.0 / SECOND).saturating_sub(self.present))
            .unwrap_or(usize::MAX)
            .min(self.capacity)
    }

    fn advance(&mut self, now: Micros) {
        for _ in 0..self.behind(now) {
            if self.seconds.len() == self.capacity {
                self.seconds.pop_front();
            }
            self.seconds.push_back(Totals::default());
        }
        self.present = self.present.max(now.0 / SECOND);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn received(messages_in: u64) -> Totals {
        Totals { messages_in, bytes_in: messages_in * 10, ..Totals::default() }
    }

    fn seconds(seconds: f64) -> Micros {
        Micros((seconds * 1e6) as u64)
    }

    fn list(rates: &Rates, now: f64, count: usize) -> Vec<u64> {
        rates.last(seconds(now), count).map(|totals| totals.messages_in).collect()
    }

    #[test]
    fn growth_counts_for_the_second_it_was_seen_in() {
        let mut rates = Rates::new(5);
        rates.observe(seconds(100.1), received(3));
        rates.observe(seconds(100.9), received(5));
        rates.observe(seconds(101.2), received(6));
        assert_eq!(list(&rates, 101.9, 3), [0, 0, 5], "the present second isn't over");
        assert_eq!(list(&rates, 102.0, 3), [0, 5, 1]);
        assert_eq!(list(&rates, 103.5, 3), [5, 1, 0]);
        assert_eq!(list(&rates, 102.5, 1), [1]);
        assert_eq!(list(&rates, 1e9, 3), [0, 0, 0]);
    }

    #[test]
    fn counters_that_start_over_and_clocks_that_go_back() {
        let mut rates = Rates::new(3);
        rates.observe(seconds(10.0), received(100));
        rates.observe(seconds(9.0), received(2));
        rates.observe(seconds(10.5), received(7));
        assert_eq!(list(&rates, 11.0, 1), [105]);
    }

    #[test]
    fn a_long_sleep_is_bounded() {
        let mut rates = Rates::new(3);
        rates.observe(seconds(1.0), received(1));
        rates.observe(seconds(1e9), received(2));
        assert_eq!(rates.seconds.len(), 4);
        assert_eq!(list(&rates, 1e9 + 1.0, 5), [0, 0, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn agrees_with_counting_by_hand(steps in prop::collection::vec((0u64..3_000_000, 0u64..5), 1..60)) {
            let mut rates = Rates::new(20);
            let (mut now, mut counter) = (0, 0);
            let mut events = Vec::new();
            for (step, growth) in steps {
                now += step;
                counter += growth;
                rates.observe(Micros(now), received(counter));
                events.push((now / SECOND, growth));
            }
            let by_hand: Vec<u64> = (0..20)
                .map(|index| (now / SECOND + index).checked_sub(20))
                .map(|second| events.iter().filter(|(at, _)| Some(*at) == second).map(|(_, n)| n).sum())
                .collect();
            let counted: Vec<u64> = rates.last(Micros(now), 20).map(|totals| totals.messages_in).collect();
            prop_assert_eq!(counted, by_hand);
        }
    }
}
