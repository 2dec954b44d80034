//! Numbers over time: for charts at pixel width, percentiles, and rates per second.

use std::collections::VecDeque;

use crate::time::Micros;

const SECOND: u64 = 1_000_000;

/// Points of a chart, oldest dropped first.
#[derive(Clone, Debug)]
pub struct Series {
    capacity: usize,
    max_age_micros: u64,
    points: VecDeque<Point>,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub time: Micros,
    /// What.
    pub value: f64,
}

/// What one pixel column of a chart shows: draw a vertical line from `min` to `max`, and lines from the
/// `last` of one column to the `first` of the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// The column, from 0.
    pub x: usize,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// The earliest value.
    pub first: f64,
    /// The latest value.
    pub last: f64,
    /// How many points.
    pub count: usize,
}

impl Series {
    /// A series of at most `capacity` points, none older than `max_age_micros` before the newest.
    #[must_use]
    pub fn new(capacity: usize, max_age_micros: u64) -> Self {
        Self { capacity: capacity.max(1), max_age_micros, points: VecDeque::new() }
    }

    /// Adds a point. What is not finite is left out. A clock that stepped backwards is held at the newest
    /// point, so that times never descend. Amortised O(1).
    pub fn push(&mut self, time: Micros, value: f64) {
        if !value.is_finite() {
            return;
        }
        let time = self.points.back().map_or(time, |last| last.time.max(time));
        if self.points.len() == self.capacity {
            self.points.pop_front();
        }
        self.points.push_back(Point { time, value });
        let oldest = time.0.saturating_sub(self.max_age_micros);
        while self.points.front().is_some_and(|p| p.time.0 < oldest) {
            self.points.pop_front();
        }
    }

    /// Removes all points.
    pub fn clear(&mut self) {
        self.points.clear();
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// The newest point.
    #[must_use]
    pub fn last(&self) -> Option<Point> {
        self.points.back().copied()
    }

    /// The points from one instant up to, but not including, another.
    pub fn between(&self, from: Micros, to: Micros) -> impl DoubleEndedIterator<Item = Point> {
        let start = self.points.partition_point(|p| p.time < from);
        let end = self.points.partition_point(|p| p.time < to).max(start);
        self.points.range(start..end).copied()
    }

    /// The span cut into `width` pixel columns, those without points left out. Every extreme of the data is in
    /// one of them.
    #[must_use]
    pub fn columns(&self, from: Micros, to: Micros, width: usize) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let span = u128::from(to.0.saturating_sub(from.0));
        for Point { time, value } in self.between(from, to) {
            let x = (u128::from(time.0 - from.0) * width as u128 / span) as usize;
            match columns.last_mut() {
                Some(c) if c.x == x => {
                    c.min = c.min.min(value);
                    c.max = c.max.max(value);
                    c.last = value;
                    c.count += 1;
                }
                _ => columns.push(Column { x, min: value, max: value, first: value, last: value, count: 1 }),
            }
        }
        columns
    }

    /// Percentiles (each from 0 to 1, such as 0.5 and 0.99) of the values in a span by nearest rank; `None` if
    /// it holds no point.
    #[must_use]
    pub fn percentiles<const N: usize>(&self, from: Micros, to: Micros, ranks: [f64; N]) -> Option<[f64; N]> {
        let mut values: Vec<f64> = self.between(from, to).map(|p| p.value).collect();
        if values.is_empty() {
            return None;
        }
        let count = values.len();
        Some(ranks.map(|rank| {
            let at = ((rank.clamp(0.0, 1.0) * count as f64).ceil() as usize).saturating_sub(1);
            *values.select_nth_unstable_by(at, f64::total_cmp).1
        }))
    }
}

/// Counts events and bytes per second over the last seconds.
#[derive(Clone, Debug)]
pub struct Rate {
    /// The last one is the second `newest`.
    buckets: VecDeque<Bucket>,
    seconds: usize,
    newest: u64,
}

/// What happened in one second of the clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How many.
    pub count: u64,
    /// How many bytes.
    pub bytes: u64,
}

impl Rate {
    /// A counter that remembers `seconds` seconds (at least 2).
    #[must_use]
    pub fn new(seconds: usize) -> Self {
        Self { buckets: VecDeque::new(), seconds: seconds.max(2), newest: 0 }
    }

    /// Counts one event. An instant before the newest second counts as part of that.
    pub fn add(&mut self, time: Micros, bytes: usize) {
        self.advance(time);
        if let Some(bucket) = self.buckets.back_mut() {
            bucket.count += 1;
            bucket.bytes += bytes as u64;
        }
    }

