//! How a price went: the latest samples of it.

/// So many samples are kept.
pub const SAMPLES: usize = 120;

/// The latest [`SAMPLES`] of a price, in hundredths. Where there was none the line is broken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    /// A ring, once it is full.
    samples: Vec<i32>,
    /// The oldest.
    start: usize,
}

/// No price: nobody knows what it was.
const NONE: i32 = i32::MIN;

impl Trail {
    /// Another sample; `None` where the price is not known.
    pub fn push(&mut self, price: Option<i32>) {
        let sample = price.unwrap_or(NONE);
        if self.samples.len() < SAMPLES {
            self.samples.push(sample);
        } else {
            self.samples[self.start] = sample;
            self.start = (self.start + 1) % SAMPLES;
        }
    }

    /// The samples, the oldest first.
    pub fn samples(&self) -> impl Iterator<Item = Option<i32>> {
        let (latest, oldest) = self.samples.split_at(self.start);
        oldest.iter().chain(latest).map(|sample| Some(*sample).filter(|sample| *sample != NONE))
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
}
