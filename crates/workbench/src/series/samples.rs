use std::collections::VecDeque;

use crate::time::Micros;

/// How much a [`Series`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many of the newest samples are kept one by one. At least 1.
    pub exact: usize,
    /// How many groups the samples before those are folded into, so that a flood still fills the whole age.
    /// 0 drops them instead.
    pub folded: usize,
    /// The greatest age, in microseconds before the newest sample.
    pub age_micros: u64,
}

impl Default for Bounds {
    /// 8192 samples, then 4096 groups; a quarter of an hour. About 0.5 MB when full.
    fn default() -> Self {
        Self { exact: 8192, folded: 4096, age_micros: 15 * 60 * 1_000_000 }
    }
}

/// One or more samples that follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Time of the first.
    pub start: Micros,
    /// Time of the last.
    pub end: Micros,
    /// Value of the first.
    pub first: f64,
    /// Value of the last.
    pub last: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// How many.
    pub count: u64,
    /// There was an interruption just before: no line leads here from the sample before.
    pub gap: bool,
}

impl Bucket {
    fn of(time: Micros, value: f64, gap: bool) -> Self {
        Self { start: time, end: time, first: value, last: value, min: value, max: value, count: 1, gap }
    }

    /// Takes in what follows.
    pub(super) fn extend(&mut self, next: &Self) {
        self.end = next.end;
        self.last = next.last;
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
        self.count += next.count;
    }
}

/// What the samples of a window amount to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many samples the figures are made of.
    pub count: usize,
    /// The newest.
    pub last: f64,
    /// The least.
    pub min: f64,
    /// At or below this lies half of them (nearest rank).
    pub p50: f64,
    /// At or below this lie 99 of 100 of them (nearest rank).
    pub p99: f64,
    /// The greatest.
    pub max: f64,
}

/// Values over time: the newest exactly, those before in groups of equal duration with their least and greatest.
#[derive(Clone, Debug)]
pub struct Series {
    bounds: Bounds,
    exact: VecDeque<Bucket>,
    folded: VecDeque<Bucket>,
    gap: bool,
    total: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self::new(Bounds::default())
    }
}

