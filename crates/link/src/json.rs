//! Just enough JSON (RFC 8259) to look up one scalar member of an object, without building anything.

/// Nesting beyond this is not followed. Containers are skipped without recursion, so this only bounds work on
/// nonsense.
const MAX_DEPTH: usize = 512;

/// Whether `text` is a JSON object whose member `name` is a scalar equal to `value`: a string with that content, or
/// a number, `true`, `false` or `null` written like that. Of repeated members, any may match.
///
/// Syntax is checked as far as needed to find the member, not to its end.
pub(crate) fn has_member(text: &str, name: &str, value: &str) -> bool {
    Scanner { bytes: text.as_bytes(), at: 0 }.find(name, value).unwrap_or(false)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// `None` throughout stands for text that is not JSON.
impl Scanner<'_> {
    fn find(&mut self, name: &str, value: &str) -> Option<bool> {
        self.expect(b'{')?;
        if self.peek()? == b'}' {
            return Some(false);
        }
        loop {
            let wanted = self.string()? == name;
            self.expect(b':')?;
            match self.peek()? {
                b'"' => {
                    if self.string()? == value && wanted {
                        return Some(true);
                    }
                }
                b'{' | b'[' => self.skip_container()?,
                _ => {
                    if self.literal()? == value.as_bytes() && wanted {
                        return Some(true);
                    }
                }
            }
            match self.next()? {
                b',' => {}
                b'}' => return Some(false),
                _ => return None,
            }
        }
    }

    fn peek(&mut self) -> Option<u8> {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.bytes.get(self.at)? {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A number or a word, up to what must follow it.
    fn literal(&mut self) -> Option<&[u8]> {
        let start = self.at;
        while !matches!(self.bytes.get(self.at)?, b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        Some(&self.bytes[start..self.at])
    }

    fn skip_container(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            match depth {
                0 => return Some(()),
                MAX_DEPTH => return None,
                _ => {}
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut content = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(content).ok(),
                b'\\' => {
                    let mut utf8 = [0; 4];
                    content.extend_from_slice(self.escape()?.encode_utf8(&mut utf8).as_bytes());
                }
                _ => content.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.hex4()?;
                let units = if (0xd800..0xdc00).contains(&first) {
                    if !self.bytes.get(self.at..)?.starts_with(b"\\u") {
                        return None;
                    }
                    self.at += 2;
                    vec![first, self.hex4()?]
                } else {
                    vec![first]
                };
                char::decode_utf16(units).next()?.ok()?
            }
            b'"' | b'\\' | b'/' => char::from(byte),
            _ => return None,
        })
    }

    fn hex4(&mut self) -> Option<u16> {
        let digits = std::str::from_utf8(self.bytes.get(self.at..self.at + 4)?).ok()?;
        self.at += 4;
        u16::from_str_radix(digits, 16).ok()
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
