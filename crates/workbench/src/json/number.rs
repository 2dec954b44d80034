use std::cmp::Ordering;

/// Compares two JSON numbers exactly, whatever their size: `9007199254740993` is not `9007199254740992`,
/// and `1e2` equals `100.0`. Both must be numbers by JSON's grammar.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Decimal::new(a), Decimal::new(b));
    match (a.is_zero(), b.is_zero()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return if b.negative { Ordering::Greater } else { Ordering::Less },
        (false, true) => return if a.negative { Ordering::Less } else { Ordering::Greater },
        (false, false) => {}
    }
    match (a.negative, b.negative) {
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, false) => a.magnitude(&b),
        (true, true) => b.magnitude(&a),
    }
}

/// 0.d₁d₂d₃… × 10^exponent with d₁ ≠ 0; the digits stay where they are in the text.
struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

impl<'a> Decimal<'a> {
    fn new(text: &'a str) -> Self {
        let negative = text.starts_with('-');
        let text = text.trim_start_matches('-');
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        // An exponent beyond i64 saturates: by its sign it is then larger or smaller than any other.
        let huge = if exponent.starts_with('-') { i64::MIN / 4 } else { i64::MAX / 4 };
        let mut exponent = exponent.parse().map_or(huge, |e: i64| e.clamp(i64::MIN / 4, i64::MAX / 4));
        let (mut whole, mut fraction) = (whole.as_bytes().trim_start_zeros(), fraction.as_bytes());
        if whole.is_empty() {
            let trimmed = fraction.trim_start_zeros();
            exponent -= (fraction.len() - trimmed.len()) as i64;
            fraction = trimmed;
        }
        exponent += whole.len() as i64;
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        if fraction.is_empty() {
            while let [rest @ .., b'0'] = whole {
                whole = rest;
            }
        }
        Self { negative, whole, fraction, exponent }
    }

    fn is_zero(&self) -> bool {
        self.whole.is_empty() && self.fraction.is_empty()
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let digits = |d: &Self| d.whole.iter().chain(d.fraction).copied().collect::<Vec<_>>();
        self.exponent.cmp(&other.exponent).then_with(|| {
            if self.fraction.is_empty() && other.fraction.is_empty() {
                self.whole.cmp(other.whole)
            } else {
                digits(self).cmp(&digits(other))
            }
        })
    }
}

trait TrimZeros {
    fn trim_start_zeros(&self) -> &Self;
}

impl TrimZeros for [u8] {
    fn trim_start_zeros(&self) -> &Self {
        let zeros = self.iter().take_while(|&&b| b == b'0').count();
        &self[zeros..]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exact_where_floats_are_not() {
        assert_eq!(compare("9007199254740993", "9007199254740992"), Ordering::Greater);
        assert_eq!(compare("0.1", "0.10000000000000000001"), Ordering::Less);
        assert_eq!(compare("1e400", "1e399"), Ordering::Greater);
        assert_eq!(compare("1e99999999999999999999", "5"), Ordering::Greater);
        assert_eq!(compare("1e-99999999999999999999", "5"), Ordering::Less);
        for (a, b) in
            [("1e2", "100.0"), ("-0", "0.0e5"), ("120", "12e1"), ("0.0012", "1.2E-3"), ("1.50", "1.5")]
        {
            assert_eq!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_integers(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000, ea in 0usize..4, eb in 0usize..4) {
            let (ta, tb) = (format!("{a}e{ea}"), format!("{b}e{eb}"));
            let (na, nb) = (a * 10i64.pow(ea as u32), b * 10i64.pow(eb as u32));
            prop_assert_eq!(compare(&ta, &tb), na.cmp(&nb));
            let sign = if b < 0 { "-" } else { "" };
            let decimal = format!("{sign}{}.{:03}", b.abs() / 1000, b.abs() % 1000);
            prop_assert_eq!(compare(&format!("{a}e-3"), &decimal), a.cmp(&b));
        }
    }
}
