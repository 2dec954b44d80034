//! The comma-separated lists of HTTP headers (RFC 9110 §5.6, which replaces the RFC 2616 §2 that RFC 6455 names).

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

/// A header that should be a list doesn't follow its grammar. In a handshake that fails the connection (RFC 6455 §9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header is not a well-formed list")]
pub struct MalformedList;

/// Whether the header, over all its lines, lists `token` in any case.
#[must_use]
pub fn lists_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// Whether `bytes` is a `token` of RFC 9110 §5.6.2: at least one of its characters and nothing else.
#[must_use]
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|byte| is_token_byte(*byte))
}

/// How often a header line of that name is there, and its value where that is once.
pub(crate) enum Lines<'a> {
    None,
    One(&'a HeaderValue),
    Many,
}

pub(crate) fn lines(headers: &HeaderMap, name: HeaderName) -> Lines<'_> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Lines::None,
        (Some(value), None) => Lines::One(value),
        (Some(_), Some(_)) => Lines::Many,
    }
}

/// Reads a list from the front. White space between the parts is skipped.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(line: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: line }
    }

    /// Skips commas with nothing between them, which a recipient has to put up with. Whether the line ends there.
    pub(crate) fn skip_empty_elements(&mut self) -> bool {
        while self.take(b',') {}
        self.rest.is_empty()
    }

    /// Behind an element: `true` behind a comma, `false` at the end of the line.
    pub(crate) fn end_of_element(&mut self) -> Result<bool, MalformedList> {
        if self.take(b',') {
            Ok(true)
        } else if self.rest.is_empty() {
            Ok(false)
        } else {
            Err(MalformedList)
        }
    }

    /// Takes `byte` where it comes next.
    pub(crate) fn take(&mut self, byte: u8) -> bool {
        self.skip_white_space();
        let Some(rest) = self.rest.strip_prefix(&[byte]) else { return false };
        self.rest = rest;
        self.skip_white_space();
        true
    }

    pub(crate) fn token(&mut self) -> Result<&'a str, MalformedList> {
        self.skip_white_space();
        let len = self.rest.iter().take_while(|byte| is_token_byte(**byte)).count();
        let (token, rest) = self.rest.split_at(len);
        self.rest = rest;
        match std::str::from_utf8(token) {
            Ok(token) if !token.is_empty() => Ok(token),
            _ => Err(MalformedList),
        }
    }

    pub(crate) fn token_or_quoted(&mut self) -> Result<String, MalformedList> {
        self.skip_white_space();
        let Some(rest) = self.rest.strip_prefix(b"\"") else { return self.token().map(ToOwned::to_owned) };
        let mut bytes = rest.iter();
        let mut value = Vec::new();
        loop {
            match bytes.next().ok_or(MalformedList)? {
                b'"' => break,
                b'\\' => value.push(*bytes.next().ok_or(MalformedList)?),
                byte => value.push(*byte),
            }
        }
        self.rest = bytes.as_slice();
        String::from_utf8(value).map_err(|_| MalformedList)
    }

    fn skip_white_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }
}

const fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Which bytes are `tchar` of RFC 9110 §5.6.2.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] = true;
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use http::header::CONNECTION;

    use super::*;

    #[test]
    fn tokens_are_found_in_any_case_and_on_any_line() {
        let mut headers = HeaderMap::new();
        headers.append(CONNECTION, HeaderValue::from_static("keep-alive,\tUPGRADE "));
        headers.append(CONNECTION, HeaderValue::from_static("te"));
        assert!(lists_token(&headers, CONNECTION, "upgrade"));
        assert!(lists_token(&headers, CONNECTION, "te"));
        assert!(!lists_token(&headers, CONNECTION, "keep"));
        assert!(!lists_token(&headers, CONNECTION, ""));
    }

    #[test]
    fn tokens_have_no_separators() {
        assert!(is_token(b"a-Z.9_~!"));
        for not in [&b""[..], b"a b", b"a,b", b"a;b", b"a=b", b"\"a\"", b"a/b", b"(a)", b"\x7f", b"\xc3\xa4"]
        {
            assert!(!is_token(not), "{not:?}");
        }
    }
}
