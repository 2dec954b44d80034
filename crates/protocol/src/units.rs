//! Times, sizes, rates and chances as people write them in a URL, and back.
//!
//! Whatever is written by this module is read by it as the same value.

use std::fmt;
use std::num::NonZeroU64;
use std::time::Duration;

/// The longest time that can be asked for.
pub const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Units of time and their microseconds, the longest first.
const TIME_UNITS: [(&str, u64); 5] =
    [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];
/// Units of size and their bytes, in the order in which they are preferred for writing.
const SIZE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];
/// A certainty, in parts per million.
const CERTAIN: u32 = 1_000_000;

/// How likely something is, to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chance(u32);

/// From the shorter time to the longer one, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeRange {
    min: Duration,
    max: Duration,
}

/// How much may pass within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// Bytes of payload.
    Bytes(NonZeroU64),
    /// Messages of any size.
    Messages(NonZeroU64),
}

/// How far a connection has to have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// So many messages.
    Messages(u64),
    /// So many bytes of payload.
    Bytes(u64),
    /// So long after it opened.
    Time(Duration),
}

/// Reads a time with its unit: `us`, `ms`, `s`, `m` or `h`, to the microsecond, at most [`MAX_TIME`].
#[must_use]
pub fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    // Alone it is the same in every unit.
    let micros = if text == "0" { 0 } else { scaled(number, lookup(&TIME_UNITS, unit)?)? };
    Some(Duration::from_micros(micros)).filter(|time| *time <= MAX_TIME)
}

/// Writes a time in the longest unit in which it is a whole number.
#[must_use]
pub fn write_time(time: Duration) -> String {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    write_in(&TIME_UNITS, micros).unwrap_or_else(|| "0s".to_owned())
}

/// Reads a size in bytes: a number, with `B`, `kB`, `MB`, `GB` or `KiB`, `MiB`, `GiB`. The case of letters doesn't matter.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    match split_unit(text) {
        (number, "") => scaled(number, 1),
        _ => parse_size_with_unit(text),
    }
}

/// Writes a size in the largest unit in which it is a whole number.
#[must_use]
pub fn write_size(bytes: u64) -> String {
    write_in(&SIZE_UNITS, bytes).unwrap_or_else(|| "0B".to_owned())
}

impl Chance {
    /// Always.
    pub const ALWAYS: Chance = Chance(CERTAIN);

    /// Reads a percentage: `10%`, `0.5%` or `10`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Chance> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let parts = scaled(number, u64::from(CERTAIN) / 100)?;
        u32::try_from(parts).ok().filter(|parts| *parts <= CERTAIN).map(Chance)
    }

    /// In parts per million.
    #[must_use]
    pub const fn per_million(self) -> u32 {
        self.0
    }

    /// Draws: whether it happens this time.
    pub fn draw(self, rng: &mut fastrand::Rng) -> bool {
        rng.u32(..CERTAIN) < self.0
    }
}

impl TimeRange {
    /// Always the same time.
    #[must_use]
    pub const fn fixed(time: Duration) -> TimeRange {
        TimeRange { min: time, max: time }
    }

    /// Reads `200ms`, the range `50..200ms`, or `200ms~50ms`: a time and how much it varies both ways.
    #[must_use]
    pub fn parse(text: &str) -> Option<TimeRange> {
        if let Some((middle, jitter)) = text.split_once('~') {
            let (middle, jitter) = (parse_time(middle)?, parse_time(jitter)?);
            let range = TimeRange { min: middle.saturating_sub(jitter), max: middle + jitter };
            return Some(range).filter(|range| range.max <= MAX_TIME);
        }
        let Some((low, high)) = text.split_once("..") else {
            return parse_time(text).map(TimeRange::fixed);
        };
        let max = parse_time(high)?;
        // The lower end may borrow the upper one's unit.
        let min = match split_unit(low) {
            (number, "") => scaled(number, lookup(&TIME_UNITS, split_unit(high).1).unwrap_or(1))
                .map(Duration::from_micros)?,
            _ => parse_time(low)?,
        };
        (min <= max).then_some(TimeRange { min, max })
    }

    /// The shortest.
    #[must_use]
    pub const fn min(self) -> Duration {
        self.min
    }

    /// The longest.
    #[must_use]
    pub const fn max(self) -> Duration {
        self.max
    }