impl Series {
    /// An empty series.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        let bounds = Bounds { exact: bounds.exact.max(1), ..bounds };
        Self { bounds, exact: VecDeque::new(), folded: VecDeque::new(), gap: false, total: 0 }
    }

    /// Appends a sample, amortised O(1). Infinite values and NaN have no place on a chart: they are left out, and
    /// the answer is false.
    pub fn push(&mut self, time: Micros, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let time = self.newest().map_or(time, |newest| newest.max(time));
        self.exact.push_back(Bucket::of(time, value, std::mem::take(&mut self.gap)));
        self.total += 1;
        if self.exact.len() > self.bounds.exact
            && let Some(oldest) = self.exact.pop_front()
        {
            self.fold(oldest);
        }
        let horizon = Micros(time.0.saturating_sub(self.bounds.age_micros));
        while self.folded.front().is_some_and(|bucket| bucket.end < horizon) {
            self.folded.pop_front();
        }
        while self.exact.front().is_some_and(|sample| sample.end < horizon) {
            self.exact.pop_front();
        }
        true
    }

    /// Notes an interruption: no line will lead to the next sample.
    pub fn interrupt(&mut self) {
        self.gap = !self.is_empty();
    }

    /// Forgets everything but the total.
    pub fn clear(&mut self) {
        self.exact.clear();
        self.folded.clear();
        self.gap = false;
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // The newest sample is always kept exactly.
        self.exact.is_empty()
    }

    /// Samples taken in since the series was made, dropped ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Time of the newest sample.
    #[must_use]
    pub fn newest(&self) -> Option<Micros> {
        self.exact.back().map(|sample| sample.end)
    }

    /// The newest value.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.exact.back().map(|sample| sample.last)
    }

    /// Time of the `count`th newest sample, or of the oldest that is kept exactly.
    #[must_use]
    pub fn start_of_last(&self, count: usize) -> Option<Micros> {
        self.exact.get(self.exact.len().saturating_sub(count.max(1))).map(|sample| sample.start)
    }

    /// The groups and samples that touch a window, oldest first.
    pub fn window(&self, from: Micros, to: Micros) -> impl Iterator<Item = &Bucket> {
        [&self.folded, &self.exact].into_iter().flat_map(move |part| {
            let start = part.partition_point(|bucket| bucket.end < from);
            part.range(start..).take_while(move |bucket| bucket.start <= to)
        })
    }

    /// The last group or sample that lies wholly before an instant.
    #[must_use]
    pub fn before(&self, time: Micros) -> Option<&Bucket> {
        [&self.exact, &self.folded].into_iter().find_map(|part| {
            let end = part.partition_point(|bucket| bucket.end < time);
            end.checked_sub(1).and_then(|index| part.get(index))
        })
    }

    /// Percentiles and extremes of the samples in a window, of those that are kept exactly. O(samples).
    #[must_use]
    pub fn summary(&self, from: Micros, to: Micros) -> Option<Summary> {
        let mut values: Vec<f64> = self
            .exact
            .iter()
            .filter(|sample| (from..=to).contains(&sample.start))
            .map(|sample| sample.last)
            .collect();
        let last = *values.last()?;
        values.sort_unstable_by(f64::total_cmp);
        Some(Summary {
            count: values.len(),
            last,
            min: values[0],
            p50: nearest_rank(&values, 50),
            p99: nearest_rank(&values, 99),
            max: values[values.len() - 1],
        })
    }

    fn fold(&mut self, sample: Bucket) {
        if self.bounds.folded == 0 {
            return;
        }
        let width = (self.bounds.age_micros / self.bounds.folded as u64).max(1);
        match self.folded.back_mut() {
            Some(group) if !sample.gap && group.start.0 / width == sample.start.0 / width => {
                group.extend(&sample);
            }
            _ => {
                if self.folded.len() == self.bounds.folded {
                    self.folded.pop_front();
                }
                self.folded.push_back(sample);
            }
        }
    }
}

