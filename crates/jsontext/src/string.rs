use std::borrow::Cow;
use std::fmt::Write as _;

/// The characters of a JSON string given with or without its quotes. Escapes are resolved; half of a
/// surrogate pair becomes U+FFFD. Text that is not a valid JSON string is returned as far as it makes sense.
#[must_use]
pub fn unescape(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').unwrap_or(raw);
    let inner = if inner.len() < raw.len() { inner.strip_suffix('"').unwrap_or(inner) } else { inner };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else { break };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'u' => {
                let unit = hex4(rest);
                rest = rest.get(4..).unwrap_or("");
                let low = if matches!(unit, Some(0xD800..0xDC00)) {
                    rest.strip_prefix("\\u").and_then(hex4)
                } else {
                    None
                };
                match (unit, low) {
                    (Some(high), Some(low @ 0xDC00..0xE000)) => {
                        rest = &rest[6..];
                        out.push(
                            char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
                                .unwrap_or('\u{FFFD}'),
                        );
                    }
                    (unit, _) => out.push(unit.and_then(char::from_u32).unwrap_or('\u{FFFD}')),
                }
            }
            other => out.push(other),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn hex4(text: &str) -> Option<u32> {
    let digits = text.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

/// Appends `text` as a JSON string with its quotes.
pub fn quote_into(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// `text` as a JSON string with its quotes.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    quote_into(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn quote_and_unescape_are_inverse(text in any::<String>()) {
            let quoted = quote(&text);
            prop_assert_eq!(unescape(&quoted), text.as_str());
            prop_assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }

        #[test]
        fn unescape_takes_anything(text in r#"["\\ud83DE0n]{0,20}"#) {
            let _ = unescape(&text);
        }
    }

    #[test]
    fn surrogates() {
        assert_eq!(unescape(r#""\ud83d\ude00 \ud83d x \ude00""#), "😀 \u{FFFD} x \u{FFFD}");
    }
}
