use std::fmt;

use http::HeaderMap;
use http::header::SEC_WEBSOCKET_EXTENSIONS;

use super::list::{Cursor, MalformedList, is_token};

/// One element of `Sec-WebSocket-Extensions` (RFC 6455 §9.1): in a request an offer, in a response an extension in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The registered name, such as `permessage-deflate`.
    pub name: String,
    /// Its parameters in the order in which they came. A name may appear twice; what that means is up to the extension.
    pub params: Vec<ExtensionParam>,
}

/// A parameter of an [`Extension`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionParam {
    /// What stands before the `=`, or all there is.
    pub name: String,
    /// What stands behind the `=`, out of its quotes where it had some.
    pub value: Option<String>,
}

impl Extension {
    /// Reads all `Sec-WebSocket-Extensions` lines as one list, in the client's order of preference (§9.1). No line is an
    /// empty list.
    ///
    /// # Errors
    /// A line that doesn't follow the grammar of §9.1, which must fail the connection.
    pub fn parse_all(headers: &HeaderMap) -> Result<Vec<Extension>, MalformedList> {
        let mut extensions = Vec::new();
        for line in headers.get_all(SEC_WEBSOCKET_EXTENSIONS) {
            parse_line(line.as_bytes(), &mut extensions)?;
        }
        Ok(extensions)
    }
}

/// As it stands in the header. Values are quoted only where they are no token.
impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for ExtensionParam { name, value } in &self.params {
            write!(f, "; {name}")?;
            match value {
                Some(value) if is_token(value.as_bytes()) => write!(f, "={value}")?,
                Some(value) => write!(f, "=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))?,
                None => {}
            }
        }
        Ok(())
    }
}

fn parse_line(line: &[u8], extensions: &mut Vec<Extension>) -> Result<(), MalformedList> {
    let mut cursor = Cursor::new(line);
    let before = extensions.len();
    loop {
        if cursor.skip_empty_elements() {
            break;
        }
        extensions.push(parse_extension(&mut cursor)?);
        if !cursor.end_of_element()? {
            break;
        }
    }
    if extensions.len() == before { Err(MalformedList) } else { Ok(()) }
}

fn parse_extension(cursor: &mut Cursor<'_>) -> Result<Extension, MalformedList> {
    let mut extension = Extension { name: cursor.token()?.to_owned(), params: Vec::new() };
    while cursor.take(b';') {
        let name = cursor.token()?.to_owned();
        let value = if cursor.take(b'=') { Some(cursor.token_or_quoted()?) } else { None };
        // "The value after quoted-string unescaping MUST conform to the 'token' ABNF" (§9.1).
        if value.as_ref().is_some_and(|value| !is_token(value.as_bytes())) {
            return Err(MalformedList);
        }
        extension.params.push(ExtensionParam { name, value });
    }
    Ok(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&str]) -> Result<Vec<String>, MalformedList> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, line.parse().unwrap());
        }
        Ok(Extension::parse_all(&headers)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn it_reads_the_grammar() {
        for (lines, expected) in [
            (&[][..], &[][..]),
            (&["foo"], &["foo"]),
            (&["foo, bar; baz=2"], &["foo", "bar; baz=2"]),
            (&["foo", "bar; baz=2"], &["foo", "bar; baz=2"]),
            (&["foo ;a = 1\t;  b,bar"], &["foo; a=1; b", "bar"]),
            (&["foo; a=\"1\"; b=\"x\\y\""], &["foo; a=1; b=xy"]),
            (&[", ,foo,,"], &["foo"]),
            (&["a; x; x=1"], &["a; x; x=1"]),
        ] {
            assert_eq!(parse(lines).unwrap(), expected, "{lines:?}");
        }
    }

    #[test]
    fn it_refuses_what_is_not_in_the_grammar() {
        for line in [
            "",
            " ",
            ",",
            "foo bar",
            "foo;",
            "foo; ;",
            "foo; a=",
            "foo; =1",
            "foo; a=1 2",
            "foo; a=\"",
            "foo; a=\"1",
            "foo; a=\"\"",
            "foo; a=\"1 2\"",
            "foo; a=\"1\"2",
            "foo; a=\"\\",
            "f@o",
            "foo=1",
            "foo, ;a",
            "\"foo\"",
            "foo; \"a\"=1",
        ] {
            assert_eq!(parse(&[line]), Err(MalformedList), "{line:?}");
        }
    }
}