/// Of values in ascending order, at least one.
fn nearest_rank(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(micros: u64) -> Micros {
        Micros(micros)
    }

    fn values(series: &Series) -> Vec<f64> {
        series.window(at(0), at(u64::MAX)).map(|bucket| bucket.last).collect()
    }

    #[test]
    fn count_and_age_are_bounded() {
        let mut series = Series::new(Bounds { exact: 3, folded: 0, age_micros: 100 });
        for time in 0..5 {
            series.push(at(time), time as f64);
        }
        assert_eq!(values(&series), [2.0, 3.0, 4.0]);
        series.push(at(103), 9.0);
        assert_eq!(values(&series), [3.0, 4.0, 9.0], "what is exactly as old as allowed stays");
        series.push(at(300), 1.0);
        assert_eq!(values(&series), [1.0]);
        assert_eq!(series.total(), 7);
    }

    #[test]
    fn a_flood_keeps_its_extremes() {
        let mut series = Series::new(Bounds { exact: 10, folded: 10, age_micros: 1000 });
        for time in 0..1000 {
            series.push(at(time), if time == 137 { 50.0 } else { (time % 7) as f64 });
        }
        let buckets: Vec<&Bucket> = series.window(at(0), at(999)).collect();
        assert_eq!(buckets.len(), 20);
        assert_eq!(buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 1000);
        assert_eq!(buckets[1].max, 50.0);
        assert_eq!((buckets[1].start, buckets[1].end), (at(100), at(199)));
    }

    #[test]
    fn a_clock_set_back_and_values_off_the_chart() {
        let mut series = Series::default();
        assert!(series.push(at(100), 1.0));
        assert!(series.push(at(50), 2.0));
        assert!(!series.push(at(200), f64::NAN));
        assert!(!series.push(at(200), f64::INFINITY));
        assert_eq!((series.newest(), series.last(), series.total()), (Some(at(100)), Some(2.0), 2));
    }

    #[test]
    fn an_interruption_marks_the_next_sample_only() {
        let mut series = Series::new(Bounds { exact: 1, folded: 100, age_micros: 100_000 });
        series.interrupt();
        for (time, interrupted) in [(0, false), (1, true), (2, false), (3, false)] {
            if interrupted {
                series.interrupt();
            }
            series.push(at(time), 0.0);
        }
        let gaps: Vec<(u64, bool)> =
            series.window(at(0), at(9)).map(|bucket| (bucket.count, bucket.gap)).collect();
        assert_eq!(gaps, [(1, false), (2, true), (1, false)], "a gap is never folded away");
    }

    #[test]
    fn looking_back() {
        let mut series = Series::new(Bounds { exact: 2, folded: 4, age_micros: 4000 });
        for time in [10, 2000, 2010, 3000] {
            series.push(at(time), time as f64);
        }
        assert_eq!(series.before(at(10)), None);
        assert_eq!(series.before(at(2000)).unwrap().last, 10.0);
        assert_eq!(series.before(at(9999)).unwrap().last, 3000.0);
        assert_eq!(series.start_of_last(1), Some(at(3000)));
        assert_eq!(series.start_of_last(50), Some(at(2010)));
        assert_eq!(Series::default().start_of_last(1), None);
    }

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut series = Series::default();
        assert_eq!(series.summary(at(0), at(99)), None);
        for value in 1..=200 {
            series.push(at(value), 201.0 - value as f64);
        }
        let summary = series.summary(at(0), at(1000)).unwrap();
        assert_eq!((summary.count, summary.p50, summary.p99), (200, 100.0, 198.0));
        assert_eq!((summary.min, summary.max, summary.last), (1.0, 200.0, 1.0));
        let one = series.summary(at(7), at(7)).unwrap();
        assert_eq!((one.count, one.p50, one.p99), (1, 194.0, 194.0));
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_list(
            steps in prop::collection::vec((0u64..50, -100i32..100, any::<bool>()), 1..300),
            exact in 1usize..40,
            age in 1u64..4000,
        ) {
            let bounds = Bounds { exact, folded: 16, age_micros: age };
            let mut series = Series::new(bounds);
            let mut list: Vec<(u64, f64)> = Vec::new();
            let mut now = 0;
            for (step, value, gap) in steps {
                now += step;
                if gap {
                    series.interrupt();
                }
                series.push(at(now), f64::from(value));
                list.push((now, f64::from(value)));
                prop_assert!(series.exact.len() <= exact && series.folded.len() <= 16);
            }
            // The newest are kept as they are.
            let kept: Vec<(u64, f64)> = series.exact.iter().map(|s| (s.start.0, s.last)).collect();
            let recent: Vec<(u64, f64)> = list.iter().copied().filter(|(time, _)| time + age >= now).collect();
            let newest = &recent[recent.len().saturating_sub(exact)..];
            prop_assert_eq!(&kept[..], newest);
            // A group is exactly the run of samples that it says.
            let mut end = list.len() - kept.len();
            for group in series.folded.iter().rev() {
                let run = &list[end - group.count as usize..end];
                prop_assert_eq!((group.start.0, group.first), run[0]);
                prop_assert_eq!((group.end.0, group.last), run[run.len() - 1]);
                let min = run.iter().map(|(_, value)| *value).fold(f64::INFINITY, f64::min);
                let max = run.iter().map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max);
                prop_assert_eq!((group.min, group.max), (min, max));
                end -= run.len();
            }
            // Percentiles agree with sorting.
            let mut sorted: Vec<f64> = kept.iter().map(|(_, value)| *value).collect();
            sorted.sort_by(f64::total_cmp);
            let summary = series.summary(at(0), at(now)).unwrap();
            let below = |limit: f64| sorted.iter().filter(|value| **value <= limit).count();
            prop_assert!(below(summary.p50) * 2 >= sorted.len());
            prop_assert!(below(summary.p99) * 100 >= sorted.len() * 99);
            prop_assert_eq!((summary.min, summary.max), (sorted[0], sorted[sorted.len() - 1]));
        }
    }
}
