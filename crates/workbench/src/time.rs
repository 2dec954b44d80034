//! Instants and durations as the log keeps and shows them.
//!
//! The crate reads no clock. The page turns `performance.timeOrigin + performance.now()` into a [`Micros`]
//! with [`Micros::from_millis`] and passes it in.

use std::fmt::Write as _;

use crate::decimal;

/// Microseconds of a day without a change of the clocks.
pub const DAY_MICROS: u64 = 86_400_000_000;

const DAY: u64 = DAY_MICROS;

/// A place's clock: the minutes it is east of Greenwich at an instant (the negative of JavaScript's
/// `getTimezoneOffset()` of that date, which differs between summer and winter).
pub type Zone = fn(Micros) -> i32;

/// The zone of Greenwich.
pub const UTC: Zone = |_| 0;

/// An instant: microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    /// From JavaScript's milliseconds since the epoch, rounded to a microsecond. Negative and non-finite
    /// values become the epoch.
    #[must_use]
    pub fn from_millis(millis: f64) -> Self {
        // A float to integer cast saturates and maps NaN to zero.
        Self((millis * 1000.0).round() as u64)
    }

    /// Reads seconds since the epoch as HAR files hold them, exactly: a float of this size would be off by a
    /// microsecond. Digits beyond the microsecond are rounded.
    #[must_use]
    pub fn parse_seconds(text: &str) -> Option<Self> {
        parse_exactly(text, 6)
    }

    /// Reads milliseconds since the epoch as our own files hold them, as [`Micros::parse_seconds`] does.
    #[must_use]
    pub fn parse_millis(text: &str) -> Option<Self> {
        parse_exactly(text, 3)
    }

    /// Milliseconds since the epoch, as JavaScript counts them.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Signed microseconds from `earlier` to `self`.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        i64::try_from(i128::from(self.0) - i128::from(earlier.0)).unwrap_or(i64::MAX)
    }

    /// `HH:MM:SS.mmm` at a place.
    #[must_use]
    pub fn clock(self, zone: Zone) -> String {
        let of_day = self.of_day(zone);
        let (s, ms) = (of_day / 1_000_000, of_day / 1000 % 1000);
        format!("{:02}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
    }

    /// `YYYY-MM-DD` at a place.
    #[must_use]
    pub fn date(self, zone: Zone) -> String {
        let (year, month, day) = civil(self.local(zone).div_euclid(DAY as i64));
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Microseconds since midnight, as the clock of a place shows it.
    #[must_use]
    pub fn of_day(self, zone: Zone) -> u64 {
        self.local(zone).rem_euclid(DAY as i64) as u64
    }

    /// ISO 8601 in UTC with microseconds when there are any: `2024-05-01T12:00:00.250Z`.
    #[must_use]
    pub fn iso(self) -> String {
        let mut out = format!("{}T{}", self.date(UTC), self.clock(UTC));
        if !self.0.is_multiple_of(1000) {
            let _ = write!(out, "{:03}", self.0 % 1000);
        }
        out.push('Z');
        out
    }

    /// Reads an ISO 8601 date and time: `2024-05-01T12:00:00.123456Z`, with `Z`, `+08:00` or nothing (UTC)
    /// at the end. Digits beyond the microsecond are ignored. `None` if it is anything else.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        Self::parse_iso_at(text, UTC)
    }

    /// As [`Micros::parse_iso`]; a time with nothing at the end is that of a place.
    #[must_use]
    pub fn parse_iso_at(text: &str, zone: Zone) -> Option<Self> {
        let (date, rest) = text.split_once(['T', 't', ' '])?;
        let midnight = parse_date(date)?;
        let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
        let (clock, offset) = rest.split_at(zone_at);
        let local = midnight + parse_clock(clock)? as i64;
        let offset_minutes = match offset {
            "" => return at_place(local, zone),
            "Z" | "z" => 0,
            _ => {
                let (h, m) = offset[1..]
                    .split_once(':')
                    .unwrap_or_else(|| offset[1..].split_at(2.min(offset.len() - 1)));
                let minutes = digits(h, 2)? * 60 + if m.is_empty() { 0 } else { digits(m, 2)? };
                if offset.starts_with('-') { -minutes } else { minutes }
            }
        };
        u64::try_from(local - offset_minutes * 60_000_000).ok().map(Self)
    }

    /// Reads a date, `2024-05-01`: the instant at which the day begins at a place.
    #[must_use]
    pub fn parse_day(text: &str, zone: Zone) -> Option<Self> {
        at_place(parse_date(text)?, zone)
    }

    /// The start of the day that holds this instant at a place.
    #[must_use]
    pub fn day_start(self, zone: Zone) -> Self {
        let local = self.local(zone);
        at_place(local - local.rem_euclid(DAY as i64), zone).unwrap_or_default()
    }

    fn local(self, zone: Zone) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX / 2) + i64::from(zone(self)) * 60_000_000
    }
}

