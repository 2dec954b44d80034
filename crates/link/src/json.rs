//! One scalar member of a JSON object, looked up without building anything.

use jsontext::{Event, JsonError, Scanner, Token, unescape};

/// Whether `text` is a JSON object whose member `name` is a scalar equal to `value`: a string with that content, or
/// a number, `true`, `false` or `null` written like that. Of repeated members, any may match.
///
/// Syntax is checked as far as needed to find the member, not to its end.
pub(crate) fn has_member(text: &str, name: &str, value: &str) -> bool {
    find(text, name, value).unwrap_or(false)
}

fn find(text: &str, name: &str, value: &str) -> Result<bool, JsonError> {
    let mut scanner = Scanner::default();
    let written = |event: Event| &text[event.start..event.end];
    if scanner.token(text)?.token != Token::ObjectStart {
        return Ok(false);
    }
    loop {
        let key = scanner.token(text)?;
        if key.token != Token::Key {
            return Ok(false);
        }
        let found = scanner.token(text)?;
        let is_equal = match found.token {
            Token::String => unescape(written(found)) == value,
            Token::Number | Token::True | Token::False | Token::Null => written(found) == value,
            _ => false,
        };
        if is_equal && unescape(written(key)) == name {
            return Ok(true);
        }
        scanner.skip(text, found)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_member_wherever_it_stands() {
        assert!(has_member(r#"{"type":"pong"}"#, "type", "pong"));
        assert!(has_member(" {\n\t\"id\" : 7 , \"type\" : \"pong\" } ", "type", "pong"));
        assert!(has_member(r#"{"a":{"type":"x","b":["]}",{}]},"type":"pong"}"#, "type", "pong"));
        assert!(has_member(r#"{"ok":true,"n":-1.50e3}"#, "ok", "true"));
        assert!(has_member(r#"{"ok":true,"n":-1.50e3}"#, "n", "-1.50e3"));
    }

    #[test]
    fn only_the_outermost_object_and_only_equal_values_count() {
        assert!(!has_member(r#"{"data":{"type":"pong"}}"#, "type", "pong"));
        assert!(!has_member(r#"{"pong":"type"}"#, "type", "pong"));
        assert!(!has_member(r#"{"type":"pong2"}"#, "type", "pong"));
        assert!(!has_member(r#"[{"type":"pong"}]"#, "type", "pong"));
        assert!(!has_member(r#"{"type":["pong"]}"#, "type", "pong"));
        assert!(!has_member("{}", "type", "pong"));
    }

    #[test]
    fn escapes_are_read_as_what_they_mean() {
        assert!(has_member(r#"{"t\u0079pe":"\ud83d\ude00\n"}"#, "type", "😀\n"));
        assert!(!has_member(r#"{"type":"\ud83d"}"#, "type", "?"));
    }

    #[test]
    fn what_is_not_json_never_matches_and_never_panics() {
        for text in [
            "",
            "{",
            "ping",
            r#"{"type"#,
            r#"{"type":"#,
            r#"{"type":"po"#,
            r#"{"type" "pong"}"#,
            "{\"a\":\"\\u12",
        ] {
            assert!(!has_member(text, "type", "pong"), "{text}");
        }
        assert!(!has_member(&format!("{{\"a\":{}", "[".repeat(100_000)), "type", "pong"));
    }
}
