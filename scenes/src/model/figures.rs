//! Figures as they are shown.

use std::time::Duration;

/// A price in hundredths, with its two digits.
pub fn price(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let amount = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

/// Hundredths of a percent, with a sign unless there is no change.
pub fn change(hundredths: i32) -> String {
    let sign = match hundredths {
        0 => "",
        1.. => "+",
        _ => "−",
    };
    let amount = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}\u{202f}%", amount / 100, amount % 100)
}

/// Seconds with a tenth, or whole ones from ten on.
pub fn seconds(time: Duration) -> String {
    let tenths = time.as_millis().div_ceil(100);
    if tenths < 100 { format!("{}.{}", tenths / 10, tenths % 10) } else { tenths.div_ceil(10).to_string() }
}

/// Minutes and seconds.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_and_changes_have_two_digits() {
        assert_eq!([price(10_305), price(7), price(-150)], ["103.05", "0.07", "-1.50"]);
        assert_eq!(
            [change(0), change(125), change(-7)],
            ["0.00\u{202f}%", "+1.25\u{202f}%", "−0.07\u{202f}%"]
        );
    }

    #[test]
    fn times_are_short() {
        let millis = Duration::from_millis;
        assert_eq!(
            [seconds(millis(0)), seconds(millis(1210)), seconds(millis(12_010))],
            ["0.0", "1.3", "13"]
        );
        assert_eq!(clock(millis(65_000)), "1:05");
    }
}