    /// Draws a time, uniformly to the microsecond. A fixed one takes nothing from the generator.
    pub fn draw(self, rng: &mut fastrand::Rng) -> Duration {
        if self.min == self.max {
            return self.min;
        }
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(rng.u64(micros(self.min)..=micros(self.max)))
    }
}

impl Rate {
    /// Reads `100msg/s` or `64KiB/s`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Rate> {
        let amount = text.strip_suffix("/s")?;
        match amount.strip_suffix("msg") {
            Some(number) => NonZeroU64::new(scaled(number, 1)?).map(Rate::Messages),
            None => NonZeroU64::new(parse_size_with_unit(amount)?).map(Rate::Bytes),
        }
    }

    /// How long a message of so many bytes takes.
    #[must_use]
    pub fn time_for(self, bytes: usize) -> Duration {
        let (amount, per_second) = match self {
            Rate::Bytes(rate) => (bytes as u64, rate),
            Rate::Messages(rate) => (1, rate),
        };
        Duration::from_micros(amount.saturating_mul(1_000_000).div_ceil(per_second.get()))
    }
}

impl Progress {
    /// Reads a number of messages (`3msg` or `3`), a size with its unit (`10KiB`) or a time with its unit (`2s`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Progress> {
        let number = text.strip_suffix("msg").unwrap_or(text);
        if let Some(messages) = scaled(number, 1) {
            return Some(Progress::Messages(messages));
        }
        let bytes = || parse_size_with_unit(text).map(Progress::Bytes);
        parse_time(text).map(Progress::Time).or_else(bytes)
    }
}

impl fmt::Display for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = CERTAIN / 100;
        let (whole, rest) = (self.0 / one, self.0 % one);
        if rest == 0 {
            write!(f, "{whole}%")
        } else {
            write!(f, "{whole}.{}%", format!("{rest:04}").trim_end_matches('0'))
        }
    }
}

impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min != self.max {
            write!(f, "{}..", write_time(self.min))?;
        }
        f.write_str(&write_time(self.max))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rate::Bytes(rate) => write!(f, "{}/s", write_size(rate.get())),
            Rate::Messages(rate) => write!(f, "{rate}msg/s"),
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Progress::Messages(messages) => write!(f, "{messages}msg"),
            Progress::Bytes(bytes) => f.write_str(&write_size(*bytes)),
            Progress::Time(time) => f.write_str(&write_time(*time)),
        }
    }
}

/// Reads a decimal number that `factor` makes whole, and gives it times that.
pub(crate) fn parse_decimal(text: &str, factor: u64) -> Option<u64> {
    scaled(text, factor)
}

fn parse_size_with_unit(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text);
    scaled(number, lookup(&SIZE_UNITS, unit)?)
}

/// The number in front and the unit behind it.
fn split_unit(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count())
}

fn lookup(units: &[(&str, u64)], unit: &str) -> Option<u64> {
    units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor)
}

/// `factor` times a decimal number, where that is whole.
fn scaled(number: &str, factor: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || (number.contains('.') && !digits(fraction)) {
        return None;
    }
    // More digits than this are no part of a microsecond or a byte.
    let places = u32::try_from(fraction.len()).ok().filter(|places| *places <= 12)?;
    let one = 10_u128.pow(places);
    let number = format!("{whole}{fraction}").parse::<u128>().ok()?.checked_mul(factor.into())?;
    number.is_multiple_of(one).then(|| u64::try_from(number / one).ok()).flatten()
}