/// The instant at which the clocks of a place show a time, given as microseconds since 1970-01-01T00:00 there. A time
/// that a change of the clocks leaves out is taken for the instant of the change or near it.
fn at_place(local: i64, zone: Zone) -> Option<Micros> {
    let guess = |offset: i32| u64::try_from(local - i64::from(offset) * 60_000_000).ok().map(Micros);
    let first = guess(zone(Micros(local.max(0) as u64)))?;
    guess(zone(first))
}

/// Microseconds from 1970-01-01 to the beginning of `YYYY-MM-DD`, in UTC.
fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year: i64 = digits(parts.next()?, 4)?;
    let month: i64 = digits(parts.next()?, 2)?;
    let day: i64 = digits(parts.next()?, 2)?;
    let in_range = parts.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day);
    in_range.then(|| days(year, month, day) * DAY as i64)
}

/// Reads a number whose unit is ten to the power of `places` microseconds.
fn parse_exactly(text: &str, places: usize) -> Option<Micros> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let unit = 10_u64.pow(places as u32);
    if !digits(whole) || !digits(fraction) {
        return decimal::parse(text).map(|number| Micros::from_millis(number * unit as f64 / 1000.0));
    }
    let tenths = fraction.bytes().chain(std::iter::repeat(b'0')).take(places + 1);
    let tenths = tenths.fold(0, |n, digit| n * 10 + u64::from(digit - b'0'));
    let micros = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    micros.checked_add((tenths + 5) / 10).map(Micros)
}

/// Microseconds of the day of `HH:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
#[must_use]
pub fn parse_clock(text: &str) -> Option<u64> {
    let (hms, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = hms.split(':');
    let h: i64 = digits(parts.next()?, 2)?;
    let m: i64 = digits(parts.next()?, 2)?;
    let s: i64 = parts.next().map_or(Some(0), |s| digits(s, 2))?;
    if parts.next().is_some() || h > 23 || m > 59 || s > 60 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros =
        fraction.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |n, b| n * 10 + u64::from(b - b'0'));
    Some((h * 3600 + m * 60 + s) as u64 * 1_000_000 + micros)
}

/// A duration for people: `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`, `3 h 20 min`; negative ones with `−`.
#[must_use]
pub fn duration(micros: i64) -> String {
    let sign = if micros < 0 { "−" } else { "" };
    let us = micros.unsigned_abs();
    match us {
        0 => "0 ms".to_owned(),
        1..10_000 => format!("{sign}{}.{} ms", us / 1000, us % 1000 / 100),
        10_000..1_000_000 => format!("{sign}{} ms", us / 1000),
        1_000_000..60_000_000 => format!("{sign}{}.{} s", us / 1_000_000, us / 100_000 % 10),
        60_000_000..3_600_000_000 => format!("{sign}{} min {} s", us / 60_000_000, us / 1_000_000 % 60),
        _ => format!("{sign}{} h {} min", us / 3_600_000_000, us / 60_000_000 % 60),
    }
}

