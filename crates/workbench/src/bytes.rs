//! Binary payloads as hex and base64, and text of unknown encoding as UTF-8.

pub use crate::decode_error::DecodeError;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Lower-case hex digits without separators.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Reads hex as people paste it: bytes of two digits, with white space, `:`, `-`, `,` or `;` between them if
/// any, and `0x` or `\x` before a byte or a run of them. A single digit between separators is a byte too when
/// it carries `0x`. Dumps of this page and other programs, arrays and strings of source code are read as the bytes they
/// show.
///
/// # Errors
/// The first character that is no digit, half a byte at the end of a run, or a dump that makes no sense.
pub fn from_hex(text: &str) -> Result<Vec<u8>, DecodeError> {
    if let Some(bytes) = crate::hexdump::read(text) {
        return bytes;
    }
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() || matches!(c, ':' | '-' | ',' | ';') {
            continue;
        }
        let marker = matches!(c, '0' | '\\') && chars.peek().is_some_and(|&(_, x)| matches!(x, 'x' | 'X'));
        let (at, c) = if marker {
            chars.next();
            chars.next().ok_or(DecodeError::Incomplete { at })?
        } else {
            (at, c)
        };
        let digit = |at, found: char| {
            let bad = DecodeError::BadCharacter { at, found, wanted: "a hex digit" };
            found.to_digit(16).map(|d| d as u8).ok_or(bad)
        };
        let high = digit(at, c)?;
        match chars.peek() {
            Some(&(next_at, next)) if !(next.is_whitespace() || matches!(next, ':' | '-' | ',' | ';')) => {
                out.push(high << 4 | digit(next_at, next)?);
                chars.next();
            }
            _ if marker => out.push(high),
            _ => return Err(DecodeError::Incomplete { at }),
        }
    }
    Ok(out)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648, section 4).
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    to_base64_into(&mut out, bytes);
    out
}

/// As [`to_base64`], appended.
pub fn to_base64_into(out: &mut String, bytes: &[u8]) {
    // So many groups at a time are checked to be text at once, which they are.
    const GROUPS: usize = 64;
    out.reserve(4 * bytes.len().div_ceil(3));
    for block in bytes.chunks(3 * GROUPS) {
        let mut text = [b'='; 4 * GROUPS];
        let (whole, rest) = block.as_chunks::<3>();
        let (groups, _) = text.as_chunks_mut::<4>();
        for (group, &[a, b, c]) in groups.iter_mut().zip(whole) {
            let word = u32::from_be_bytes([0, a, b, c]);
            *group = [18, 12, 6, 0].map(|shift| ALPHABET[(word >> shift) as usize & 63]);
        }
        if let (Some(group), Some(first)) = (groups.get_mut(whole.len()), rest.first()) {
            let word = u32::from_be_bytes([0, *first, rest.get(1).copied().unwrap_or_default(), 0]);
            for (place, shift) in group.iter_mut().zip([18, 12, 6]).take(rest.len() + 1) {
                *place = ALPHABET[(word >> shift) as usize & 63];
            }
        }
        out.push_str(std::str::from_utf8(&text[..4 * block.len().div_ceil(3)]).unwrap_or_default());
    }
}

/// Base64 for URLs, without padding (RFC 4648, section 5).
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    to_base64(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// Reads base64 of either alphabet, with or without padding, with white space anywhere.
///
/// # Errors
/// The first character that does not belong there, or a last group of one character.
pub fn from_base64(text: &str) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut bits, mut padded, mut last) = (0u32, 0, false, 0);
    for (at, c) in text.char_indices() {
        let value = match c {
            'A'..='Z' => c as u32 - 'A' as u32,
            'a'..='z' => c as u32 - 'a' as u32 + 26,
            '0'..='9' => c as u32 - '0' as u32 + 52,
            '+' | '-' => 62,
            '/' | '_' => 63,
            '=' => {
                padded = true;
                continue;
            }
            c if c.is_whitespace() => continue,
            found => return Err(DecodeError::BadCharacter { at, found, wanted: "base64" }),
        };
        if padded {
            return Err(DecodeError::BadCharacter { at, found: c, wanted: "allowed after the padding '='" });
        }
        last = at;
        word = word << 6 | value;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits) as u8);
        }
    }
    // Six bits are left over only if a group has a single character.
    if bits == 6 { Err(DecodeError::Incomplete { at: last }) } else { Ok(out) }
}

/// Bytes as text: what is not UTF-8 becomes U+FFFD, and the offset of the first such byte is returned.
#[must_use]
pub fn to_text(bytes: &[u8]) -> (Cow<'_, str>, Option<usize>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(error) => (String::from_utf8_lossy(bytes), Some(error.valid_up_to())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hex_as_people_paste_it() {
        for text in [
            "dead0f",
            "DE AD 0F",
            "0xDEAD0F",
            "0xde, 0xad, 0xf",
            "de:ad:0f",
            "\\xde\\xad\\x0f",
            "de-ad\n0f\t",
        ] {
            assert_eq!(from_hex(text), Ok(vec![0xDE, 0xAD, 0x0F]), "{text}");
        }
        let bad = |at, found| Err(DecodeError::BadCharacter { at, found, wanted: "a hex digit" });
        assert_eq!(from_hex("de é"), bad(3, 'é'));
        assert_eq!(from_hex("de ag"), bad(4, 'g'));
        assert_eq!(from_hex("de a"), Err(DecodeError::Incomplete { at: 3 }));
        assert_eq!(from_hex("abc de"), Err(DecodeError::Incomplete { at: 2 }));
        assert_eq!(from_hex("0x"), Err(DecodeError::Incomplete { at: 0 }));
    }

    #[test]
    fn base64_of_rfc_4648_section_10() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(to_base64(plain.as_bytes()), coded);
            assert_eq!(from_base64(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(to_base64url(&[0xFB, 0xFF]), "-_8");
        assert_eq!(from_base64("Zm 9\nv-_8"), Ok(b"foo\xFB\xFF".to_vec()));
        assert_eq!(from_base64("Zm9vY").map_err(DecodeError::at), Err(4));
        assert_eq!(from_base64("Zm!v").map_err(DecodeError::at), Err(2));
        assert_eq!(from_base64("Zg==Zg").map_err(DecodeError::at), Err(4));
    }

    #[test]
    fn text_says_where_it_breaks() {
        assert_eq!(to_text("é".as_bytes()), ("é".into(), None));
        assert_eq!(to_text(b"ab\xFFc"), ("ab\u{FFFD}c".into(), Some(2)));
    }

    proptest! {
        #[test]
        fn both_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..400), sep in "[ :\n,]{0,2}") {
            prop_assert_eq!(from_hex(&to_hex(&bytes)), Ok(bytes.clone()));
            let spaced: Vec<_> = bytes.iter().map(|b| format!("{b:02X}")).collect();
            prop_assert_eq!(from_hex(&spaced.join(&sep)), Ok(bytes.clone()));
            prop_assert_eq!(from_base64(&to_base64(&bytes)), Ok(bytes.clone()));
            prop_assert_eq!(from_base64(&to_base64url(&bytes)), Ok(bytes));
        }

        #[test]
        fn readers_take_anything(text in any::<String>()) {
            let _ = (from_hex(&text), from_base64(&text));
        }
    }
}