fn write_in(units: &[(&str, u64)], amount: u64) -> Option<String> {
    let fits = |(_, factor): &&(&str, u64)| amount >= *factor && amount.is_multiple_of(*factor);
    units.iter().find(fits).map(|(unit, factor)| format!("{}{unit}", amount / factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn times_have_units() {
        for (text, time) in [
            ("0", 0),
            ("0ms", 0),
            ("50ms", 50),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("1m", 60_000),
            ("24h", 86_400_000),
            ("3000us", 3),
        ] {
            assert_eq!(parse_time(text), Some(millis(time)), "{text}");
        }
        for text in
            ["", "5", "s", "-1s", "1 s", "1.s", ".5s", "1.5us", "25h", "1d", "99999999999999999999s", "1..2s"]
        {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_share_a_unit_and_jitter_stays_above_zero() {
        let range = |min, max| Some(TimeRange { min: millis(min), max: millis(max) });
        for (text, parsed) in [
            ("200ms", range(200, 200)),
            ("50..200ms", range(50, 200)),
            ("50ms..2s", range(50, 2_000)),
            ("0..1s", range(0, 1_000)),
            ("100ms~20ms", range(80, 120)),
            ("100ms~1s", range(0, 1_100)),
            ("200..50ms", None),
            ("50ms..", None),
            ("..50ms", None),
            ("24h~1s", None),
        ] {
            assert_eq!(TimeRange::parse(text), parsed, "{text}");
        }
    }

    #[test]
    fn sizes_rates_chances_and_progress_have_units() {
        for (text, size) in [("512", 512), ("4KiB", 4096), ("4kb", 4000), ("1.5MiB", 3 << 19), ("0B", 0)] {
            assert_eq!(parse_size(text), Some(size), "{text}");
        }
        for text in ["", "KiB", "-1", "1TiB", "0.3B", "1e3"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        let some = |number| NonZeroU64::new(number).unwrap();
        assert_eq!(Rate::parse("100msg/s"), Some(Rate::Messages(some(100))));
        assert_eq!(Rate::parse("4KiB/s"), Some(Rate::Bytes(some(4096))));
        for text in ["100", "100/s", "0msg/s", "0B/s", "1msg", "1msg/m", "msg/s"] {
            assert_eq!(Rate::parse(text), None, "{text}");
        }
        assert_eq!(Chance::parse("10%"), Some(Chance(100_000)));
        assert_eq!(Chance::parse("0.5"), Some(Chance(5_000)));
        assert_eq!(Chance::parse("100%"), Some(Chance::ALWAYS));
        for text in ["", "%", "101%", "-1%", "0.00001%", "ten"] {
            assert_eq!(Chance::parse(text), None, "{text}");
        }
        assert_eq!(Progress::parse("3"), Some(Progress::Messages(3)));
        assert_eq!(Progress::parse("3msg"), Some(Progress::Messages(3)));
        assert_eq!(Progress::parse("10m"), Some(Progress::Time(millis(600_000))));
        assert_eq!(Progress::parse("10MB"), Some(Progress::Bytes(10_000_000)));
        assert_eq!(Progress::parse("ten"), None);
    }

    #[test]
    fn a_rate_says_how_long_a_message_takes() {
        assert_eq!(Rate::parse("100msg/s").unwrap().time_for(5_000), millis(10));
        assert_eq!(Rate::parse("1kB/s").unwrap().time_for(500), millis(500));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(micros in 0_u64..=86_400_000_000, more in 0_u64..1_000_000, size: u64, parts in 0_u32..=CERTAIN) {
            let time = Duration::from_micros(micros);
            prop_assert_eq!(parse_time(&write_time(time)), Some(time));
            let range = TimeRange { min: time, max: (time + Duration::from_micros(more)).min(MAX_TIME) };
            prop_assert_eq!(TimeRange::parse(&range.to_string()), Some(range));
            prop_assert_eq!(parse_size(&write_size(size)), Some(size));
            prop_assert_eq!(Chance::parse(&Chance(parts).to_string()), Some(Chance(parts)));
            for progress in [Progress::Messages(size), Progress::Bytes(size), Progress::Time(time)] {
                prop_assert_eq!(Progress::parse(&progress.to_string()), Some(progress));
            }
            if let Some(rate) = NonZeroU64::new(size) {
                for rate in [Rate::Bytes(rate), Rate::Messages(rate)] {
                    prop_assert_eq!(Rate::parse(&rate.to_string()), Some(rate));
                }
            }
        }

        #[test]
        fn no_text_is_too_odd(text in ".{0,12}") {
            let _ = (parse_time(&text), TimeRange::parse(&text), parse_size(&text), Rate::parse(&text));
            let _ = (Chance::parse(&text), Progress::parse(&text));
        }

        #[test]
        fn draws_lie_in_the_range(low in 0_u64..1000, more in 0_u64..1000, seed: u64) {
            let range = TimeRange { min: millis(low), max: millis(low + more) };
            let drawn = range.draw(&mut fastrand::Rng::with_seed(seed));
            prop_assert!(range.min() <= drawn && drawn <= range.max());
        }
    }
}
