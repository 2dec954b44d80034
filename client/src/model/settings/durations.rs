//! Lengths of time as a person writes them.

use workbench::decimal;
use workbench::lower::lower;
use workbench::profile::{MAX_MILLIS, MIN_MILLIS};

/// Reads a length of time in milliseconds as a person writes it: `20 s`, `500 ms`, `1.5 min`, `1 h`, a number alone
/// for seconds; also with Chinese units. Nothing if it is none, or not within [`MIN_MILLIS`] and [`MAX_MILLIS`].
pub fn parse_duration(text: &str) -> Option<u64> {
    parse_millis(text).filter(|millis| (MIN_MILLIS..=MAX_MILLIS).contains(millis))
}

/// The same without bounds but those of what can be counted exactly.
pub(super) fn parse_millis(text: &str) -> Option<u64> {
    let text = lower(text.trim());
    let split = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit_millis = match unit.trim() {
        "ms" | "毫秒" => 1.0,
        "" | "s" | "sec" | "秒" => 1000.0,
        "m" | "min" | "分" | "分钟" => 60_000.0,
        "h" | "小时" => 3_600_000.0,
        _ => return None,
    };
    let millis = (decimal::parse(number)? * unit_millis).round();
    (0.0..=1e15).contains(&millis).then_some(millis as u64)
}

/// Writes what [`parse_duration`] reads.
pub fn format_duration(millis: u64) -> String {
    match millis {
        _ if millis >= 3_600_000 && millis.is_multiple_of(3_600_000) => format!("{} h", millis / 3_600_000),
        _ if millis >= 60_000 && millis.is_multiple_of(60_000) => format!("{} min", millis / 60_000),
        1000.. => format!("{} s", decimal::shortest(millis as f64 / 1000.0)),
        _ => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        for (text, millis) in [
            ("20", 20_000),
            (" 0.5 ", 500),
            ("250ms", 250),
            ("1.5 min", 90_000),
            ("2H", 7_200_000),
            ("30 秒", 30_000),
            ("5分钟", 300_000),
            ("24 h", MAX_MILLIS),
        ] {
            assert_eq!(parse_duration(text), Some(millis), "{text}");
            assert_eq!(parse_duration(&format_duration(millis)), Some(millis), "{text}");
        }
        for text in ["", "s", "-1", "1e3", "9 ms", "25 h", "1 2", "20 days", "1..2", "."] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(format_duration(1500), "1.5 s");
        assert_eq!(format_duration(120_000), "2 min");
    }
}
