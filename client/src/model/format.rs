//! Numbers, times and bytes as people read them.

use std::fmt::Write as _;

use workbench::decimal;

use super::visible;
pub use crate::texts::count;

/// Characters shown of a message in its one-line row; the rest is in the detail pane.
pub const PREVIEW_CHARS: usize = 400;

/// Bytes shown of a binary message in its one-line row.
pub const PREVIEW_BYTES: usize = 48;

/// Time since the start of a log, in microseconds: `12.345`, `1:02.345`, `1:00:02.345`.
pub fn elapsed(micros: i64) -> String {
    let sign = if micros < 0 { "−" } else { "" };
    let millis = micros.unsigned_abs() / 1000;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    match seconds {
        0..60 => format!("{sign}{seconds}.{millis:03}"),
        60..3600 => format!("{sign}{}:{:02}.{millis:03}", seconds / 60, seconds % 60),
        _ => format!("{sign}{}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// A round trip: tenths below 100 ms, whole milliseconds below 10 s, seconds above.
pub fn round_trip(millis: f64) -> String {
    if millis < 100.0 {
        decimal::fixed(millis, 1) + " ms"
    } else if millis < 10_000.0 {
        decimal::fixed(millis, 0) + " ms"
    } else {
        decimal::fixed(millis / 1000.0, 1) + " s"
    }
}

/// What is left of a wait, in tenths of a second; whole minutes and seconds from a minute on.
pub fn countdown(millis: u64) -> String {
    if millis < 60_000 {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    } else {
        let seconds = millis.div_ceil(1000);
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// A number as short as it can be. There is only one zero.
pub fn number(value: f64) -> String {
    decimal::shortest(value + 0.0)
}

/// A size in binary units, exact below 1 KiB.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 and more would round to "1024.0".
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", decimal::fixed(value, 1), UNITS[unit])
}

/// One line for a row: at most [`PREVIEW_CHARS`] characters, and none that cannot be seen or could change the row.
pub fn preview(text: &str) -> String {
    visible::line(text, PREVIEW_CHARS)
}

/// The first bytes of a binary message as hex pairs on one line.
pub fn hex_preview(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(PREVIEW_BYTES * 3 + 1);
    for (index, byte) in bytes.iter().take(PREVIEW_BYTES).enumerate() {
        let gap = if index == 0 { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(out, "{gap}{byte:02x}");
    }
    if bytes.len() > PREVIEW_BYTES {
        out.push_str(" …");
    }
    out
}

/// Bytes in a line of a hex dump.
pub const HEX_LINE_BYTES: usize = 16;

/// A line of the classic dump: offset, sixteen bytes in two groups, printable ASCII.
pub fn hex_line(bytes: &[u8], line: usize) -> String {
    let start = (line * HEX_LINE_BYTES).min(bytes.len());
    let chunk = &bytes[start..(start + HEX_LINE_BYTES).min(bytes.len())];
    let mut out = String::with_capacity(80);
    let _ = write!(out, "{start:08x} ");
    for column in 0..HEX_LINE_BYTES {
        if column == HEX_LINE_BYTES / 2 {
            out.push(' ');
        }
        match chunk.get(column) {
            Some(byte) => {
                let _ = write!(out, " {byte:02x}");
            }
            None => out.push_str("   "),
        }
    }
    out.push_str("  ");
    out.extend(chunk.iter().map(|&byte| if (0x20..0x7f).contains(&byte) { byte as char } else { '.' }));
    out
}

/// All lines of the dump.
pub fn hex_dump(bytes: &[u8]) -> String {
    let lines = bytes.len().div_ceil(HEX_LINE_BYTES);
    (0..lines).map(|line| hex_line(bytes, line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_grows_units() {
        assert_eq!(elapsed(12_345_678), "12.345");
        assert_eq!(elapsed(62_345_000), "1:02.345");
        assert_eq!(elapsed(3_602_345_000), "1:00:02.345");
        assert_eq!(elapsed(-1_500), "−0.001");
    }

    #[test]
    fn round_trip_chooses_a_precision() {
        assert_eq!(round_trip(0.04), "0.0 ms");
        assert_eq!(round_trip(1.24), "1.2 ms");
        assert_eq!(round_trip(123.6), "124 ms");
        assert_eq!(round_trip(12_345.0), "12.3 s");
    }

    #[test]
    fn countdown_never_rounds_up_to_a_later_time() {
        assert_eq!(countdown(3_290), "3.2 s");
        assert_eq!(countdown(99), "0.0 s");
        assert_eq!(countdown(59_999), "59.9 s");
        assert_eq!(countdown(60_000), "1 min 00 s");
        assert_eq!(countdown(119_500), "2 min 00 s");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!([number(-0.0), number(0.0), number(-1.5)], ["0", "0", "-1.5"]);
    }

    #[test]
    fn size_steps_units() {
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(size(1024 * 1024), "1.0 MiB");
        assert_eq!(size(1536 * 1024 * 1024), "1.5 GiB");
    }

    #[test]
    fn count_groups_thousands() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_234_567), "1\u{2009}234\u{2009}567");
    }

    #[test]
    fn preview_leaves_any_script_alone() {
        let text = "héllo 你好 שלום 👩‍👩‍👧";
        assert_eq!(preview(text), text);
    }

    #[test]
    fn preview_is_one_bounded_line() {
        assert_eq!(preview("a\nb\tc\r\u{1b}[31m"), "a↵b→c␍␛[31m");
        assert_eq!(preview("x\u{202e}y"), "x⟨U+202E⟩y");
        let long = "é".repeat(PREVIEW_CHARS + 1);
        assert_eq!(preview(&long).chars().count(), PREVIEW_CHARS + 1);
        assert!(preview(&long).ends_with('…'));
        assert!(!preview(&long[..PREVIEW_CHARS * 2]).ends_with('…'));
    }

    #[test]
    fn hex_preview_is_bounded() {
        assert_eq!(hex_preview(&[0, 0xff, 0x10]), "00 ff 10");
        assert_eq!(hex_preview(&[]), "");
        assert!(hex_preview(&[0; PREVIEW_BYTES + 1]).ends_with("00 …"));
    }

    #[test]
    fn hex_dump_aligns_the_last_line() {
        let dump = hex_dump(b"0123456789abcdef\x00\xffz");
        assert_eq!(
            dump,
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n\
             00000010  00 ff 7a                                          ..z\n"
        );
    }
}
