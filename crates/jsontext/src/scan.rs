use thiserror::Error;

/// What a span of JSON text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The name of a member, quotes included.
    Key,
    /// A string value, quotes included.
    String,
    /// A number, as written.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

/// One token and the bytes it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is.
    pub token: Token,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// Where and why a text is not JSON. Show it beside the text, which stays viewable as plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {at}")]
pub struct JsonError {
    /// The byte the reader could not accept; the length of the text if it ended too early.
    pub at: usize,
    /// What was wrong there.
    pub kind: JsonErrorKind,
}

/// What the reader met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JsonErrorKind {
    /// Neither `{`, `[`, a string, a number, `true`, `false` nor `null`.
    #[error("a value is expected")]
    ExpectedValue,
    /// A member must begin with a name in double quotes.
    #[error("a name in double quotes is expected")]
    ExpectedKey,
    /// `:` is missing after a name.
    #[error("':' is expected after the name")]
    ExpectedColon,
    /// `,` or the closing bracket is missing.
    #[error("',' or a closing bracket is expected")]
    ExpectedCommaOrEnd,
    /// Something follows the value.
    #[error("nothing more is expected after the value")]
    TrailingText,
    /// A string without its closing quote.
    #[error("the string is not closed")]
    UnclosedString,
    /// A raw control character in a string.
    #[error("a control character must be escaped inside a string")]
    ControlCharacter,
    /// A backslash followed by something RFC 8259 does not list.
    #[error("not a valid escape")]
    BadEscape,
    /// Leading zero, missing digits or the like.
    #[error("not a valid number")]
    BadNumber,
    /// Deeper than the reader keeps (only a reader that builds values has such a limit).
    #[error("nested too deeply")]
    TooDeep,
}

/// A pull reader over JSON text. It holds no reference to the text, so that it can live beside the text in
/// one struct and be stepped in slices; pass the same text to every call.
///
/// Nesting costs one bit per level and no recursion.
#[derive(Clone, Debug)]
pub struct Scanner {
    pos: usize,
    state: State,
    // One bit per open container, 1 for an object; the innermost 64 in `word`, outer ones in `spill`.
    word: u64,
    spill: Vec<u64>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    FirstKeyOrEnd,
    FirstItemOrEnd,
    Key,
    Colon,
    CommaOrEnd,
    Done,
}

impl Default for Scanner {
    fn default() -> Self {
        Self::at(0)
    }
}

impl Scanner {
    /// A reader of one value that begins at byte `pos` (white space may precede it).
    #[must_use]
    pub fn at(pos: usize) -> Self {
        Self { pos, state: State::Value, word: 0, spill: Vec::new(), depth: 0 }
    }

    /// How many containers are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The byte after the last token.
    #[must_use]
    pub fn position(&self) -> usize {
        self.pos
    }

