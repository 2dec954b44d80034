use super::{Bucket, Series};
use crate::time::Micros;

/// What one column of pixels shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Which column, from the left.
    pub x: usize,
    /// The samples that fall into it. A group of samples is drawn where it starts.
    pub bucket: Bucket,
}

/// A window of a series at the width it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// The columns that have samples, from left to right.
    pub columns: Vec<Column>,
    /// Where the line comes in from the left: how many columns before the first (a negative fraction), and the
    /// value there. Nothing if it begins inside the window or after an interruption.
    pub lead_in: Option<(f64, f64)>,
    /// Least and greatest value in the window.
    pub range: Option<(f64, f64)>,
}

impl Columns {
    /// The column with samples that is nearest to `x`, if any is at most `reach` columns away.
    #[must_use]
    pub fn nearest(&self, x: usize, reach: usize) -> Option<&Column> {
        let right = self.columns.partition_point(|column| column.x < x);
        let candidates = self.columns[right.saturating_sub(1)..].iter().take(2);
        candidates.min_by_key(|column| column.x.abs_diff(x)).filter(|column| column.x.abs_diff(x) <= reach)
    }
}

/// Reduces a window to `width` columns with the first, last, least and greatest value of each, so that no spike is
/// lost. At most `width` columns come out, whatever goes in.
#[must_use]
pub fn columns(series: &Series, from: Micros, to: Micros, width: usize) -> Columns {
    let mut result = Columns::default();
    let duration = to.0.saturating_sub(from.0);
    if width == 0 || duration == 0 {
        return result;
    }
    let scale = width as f64 / duration as f64;
    for bucket in series.window(from, to) {
        // A group that began before the window counts for its first column.
        let x = ((bucket.start.0.saturating_sub(from.0) as f64 * scale) as usize).min(width - 1);
        let range = result.range.get_or_insert((bucket.min, bucket.max));
        *range = (range.0.min(bucket.min), range.1.max(bucket.max));
        match result.columns.last_mut() {
            Some(column) if column.x == x => column.bucket.extend(bucket),
            _ => result.columns.push(Column { x, bucket: *bucket }),
        }
    }
    let begins = result.columns.first().is_none_or(|column| column.bucket.gap);
    if !begins && let Some(before) = series.before(from) {
        result.lead_in = Some(((from.0 - before.end.0) as f64 * -scale, before.last));
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Bounds;
    use super::*;

    fn series(samples: &[(u64, f64)]) -> Series {
        let mut series = Series::default();
        for (time, value) in samples {
            series.push(Micros(*time), *value);
        }
        series
    }

    fn shape(columns: &Columns) -> Vec<(usize, f64, f64, f64, f64)> {
        let shape = |c: &Column| (c.x, c.bucket.first, c.bucket.min, c.bucket.max, c.bucket.last);
        columns.columns.iter().map(shape).collect()
    }

    #[test]
    fn a_column_keeps_its_spike() {
        let series = series(&[(100, 5.0), (101, 99.0), (102, -3.0), (109, 6.0), (150, 7.0), (199, 8.0)]);
        let columns = columns(&series, Micros(100), Micros(200), 10);
        assert_eq!(
            shape(&columns),
            [(0, 5.0, -3.0, 99.0, 6.0), (5, 7.0, 7.0, 7.0, 7.0), (9, 8.0, 8.0, 8.0, 8.0)]
        );
        assert_eq!(columns.range, Some((-3.0, 99.0)));
        assert_eq!(columns.lead_in, None);
    }

    #[test]
    fn the_line_comes_in_from_the_left_unless_interrupted() {
        let mut series = series(&[(50, 1.0), (150, 2.0)]);
        assert_eq!(columns(&series, Micros(100), Micros(200), 100).lead_in, Some((-50.0, 1.0)));
        series.interrupt();
        series.push(Micros(250), 3.0);
        assert_eq!(columns(&series, Micros(200), Micros(300), 100).lead_in, None);
        assert_eq!(columns(&series, Micros(300), Micros(400), 100), Columns::default());
    }

    #[test]
    fn nothing_fits_into_nothing() {
        let series = series(&[(1, 1.0)]);
        assert_eq!(columns(&series, Micros(0), Micros(10), 0), Columns::default());
        assert_eq!(columns(&series, Micros(10), Micros(10), 10), Columns::default());
        assert_eq!(columns(&series, Micros(10), Micros(0), 10), Columns::default());
    }

    #[test]
    fn the_nearest_column_within_reach() {
        let columns = columns(&series(&[(10, 1.0), (20, 2.0)]), Micros(0), Micros(100), 100);
        let nearest = |x, reach| columns.nearest(x, reach).map(|column| column.x);
        assert_eq!(
            [nearest(0, 10), nearest(14, 9), nearest(16, 9), nearest(99, 79)].map(Option::unwrap),
            [10, 10, 20, 20]
        );
        assert_eq!(
            [nearest(0, 9), nearest(99, 78), Columns::default().nearest(5, 99).map(|c| c.x)],
            [None; 3]
        );
    }

    proptest! {
        #[test]
        fn agrees_with_looking_at_every_sample(
            steps in prop::collection::vec((0u64..40, -50i32..50), 0..200),
            from in 0u64..2000,
            duration in 1u64..3000,
            width in 1usize..60,
        ) {
            let mut series = Series::new(Bounds { exact: 1000, folded: 0, age_micros: u64::MAX });
            let mut list = Vec::new();
            let mut now = 0;
            for (step, value) in steps {
                now += step;
                series.push(Micros(now), f64::from(value));
                list.push((now, f64::from(value)));
            }
            let to = from + duration;
            let found = columns(&series, Micros(from), Micros(to), width);
            let mut naive: Vec<(usize, f64, f64, f64, f64)> = Vec::new();
            for x in 0..width {
                let here: Vec<f64> = list
                    .iter()
                    .filter(|(time, _)| (from..=to).contains(time))
                    .filter(|(time, _)| {
                        let position = (time - from) as f64 * (width as f64 / duration as f64);
                        (position as usize).min(width - 1) == x
                    })
                    .map(|(_, value)| *value)
                    .collect();
                if let (Some(first), Some(last)) = (here.first(), here.last()) {
                    let min = here.iter().copied().fold(f64::INFINITY, f64::min);
                    let max = here.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    naive.push((x, *first, min, max, *last));
                }
            }
            prop_assert_eq!(shape(&found), naive);
        }
    }
}
