//! How a price went: the latest samples of it.

use std::fmt::Write as _;

/// So many samples are kept.
pub const SAMPLES: usize = 120;

/// The latest [`SAMPLES`] of a price, in hundredths. Where there was none the line is broken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    /// A ring, once it is full.
    samples: Vec<i32>,
    /// The oldest.
    start: usize,
    /// Samples that ever were.
    ever: u32,
}

/// No price: nobody knows what it was.
const NONE: i32 = i32::MIN;

impl Trail {
    /// Another sample; `None` where the price is not known.
    pub fn push(&mut self, price: Option<i32>) {
        self.ever = self.ever.wrapping_add(1);
        let sample = price.unwrap_or(NONE);
        if self.samples.len() < SAMPLES {
            self.samples.push(sample);
        } else {
            self.samples[self.start] = sample;
            self.start = (self.start + 1) % SAMPLES;
        }
    }

    /// A number that is another after each [`push`](Trail::push): who drew the trail knows by it whether it still is so.
    pub fn version(&self) -> u32 {
        self.ever
    }

    /// The samples, the oldest first.
    pub fn samples(&self) -> impl Iterator<Item = Option<i32>> {
        let (latest, oldest) = self.samples.split_at(self.start);
        oldest.iter().chain(latest).map(|sample| Some(*sample).filter(|sample| *sample != NONE))
    }

    /// A line through the samples as an SVG path: [`SAMPLES`] − 1 wide with the latest at the right end, `height` high.
    pub fn path(&self, height: u16) -> String {
        let (low, high) = self.range().unwrap_or_default();
        let (span, height) = (i64::from(high) - i64::from(low), i64::from(height));
        let indent = SAMPLES - self.samples.len();
        let mut path = String::new();
        let mut command = 'M';
        for (place, sample) in self.samples().enumerate() {
            let Some(sample) = sample else {
                command = 'M';
                continue;
            };
            // In tenths, rounded down. A price that stands still is at the bottom.
            let tenths = height * 10 - (i64::from(sample) - i64::from(low)) * height * 10 / span.max(1);
            // Writing to a string can't fail.
            let _ = write!(path, "{command}{} {}.{}", indent + place, tenths / 10, tenths % 10);
            command = 'L';
        }
        path
    }

    /// The lowest and the highest.
    pub fn range(&self) -> Option<(i32, i32)> {
        let mut known = self.samples().flatten();
        let first = known.next()?;
        Some(known.fold((first, first), |(low, high), price| (low.min(price), high.max(price))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_samples_are_kept_in_order() {
        let mut trail = Trail::default();
        assert_eq!(trail.range(), None);
        for price in 0..SAMPLES as i32 + 3 {
            trail.push(Some(price).filter(|price| *price != 5));
        }
        let samples: Vec<_> = trail.samples().collect();
        assert_eq!(samples.len(), SAMPLES);
        assert_eq!((samples[0], samples[2], samples[SAMPLES - 1]), (Some(3), None, Some(SAMPLES as i32 + 2)));
        assert_eq!(trail.range(), Some((3, SAMPLES as i32 + 2)));
    }
    #[test]
    fn the_path_ends_at_the_right_and_breaks_where_nothing_is_known() {
        let mut trail = Trail::default();
        assert_eq!((trail.path(20), trail.version()), (String::new(), 0));
        for price in [Some(100), Some(300), None, Some(201)] {
            trail.push(price);
        }
        assert_eq!((trail.path(20).as_str(), trail.version()), ("M116 20.0L117 0.0M119 9.9", 4));
        let mut still = Trail::default();
        still.push(Some(5));
        still.push(Some(5));
        assert_eq!(still.path(20), "M118 20.0L119 20.0");
    }
}