    /// Whether the value is complete. White space or other text may follow it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Done
    }

    /// Whether the innermost open container is an object.
    #[must_use]
    pub fn in_object(&self) -> bool {
        self.depth > 0 && self.word & 1 == 1
    }

    /// Whether the container at `level` (1 is the outermost, at most the depth) is an object.
    #[must_use]
    pub fn level_is_object(&self, level: usize) -> bool {
        // `word` holds the levels after the last multiple of 64 that is below the depth.
        let below = self.depth.saturating_sub(1) / 64 * 64;
        let (word, top) = if level > below {
            (self.word, self.depth)
        } else {
            (self.spill[(level - 1) / 64], level.next_multiple_of(64))
        };
        word >> (top - level) & 1 == 1
    }

    /// The next token, or `None` when the value is complete and only white space follows.
    ///
    /// # Errors
    /// The first byte that breaks the grammar. The scanner stays there.
    pub fn next(&mut self, text: &str) -> Result<Option<Event>, JsonError> {
        if self.state == State::Done {
            self.skip_space(text.as_bytes());
            return if self.pos < text.len() { self.fail(JsonErrorKind::TrailingText) } else { Ok(None) };
        }
        self.token(text).map(Some)
    }

    /// Reads on to the end of the value whose first token was just returned, which matters for containers.
    ///
    /// # Errors
    /// As [`Scanner::next`].
    pub fn skip(&mut self, text: &str, first: Event) -> Result<usize, JsonError> {
        if !matches!(first.token, Token::ObjectStart | Token::ArrayStart) {
            return Ok(first.end);
        }
        let outside = self.depth - 1;
        while self.depth > outside {
            self.token(text)?;
        }
        Ok(self.pos)
    }

    /// The next token; unlike [`Scanner::next`] it never looks beyond the end of the value.
    ///
    /// # Errors
    /// As [`Scanner::next`].
    pub fn token(&mut self, text: &str) -> Result<Event, JsonError> {
        let bytes = text.as_bytes();
        loop {
            self.skip_space(bytes);
            let start = self.pos;
            let byte = bytes.get(start).copied();
            match (self.state, byte) {
                (State::FirstKeyOrEnd | State::CommaOrEnd, Some(b'}')) if self.in_object() => {
                    return Ok(self.close(Token::ObjectEnd));
                }
                (State::FirstItemOrEnd | State::CommaOrEnd, Some(b']'))
                    if self.depth > 0 && !self.in_object() =>
                {
                    return Ok(self.close(Token::ArrayEnd));
                }
                (State::CommaOrEnd, Some(b',')) => {
                    self.pos += 1;
                    self.state = if self.in_object() { State::Key } else { State::Value };
                }
                (State::CommaOrEnd, _) => return self.fail(JsonErrorKind::ExpectedCommaOrEnd),
                (State::FirstKeyOrEnd | State::Key, Some(b'"')) => {
                    self.string(bytes)?;
                    self.state = State::Colon;
                    return Ok(Event { token: Token::Key, start, end: self.pos });
                }
                (State::FirstKeyOrEnd | State::Key, _) => return self.fail(JsonErrorKind::ExpectedKey),
                (State::Colon, Some(b':')) => {
                    self.pos += 1;
                    self.state = State::Value;
                }
                (State::Colon, _) => return self.fail(JsonErrorKind::ExpectedColon),
                (State::Value | State::FirstItemOrEnd, _) => return self.value(bytes, start, byte),
                (State::Done, _) => return self.fail(JsonErrorKind::TrailingText),
            }
        }
    }

    fn value(&mut self, bytes: &[u8], start: usize, byte: Option<u8>) -> Result<Event, JsonError> {
        let token = match byte {
            Some(b'{') => return Ok(self.open(true)),
            Some(b'[') => return Ok(self.open(false)),
            Some(b'"') => {
                self.string(bytes)?;
                Token::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number(bytes)?;
                Token::Number
            }
            _ => {
                let rest = &bytes[start..];
                let (token, len) = if rest.starts_with(b"true") {
                    (Token::True, 4)
                } else if rest.starts_with(b"false") {
                    (Token::False, 5)
                } else if rest.starts_with(b"null") {
                    (Token::Null, 4)
                } else {
                    return self.fail(JsonErrorKind::ExpectedValue);
                };
                self.pos += len;
                token
            }
        };
        self.after_value();
        Ok(Event { token, start, end: self.pos })
    }

    fn open(&mut self, object: bool) -> Event {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.spill.push(self.word);
            self.word = 0;
        }
        self.word = self.word << 1 | u64::from(object);
        self.depth += 1;
        self.pos += 1;
        self.state = if object { State::FirstKeyOrEnd } else { State::FirstItemOrEnd };
        let token = if object { Token::ObjectStart } else { Token::ArrayStart };
        Event { token, start: self.pos - 1, end: self.pos }
    }

    fn close(&mut self, token: Token) -> Event {
        self.word >>= 1;
        self.depth -= 1;
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.word = self.spill.pop().unwrap_or(0);
        }
        self.pos += 1;
        self.after_value();
        Event { token, start: self.pos - 1, end: self.pos }
    }

    fn after_value(&mut self) {
        self.state = if self.depth == 0 { State::Done } else { State::CommaOrEnd };
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        let open = self.pos;
        let mut i = open + 1;
        loop {
            match bytes.get(i) {
                Some(b'"') => break,
                Some(b'\\') => match bytes.get(i + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => i += 2,
                    Some(b'u')
                        if bytes.get(i + 2..i + 6).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit)) =>
                    {
                        i += 6;
                    }
                    _ => return Err(JsonError { at: i, kind: JsonErrorKind::BadEscape }),
                },
                Some(0..0x20) => return Err(JsonError { at: i, kind: JsonErrorKind::ControlCharacter }),
                Some(_) => i += 1,
                None => return Err(JsonError { at: open, kind: JsonErrorKind::UnclosedString }),
            }
        }
        self.pos = i + 1;
        Ok(())
    }

    fn number(&mut self, bytes: &[u8]) -> Result<(), JsonError> {
        let digits = |mut i: usize| {
            while bytes.get(i).is_some_and(u8::is_ascii_digit) {
                i += 1;
            }
            i
        };
        let bad = |at| Err(JsonError { at, kind: JsonErrorKind::BadNumber });
        let whole = self.pos + usize::from(bytes[self.pos] == b'-');
        let mut i = digits(whole);
        if i == whole || (bytes[whole] == b'0' && i > whole + 1) {
            return bad(whole);
        }
        if bytes.get(i) == Some(&b'.') {
            let fraction = i + 1;
            i = digits(fraction);
            if i == fraction {
                return bad(fraction);
            }
        }
        if matches!(bytes.get(i), Some(b'e' | b'E')) {
            let exponent = i + 1 + usize::from(matches!(bytes.get(i + 1), Some(b'+' | b'-')));
            i = digits(exponent);
            if i == exponent {
                return bad(exponent);
            }
        }
        self.pos = i;
        Ok(())
    }

    fn skip_space(&mut self, bytes: &[u8]) {
        while matches!(bytes.get(self.pos), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.pos += 1;
        }
    }

    fn fail<T>(&self, kind: JsonErrorKind) -> Result<T, JsonError> {
        Err(JsonError { at: self.pos, kind })
    }
}

