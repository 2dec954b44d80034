//! Floats read and written in decimal.
//!
//! What the standard library does with tables of 10 KiB and an algorithm for each purpose, here all comes from one
//! list of decimal digits that is doubled and halved: exact as well, slower, and a small part of the page.

/// Digits beyond these only tell that a number lies above the one they end: no middle between two floats has more.
const MAX_DIGITS: usize = 800;

/// Bits of a shift at most: ten times two to the power of them fits 64 bits.
const MAX_SHIFT: u32 = 60;

/// 10⁰ to 10²², which floats hold exactly.
const POWERS: [f64; 23] = {
    let mut powers = [1.0; 23];
    let mut index = 1;
    while index < powers.len() {
        powers[index] = powers[index - 1] * 10.0;
        index += 1;
    }
    powers
};

/// The float nearest to a decimal number such as `12`, `-0.5`, `.5` or `1e-7`; infinity beyond all floats.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = whole.bytes().chain(fraction.bytes());
    if whole.is_empty() && fraction.is_empty() || !digits.clone().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = exponent.saturating_sub(fraction.len() as i64);
    let small = digits.try_fold(0u64, |number, digit| {
        let number = number * 10 + u64::from(digit - b'0');
        (number < 1 << f64::MANTISSA_DIGITS).then_some(number)
    });
    let power = usize::try_from(scale.unsigned_abs()).ok().and_then(|index| POWERS.get(index));
    let value = match small.zip(power) {
        // Both are exact, so that one operation rounds correctly (Clinger 1990).
        Some((number, power)) if scale < 0 => number as f64 / power,
        Some((number, power)) => number as f64 * power,
        None => Decimal::read(whole, fraction, exponent).into_float(),
    };
    Some(if negative { -value } else { value })
}

/// With so many decimals: `12.50`.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    written(value, |exact| exact.rounded(exact.point + decimals as i32).plain(decimals))
}

/// With so many decimals and an exponent: `1.25e7`.
#[must_use]
pub fn scientific(value: f64, decimals: usize) -> String {
    written(value, |exact| exact.rounded(decimals as i32 + 1).scientific(decimals))
}

/// With no more digits than it takes to read it back; with an exponent if it is far from 1.
#[must_use]
pub fn shortest(value: f64) -> String {
    written(value, |exact| {
        let float = value.abs();
        let reads_back = |number: &Decimal| number.clone().into_float() == float;
        // 17 digits always do.
        let number = (1..17).map(|keep| exact.rounded(keep)).find(reads_back);
        let number = number.unwrap_or_else(|| exact.rounded(17));
        let digits = number.digits.len() as i32;
        if float == 0.0 || (1e-6..1e15).contains(&float) {
            number.plain((digits - number.point).max(0) as usize)
        } else {
            number.scientific(digits as usize - 1)
        }
    })
}

/// The greatest `n` with 10ⁿ ≤ `value`, which is finite and more than zero.
#[must_use]
pub fn exponent(value: f64) -> i32 {
    Decimal::of(value).point - 1
}

fn written(value: f64, write: impl FnOnce(&Decimal) -> String) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let text = if value.is_infinite() { "inf".to_owned() } else { write(&Decimal::of(value.abs())) };
    sign.to_owned() + &text
}

/// Exponents too large for 64 bits are as good as the largest.
fn parse_exponent(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| sign * digits.parse::<i64>().unwrap_or(i64::MAX / 2).min(i64::MAX / 2))
}