    /// Events and bytes of the last whole second: a figure that holds still for a second.
    #[must_use]
    pub fn per_second(&self, now: Micros) -> Bucket {
        let age = (now.0 / SECOND).saturating_sub(self.newest);
        let whole = match age {
            0 => self.buckets.len().checked_sub(2),
            1 => self.buckets.len().checked_sub(1),
            _ => None,
        };
        whole.and_then(|at| self.buckets.get(at)).copied().unwrap_or_default()
    }

    /// The remembered seconds up to now, oldest first; the last is still filling. For a sparkline.
    #[must_use]
    pub fn history(&self, now: Micros) -> Vec<Bucket> {
        let mut at_now = self.clone();
        at_now.advance(now);
        let missing = self.seconds - at_now.buckets.len();
        std::iter::repeat_n(Bucket::default(), missing).chain(at_now.buckets).collect()
    }

    fn advance(&mut self, time: Micros) {
        let second = time.0 / SECOND;
        if self.buckets.is_empty() {
            self.newest = second;
            self.buckets.push_back(Bucket::default());
        }
        let steps = second.saturating_sub(self.newest).min(self.seconds as u64);
        for _ in 0..steps {
            self.buckets.push_back(Bucket::default());
        }
        while self.buckets.len() > self.seconds {
            self.buckets.pop_front();
        }
        self.newest = self.newest.max(second);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounded_by_count_and_age() {
        let mut s = Series::new(3, 100);
        for t in [0, 10, 20, 30] {
            s.push(Micros(t), t as f64);
        }
        s.push(Micros(31), f64::NAN);
        assert_eq!(s.between(Micros(0), Micros(99)).map(|p| p.time.0).collect::<Vec<_>>(), [10, 20, 30]);
        s.push(Micros(125), 1.0);
        assert_eq!(s.between(Micros(0), Micros(999)).map(|p| p.time.0).collect::<Vec<_>>(), [30, 125]);
        s.push(Micros(5), 2.0);
        assert_eq!(s.last(), Some(Point { time: Micros(125), value: 2.0 }));
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut s = Series::new(1000, u64::MAX);
        for i in (1..=100).rev() {
            s.push(Micros(100 - i), i as f64);
        }
        let all = |ranks| s.percentiles(Micros(0), Micros(1000), ranks);
        assert_eq!(all([0.5, 0.99, 1.0, 0.0]), Some([50.0, 99.0, 100.0, 1.0]));
        assert_eq!(s.percentiles(Micros(5000), Micros(6000), [0.5]), None);
    }

    #[test]
    fn rates_are_of_the_last_whole_second() {
        let mut r = Rate::new(4);
        let at = |ms: u64| Micros(1_000_000_000 + ms * 1000);
        for ms in [0, 400, 999, 1000, 1001] {
            r.add(at(ms), 10);
        }
        assert_eq!(r.per_second(at(1500)), Bucket { count: 3, bytes: 30 });
        assert_eq!(r.per_second(at(2500)), Bucket { count: 2, bytes: 20 });
        assert_eq!(r.per_second(at(3500)), Bucket::default());
        let counts = |ms| r.history(at(ms)).iter().map(|b| b.count).collect::<Vec<_>>();
        assert_eq!(counts(1500), [0, 0, 3, 2]);
        assert_eq!(counts(3500), [3, 2, 0, 0]);
        assert_eq!(counts(900_000), [0, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn columns_keep_every_extreme(values in prop::collection::vec((0u64..1000, -100i32..100), 0..200), width in 1usize..50) {
            let mut s = Series::new(1000, u64::MAX);
            let mut time = 0;
            let points: Vec<_> = values.iter().map(|&(step, v)| { time += step; (time, f64::from(v)) }).collect();
            for &(t, v) in &points {
                s.push(Micros(t), v);
            }
            let columns = s.columns(Micros(0), Micros(time + 1), width);
            prop_assert!(columns.len() <= width && columns.windows(2).all(|w| w[0].x < w[1].x));
            prop_assert!(columns.iter().all(|c| c.x < width));
            prop_assert_eq!(columns.iter().map(|c| c.count).sum::<usize>(), points.len());
            let extreme = |pick: fn(f64, f64) -> f64, it: &mut dyn Iterator<Item = f64>| it.reduce(pick);
            prop_assert_eq!(extreme(f64::max, &mut columns.iter().map(|c| c.max)), extreme(f64::max, &mut points.iter().map(|p| p.1)));
            prop_assert_eq!(extreme(f64::min, &mut columns.iter().map(|c| c.min)), extreme(f64::min, &mut points.iter().map(|p| p.1)));
        }
    }
}
