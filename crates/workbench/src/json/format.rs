use jsontext::{JsonError, Scanner, Token};

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
    fn two_hundred_thousand_levels_stay_a_text_of_megabytes() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let laid_out = pretty(&deep, 2).unwrap();
        assert!(laid_out.len() < 7 << 20, "{}", laid_out.len());
        assert_eq!(compact(&laid_out).unwrap(), deep);
    }
}
