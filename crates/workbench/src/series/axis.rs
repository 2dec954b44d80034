use crate::decimal;

/// Seconds that a time axis may be divided by.
const TIME_STEPS: [u64; 13] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/// More lines than this are never drawn.
const MAX_TICKS: f64 = 50.0;

/// A value axis with round numbers at its ends and in between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The value at the bottom.
    pub low: f64,
    /// The value at the top, greater than `low`.
    pub high: f64,
    /// Between two marks.
    pub step: f64,
}

impl Axis {
    /// An axis on which all from `min` to `max` (finite) has room, with about `steps` steps. A single value gets
    /// some room on both sides.
    #[must_use]
    pub fn around(min: f64, max: f64, steps: usize) -> Self {
        let (mut low, mut high) = if min <= max { (min, max) } else { (max, min) };
        if high - low <= high.abs().max(low.abs()) * 1e-12 {
            let room = if high == 0.0 { 1.0 } else { high.abs() * 0.05 };
            low -= room;
            high += room;
        }
        // Halves, because the difference of two finite numbers may be infinite.
        let rough = (high / 2.0 - low / 2.0) / steps.max(1) as f64 * 2.0;
        let magnitude = 10f64.powi(decimal::exponent(rough));
        let ratio = rough / magnitude;
        let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| ratio <= *factor).unwrap_or(10.0);
        let step = factor * magnitude;
        let (round_low, round_high) = ((low / step).floor() * step, (high / step).ceil() * step);
        let usable = step > 0.0 && round_low.is_finite() && round_high.is_finite() && round_low < round_high;
        if usable {
            Self { low: round_low, high: round_high, step }
        } else {
            Self { low, high, step: high / 2.0 - low / 2.0 }
        }
    }

    /// The values with a mark, from the bottom up.
    pub fn ticks(&self) -> impl Iterator<Item = f64> {
        let Self { low, high, step } = *self;
        let count = ((high / step) - (low / step)).round().clamp(0.0, MAX_TICKS) as u32;
        (0..=count).map(move |index| f64::from(index) * step + low)
    }

    /// How far up a value lies: 0 at the bottom, 1 at the top.
    #[must_use]
    pub fn position(&self, value: f64) -> f64 {
        (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
    }

    /// A value with as many decimals as tell one mark from the next, or `extra` more.
    #[must_use]
    pub fn label(&self, value: f64, extra: usize) -> String {
        let greatest = self.low.abs().max(self.high.abs());
        if !(1e-6..1e15).contains(&greatest) {
            // Steps add up to something that is nearly zero.
            if value.abs() < self.step.abs() * 1e-9 {
                return "0".to_owned();
            }
            let text = decimal::scientific(value, 2 + extra);
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let digits = if digits.contains('.') {
                digits.trim_end_matches('0').trim_end_matches('.')
            } else {
                digits
            };
            return format!("{digits}e{exponent}");
        }
        let decimals = (-decimal::exponent(self.step)).clamp(0, 12) as usize + extra;
        let text = decimal::fixed(value, decimals);
        let is_zero = text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.'));
        if is_zero { text.trim_start_matches('-').to_owned() } else { text }
    }
}

/// Seconds between two marks of a time axis of `seconds` seconds with at most `marks` marks.
#[must_use]
pub fn time_step(seconds: u64, marks: u64) -> u64 {
    let enough = |step: &u64| seconds / step <= marks.max(1);
    TIME_STEPS.into_iter().find(enough).unwrap_or_else(|| (seconds / marks.max(1)).div_ceil(3600) * 3600)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marks(min: f64, max: f64, steps: usize) -> Vec<String> {
        let axis = Axis::around(min, max, steps);
        axis.ticks().map(|value| axis.label(value, 0)).collect()
    }

    #[test]
    fn marks_are_round_numbers() {
        assert_eq!(marks(0.0, 9.3, 4), ["0", "5", "10"]);
        assert_eq!(marks(101.2, 101.7, 5), ["101.2", "101.3", "101.4", "101.5", "101.6", "101.7"]);
        assert_eq!(marks(-3.0, 3.0, 3), ["-4", "-2", "0", "2", "4"]);
        assert_eq!(marks(5.0, 5.0, 2), ["4.5", "5.0", "5.5"]);
        assert_eq!(marks(0.0, 0.0, 2), ["-1", "0", "1"]);
        assert_eq!(marks(0.0, 2e15, 2), ["0", "1e15", "2e15"]);
    }

    #[test]
    fn labels_take_more_decimals_and_no_negative_zero() {
        let axis = Axis::around(-1.0, 1.0, 4);
        assert_eq!(axis.label(-0.04, 0), "0.0");
        assert_eq!(axis.label(-0.04, 1), "-0.04");
        assert_eq!(marks(-2e15, 2e15, 4), ["-2e15", "-1e15", "0", "1e15", "2e15"]);
        assert_eq!(marks(1e-9, 4e-9, 3), ["1e-9", "2e-9", "3e-9", "4e-9"]);
        assert_eq!(marks(-0.0, -0.0, 2), ["-1", "0", "1"]);
    }

    #[test]
    fn time_is_divided_as_clocks_do() {
        assert_eq!(
            [time_step(60, 4), time_step(300, 5), time_step(900, 5), time_step(7, 4)],
            [15, 60, 300, 2]
        );
        assert_eq!(time_step(90_000, 5), 18_000);
    }

    proptest! {
        #[test]
        fn everything_has_room(a in any::<f64>(), b in any::<f64>(), steps in 1usize..12) {
            prop_assume!(a.is_finite() && b.is_finite());
            let axis = Axis::around(a, b, steps);
            prop_assert!(axis.low < axis.high, "{axis:?}");
            for value in [a, b] {
                let position = axis.position(value);
                prop_assert!((-1e-9..=1.0 + 1e-9).contains(&position), "{value} at {position} of {axis:?}");
            }
            prop_assert!((1..=51).contains(&axis.ticks().count()));
        }
    }
}