/// 0.d₁d₂d₃… × 10^point exactly, with d₁ ≠ 0 and no zeros at the end; zero has no digits.
#[derive(Clone)]
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    fn read(whole: &str, fraction: &str, exponent: i64) -> Self {
        let digits = || whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0');
        let zeros = digits().take_while(|digit| *digit == 0).count();
        let mut kept: Vec<u8> = digits().skip(zeros).take(MAX_DIGITS).collect();
        if digits().skip(zeros + MAX_DIGITS).any(|digit| digit != 0) {
            kept.push(1);
        }
        let point = exponent.saturating_add(whole.len() as i64 - zeros as i64);
        let mut number = Self { digits: kept, point: point.clamp(-10_000, 10_000) as i32 };
        number.trim();
        number
    }

    /// Of a finite float that is not negative.
    fn of(value: f64) -> Self {
        let bits = value.to_bits();
        let (fraction, exponent) = (bits & ((1 << 52) - 1), (bits >> 52) as i32);
        let (mantissa, shift) =
            if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        let digits: Vec<u8> = mantissa.to_string().bytes().map(|byte| byte - b'0').collect();
        let mut number = Self { point: digits.len() as i32, digits };
        number.trim();
        let mut rest = shift.unsigned_abs();
        while rest > 0 {
            let bits = rest.min(MAX_SHIFT);
            if shift < 0 {
                number.halve(bits);
            } else {
                number.double(bits);
            }
            rest -= bits;
        }
        number
    }

    fn into_float(mut self) -> f64 {
        if self.digits.is_empty() || self.point < -400 {
            return 0.0;
        }
        if self.point > 400 {
            return f64::INFINITY;
        }
        // To a half or more but less than one. A decimal place is more than three bits.
        let mut exponent = 0;
        while self.point > 0 {
            let bits = (self.point as u32 * 3).min(MAX_SHIFT);
            self.halve(bits);
            exponent += bits as i32;
        }
        while self.point < 0 || self.digits[0] < 5 {
            let bits = (self.point.unsigned_abs() * 3).clamp(1, MAX_SHIFT);
            self.double(bits);
            exponent -= bits as i32;
        }
        // The smallest floats have fewer bits.
        let bits = (exponent + 1074).min(53);
        if bits < 0 {
            return 0.0;
        }
        if exponent > 1024 {
            return f64::INFINITY;
        }
        self.double(bits as u32);
        self = self.rounded(self.point);
        let mantissa = (0..self.point).fold(0, |number, index| number * 10 + u64::from(self.digit(index)));
        // The mantissa's leading bit, which a float does not store, makes up for the one less in the exponent; so
        // does a mantissa that was rounded up to the next power of two.
        f64::from_bits((((exponent - bits + 1074) as u64) << 52) + mantissa)
    }

    /// Multiplies by two `bits` times, at most [`MAX_SHIFT`].
    fn double(&mut self, bits: u32) {
        let mut carry = 0;
        for digit in self.digits.iter_mut().rev() {
            carry += u64::from(*digit) << bits;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        if carry > 0 {
            let front = carry.to_string();
            self.point += front.len() as i32;
            self.digits.splice(..0, front.bytes().map(|byte| byte - b'0'));
        }
        self.trim();
    }

    /// Divides by two `bits` times, at most [`MAX_SHIFT`].
    fn halve(&mut self, bits: u32) {
        let mut out = Vec::with_capacity(self.digits.len() + bits as usize);
        let mut digits = self.digits.iter();
        let mut rest = 0;
        loop {
            let digit = digits.next();
            if digit.is_none() && rest == 0 {
                break;
            }
            rest = rest * 10 + u64::from(digit.copied().unwrap_or(0));
            let quotient = (rest >> bits) as u8;
            rest &= (1 << bits) - 1;
            if quotient == 0 && out.is_empty() {
                self.point -= 1;
            } else {
                out.push(quotient);
            }
        }
        self.digits = out;
        self.trim();
    }

    /// Rounded to the first `keep` digits, half to even. Less than zero are those before the first.
    fn rounded(&self, keep: i32) -> Self {
        let Ok(keep) = usize::try_from(keep) else { return Self { digits: Vec::new(), point: 0 } };
        let mut number = self.clone();
        let Some((next, rest)) = self.digits.get(keep..).and_then(<[u8]>::split_first) else { return number };
        let odd = keep > 0 && self.digits[keep - 1] % 2 == 1;
        number.digits.truncate(keep);
        if *next > 5 || *next == 5 && (odd || !rest.is_empty()) {
            while number.digits.pop_if(|digit| *digit == 9).is_some() {}
            match number.digits.last_mut() {
                Some(digit) => *digit += 1,
                None => {
                    number.digits.push(1);
                    number.point += 1;
                }
            }
        }
        number.trim();
        number
    }

    fn trim(&mut self) {
        while self.digits.pop_if(|digit| *digit == 0).is_some() {}
    }

    fn digit(&self, index: i32) -> u8 {
        usize::try_from(index).ok().and_then(|index| self.digits.get(index)).copied().unwrap_or(0)
    }

    fn write(&self, out: &mut String, from: i32, to: i32) {
        out.extend((from..to).map(|index| char::from(b'0' + self.digit(index))));
    }

    fn plain(&self, decimals: usize) -> String {
        let mut out = String::new();
        if self.point > 0 {
            self.write(&mut out, 0, self.point);
        } else {
            out.push('0');
        }
        if decimals > 0 {
            out.push('.');
            self.write(&mut out, self.point, self.point + decimals as i32);
        }
        out
    }

    fn scientific(&self, decimals: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, 1);
        if decimals > 0 {
            out.push('.');
            self.write(&mut out, 1, 1 + decimals as i32);
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        out + "e" + &exponent.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "1,5", " 1", "1 ", "+-1", "inf", "NaN", "0x1"]
        {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_edges_are_read_as_the_standard_library_reads_them() {
        for text in [
            "0",
            "-0",
            "5.",
            ".5",
            "+1",
            "1e22",
            "1e23",
            "123456789012345678901234567890",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "1e309",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "9007199254740993",
            "9007199254740992.99999",
            "0.1",
            "0e400",
        ] {
            let theirs: f64 = text.parse().unwrap();
            assert_eq!(parse(text).map(f64::to_bits), Some(theirs.to_bits()), "{text}");
        }
        // Exactly between two floats, and above that by a digit beyond those that are kept.
        let middle = format!("{:.53}", 0.5f64.powi(53)).replacen('0', "1", 1);
        for text in [format!("{middle}{:0900}1", 0), middle] {
            assert_eq!(parse(&text), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn written_as_short_as_possible() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (-0.1, "-0.1"),
            (1e15, "1e15"),
            (123_456.789, "123456.789"),
            (1e-7, "1e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(shortest(value), text);
        }
    }

    fn floats() -> impl Strategy<Value = f64> {
        let decimal =
            (-1_000_000i64..1_000_000, 0i32..9).prop_map(|(n, places)| n as f64 / 10f64.powi(places));
        prop_oneof![any::<f64>(), decimal, (0u64..1 << 52).prop_map(f64::from_bits)]
    }

    proptest! {
        #[test]
        fn read_as_the_standard_library_reads(text in r"[+-]?[0-9]{0,25}\.?[0-9]{0,25}(e[+-]?[0-9]{1,3})?") {
            prop_assert_eq!(parse(&text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{}", text);
        }

        #[test]
        fn written_as_the_standard_library_writes(value in floats(), decimals in 0usize..14) {
            prop_assert_eq!(fixed(value, decimals), format!("{value:.decimals$}"));
            prop_assert_eq!(scientific(value, decimals), format!("{value:.decimals$e}"));
        }

        #[test]
        fn nothing_is_lost(value in floats()) {
            prop_assert_eq!(parse(&format!("{value:e}")).map(f64::to_bits), Some(value.to_bits()));
            prop_assert_eq!(parse(&shortest(value)).map(f64::to_bits), Some(value.to_bits()));
        }
    }
}