/// Whether the whole text is one JSON value.
///
/// # Errors
/// The first place where it is not.
pub fn check(text: &str) -> Result<(), JsonError> {
    let mut scanner = Scanner::default();
    while scanner.next(text)?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_and_rejects_what_rfc_8259_does() {
        for good in
            ["0", "-0", " 1.5e+9 ", "\"\\u00e9\\n\"", "[]", "{}", "[[],{}]", "{\"a\":[1,2,{\"b\":null}]}"]
        {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, at) in [
            ("", 0),
            ("01", 0),
            ("1.", 2),
            ("-", 1),
            ("1e", 2),
            ("tru", 0),
            ("[1,]", 3),
            ("[1 2]", 3),
            ("{\"a\" 1}", 5),
            ("{a:1}", 1),
            ("{\"a\":1,}", 7),
            ("[1}", 2),
            ("{\"a\":1]", 6),
            ("\"a", 0),
            ("\"\\x\"", 1),
            ("\"\u{1}\"", 1),
            ("1 2", 2),
            ("]", 0),
        ] {
            assert_eq!(check(bad).map_err(|e| e.at), Err(at), "{bad}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(300_000) + &"]".repeat(300_000);
        assert_eq!(check(&deep), Ok(()));
        let mixed = "[{\"a\":".repeat(100_000) + "1" + &"}]".repeat(100_000);
        assert_eq!(check(&mixed), Ok(()));
        assert!(check(&mixed.replace("1}", "1]")).is_err());
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}:, "a\\01.e\-tfn]{0,12}"#) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            prop_assert_eq!(check(&text).is_ok(), theirs.is_ok(), "{}", text);
        }
    }
}
