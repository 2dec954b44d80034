use std::borrow::Cow;
use std::fmt::Write as _;

use super::scan::{JsonError, Scanner, Token};

/// Lines are indented at most this many levels, so that a deeply nested text cannot grow quadratically.
pub const MAX_INDENT: usize = 64;

/// Once indentation takes so many bytes, and four times those of the text, there is no more of it.
const MAX_INDENT_BYTES: usize = 4 << 20;

/// The text with one member or item per line, `indent` spaces per level up to [`MAX_INDENT`] levels.
/// Strings, numbers and the order of keys are copied byte by byte.
///
/// # Errors
/// The text is not one JSON value; show it as it is.
pub fn pretty(text: &str, indent: usize) -> Result<String, JsonError> {
    render(text, Some(indent), usize::MAX)
}

/// The beginning of what [`pretty`] gives: it stops soon after `max_bytes`, and reads no further.
///
/// # Errors
/// What was read is not JSON.
pub fn pretty_start(text: &str, indent: usize, max_bytes: usize) -> Result<String, JsonError> {
    render(text, Some(indent), max_bytes)
}

/// The text without white space outside strings.
///
/// # Errors
/// The text is not one JSON value.
pub fn compact(text: &str) -> Result<String, JsonError> {
    render(text, None, usize::MAX)
}

fn render(text: &str, indent: Option<usize>, max_bytes: usize) -> Result<String, JsonError> {
    let expected = text.len() + if indent.is_some() { text.len() / 2 } else { 0 };
    let mut out = String::with_capacity(expected.min(max_bytes));
    let mut scanner = Scanner::default();
    let mut previous = None;
    let mut indent_left = MAX_INDENT_BYTES.saturating_add(text.len().saturating_mul(4));
    let mut line = |out: &mut String, depth: usize| {
        if let Some(indent) = indent {
            let spaces = (indent * depth.min(MAX_INDENT)).min(indent_left);
            indent_left -= spaces;
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', spaces));
        }
    };
    while let Some(event) = scanner.next(text)? {
        let opens = |t: Option<Token>| matches!(t, Some(Token::ObjectStart | Token::ArrayStart));
        match event.token {
            Token::ObjectEnd | Token::ArrayEnd if opens(previous) => {}
            Token::ObjectEnd | Token::ArrayEnd => line(&mut out, scanner.depth()),
            _ if previous == Some(Token::Key) => out.push_str(if indent.is_some() { ": " } else { ":" }),
            _ if previous.is_some() => {
                if !opens(previous) {
                    out.push(',');
                }
                let opened = usize::from(opens(Some(event.token)));
                line(&mut out, scanner.depth() - opened);
            }
            _ => {}
        }
        out.push_str(&text[event.start..event.end]);
        previous = Some(event.token);
        if out.len() >= max_bytes {
            break;
        }
    }
    Ok(out)
}

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

    /// A text of JSON with white space sprinkled in, built without the code under test.
    fn json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("12345678901234567890.1234567890e-5".to_owned()),
            Just("-0".to_owned()),
            Just("true".to_owned()),
            Just("null".to_owned()),
            any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
            Just("\" spaces \\\" \\u00e9 \"".to_owned()),
        ];
        let space = "[ \n\t]{0,3}";
        leaf.prop_recursive(5, 40, 5, move |inner| {
            prop_oneof![
                prop::collection::vec((inner.clone(), space), 0..5).prop_map(|v| format!(
                    "[{}]",
                    v.iter().map(|(j, s)| format!("{s}{j}")).collect::<Vec<_>>().join(",")
                )),
                prop::collection::vec((inner, space, "[a-z]{0,3}"), 0..5).prop_map(|v| format!(
                    "{{{}}}",
                    v.iter().map(|(j, s, k)| format!("{s}\"{k}\" :{j}{s}")).collect::<Vec<_>>().join(",")
                )),
            ]
        })
    }

    fn strip(text: &str) -> String {
        let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
        for c in text.chars() {
            if quoted || !c.is_ascii_whitespace() {
                out.push(c);
            }
            (quoted, escaped) = match (quoted, escaped, c) {
                (true, false, '\\') => (true, true),
                (_, false, '"') => (!quoted, false),
                _ => (quoted, false),
            };
        }
        out
    }

    proptest! {
        #[test]
        fn pretty_only_adds_white_space(text in json(), indent in 0usize..5) {
            let shown = pretty(&text, indent).unwrap();
            prop_assert_eq!(strip(&shown), strip(&text));
            prop_assert_eq!(pretty(&shown, indent).unwrap(), shown);
            prop_assert_eq!(compact(&text).unwrap(), strip(&text));
        }

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
    fn pretty_layout() {
        let text = r#"{"a":[1,{"b":[]}],"c":{},"d":"x"}"#;
        let shown =
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {},\n  \"d\": \"x\"\n}";
        assert_eq!(pretty(text, 2).unwrap(), shown);
    }

    #[test]
    fn depth_does_not_explode() {
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        assert!(pretty(&deep, 2).unwrap().len() < 40_000 * (2 + 2 * MAX_INDENT));
        let start = pretty_start(&deep, 2, 1000).unwrap();
        assert!((1000..1200).contains(&start.len()) && pretty(&deep, 2).unwrap().starts_with(&start));
    }

    #[test]
    fn surrogates() {
        assert_eq!(unescape(r#""\ud83d\ude00 \ud83d x \ude00""#), "😀 \u{FFFD} x \u{FFFD}");
    }

    #[test]
    fn two_hundred_thousand_levels_stay_a_text_of_megabytes() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let laid_out = pretty(&deep, 2).unwrap();
        assert!(laid_out.len() < 7 << 20, "{}", laid_out.len());
        assert_eq!(compact(&laid_out).unwrap(), deep);
    }
}