fn digits(text: &str, width: usize) -> Option<i64> {
    (text.len() == width && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days since the epoch of a date of the proleptic Gregorian calendar (Howard Hinnant's algorithm).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * of_year + 2) / 153;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, of_year - (153 * m + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_round_trips_with_and_without_microseconds() {
        for (micros, iso) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_709_210_096_123_000, "2024-02-29T12:34:56.123Z"),
            (1_709_210_096_123_456, "2024-02-29T12:34:56.123456Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
        ] {
            assert_eq!(Micros(micros).iso(), iso);
            assert_eq!(Micros::parse_iso(iso), Some(Micros(micros)));
        }
        assert_eq!(Micros::parse_iso("2024-02-29T20:34:56.123+08:00"), Some(Micros(1_709_210_096_123_000)));
        for bad in ["", "2024-02-29", "2024-13-01T00:00Z", "2024-01-01T25:00Z", "2024-01-01T00:00+é", "x"] {
            assert_eq!(Micros::parse_iso(bad), None, "{bad}");
        }
    }

    #[test]
    fn seconds_are_exact() {
        for (text, micros) in [
            ("3434908906.485564", Some(3_434_908_906_485_564)),
            ("1714564800", Some(1_714_564_800_000_000)),
            ("1714564800.50012345", Some(1_714_564_800_500_123)),
            ("1.9999996", Some(2_000_000)),
            ("1.5e3", Some(1_500_000_000)),
            ("-1", Some(0)),
            ("x", None),
        ] {
            assert_eq!(Micros::parse_seconds(text).map(|t| t.0), micros, "{text}");
        }
    }

    #[test]
    fn clock_follows_the_offset_across_midnight() {
        let t = Micros::parse_iso("2024-02-29T23:30:00.250Z").unwrap();
        assert_eq!(t.clock(UTC), "23:30:00.250");
        assert_eq!((t.clock(|_| 60), t.date(|_| 60)), ("00:30:00.250".to_owned(), "2024-03-01".to_owned()));
        assert_eq!(t.day_start(|_| 60).iso(), "2024-02-29T23:00:00.000Z");
    }

    /// The clocks of Berlin in 2024.
    fn berlin(at: Micros) -> i32 {
        let change = |text: &str| Micros::parse_iso(text).unwrap();
        let summer = change("2024-03-31T01:00:00Z")..change("2024-10-27T01:00:00Z");
        if summer.contains(&at) { 120 } else { 60 }
    }

    #[test]
    fn each_instant_has_the_offset_of_its_own_day() {
        let t = |text: &str| Micros::parse_iso(text).unwrap();
        assert_eq!(t("2024-01-15T12:00:00Z").clock(berlin), "13:00:00.000");
        assert_eq!(t("2024-07-15T12:00:00Z").clock(berlin), "14:00:00.000");
        for (text, iso) in [
            ("2024-01-15T13:00", "2024-01-15T12:00:00.000Z"),
            ("2024-07-15T14:00", "2024-07-15T12:00:00.000Z"),
            ("2024-07-15T14:00+01:00", "2024-07-15T13:00:00.000Z"),
        ] {
            assert_eq!(Micros::parse_iso_at(text, berlin).unwrap().iso(), iso, "{text}");
        }
        let day = |text: &str| Micros::parse_day(text, berlin).unwrap().iso();
        assert_eq!(day("2024-03-31"), "2024-03-30T23:00:00.000Z");
        assert_eq!(day("2024-04-01"), "2024-03-31T22:00:00.000Z");
        assert_eq!(t("2024-03-31T12:00:00Z").day_start(berlin).iso(), "2024-03-30T23:00:00.000Z");
    }

    #[test]
    fn durations_read_well() {
        let all = [0, 400, 12_345, 3_250_000, 125_000_000, 12_000_000_000, -1500];
        let shown = all.map(duration);
        assert_eq!(shown, ["0 ms", "0.4 ms", "12 ms", "3.2 s", "2 min 5 s", "3 h 20 min", "−1.5 ms"]);
    }
}
