use std::borrow::Cow;

use workbench::json::{Value, compact, quote_into};

/// A message with a head, as it came.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// A head alone.
    Text(&'a str),
    /// The length of the head, the head, and a payload.
    Binary(&'a [u8]),
}

/// A message with a head, to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// As a text message.
    Text(String),
    /// As a binary one.
    Binary(Vec<u8>),
}

/// A message that can't be read. The text says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(pub(crate) String);

impl<'a> Frame<'a> {
    /// The type, the head and the payload, which is empty for a head alone.
    pub(crate) fn read(self) -> Result<(Head<'a>, &'a [u8]), ReadError> {
        let (head, payload) = match self {
            Frame::Text(text) => (text, &b""[..]),
            Frame::Binary(bytes) => {
                let short = || {
                    ReadError(
                        "a binary message begins with the length of its head in two bytes, and the head"
                            .to_owned(),
                    )
                };
                let (len, rest) = bytes.split_first_chunk().ok_or_else(short)?;
                let len = usize::from(u16::from_be_bytes(*len));
                let (head, payload) = rest.split_at_checked(len).ok_or_else(short)?;
                let head =
                    std::str::from_utf8(head).map_err(|_| ReadError("a head is JSON in UTF-8".to_owned()))?;
                (head, payload)
            }
        };
        Ok((Head::parse(head, "a head")?, payload))
    }
}

impl Encoded {
    /// As it is read.
    #[must_use]
    pub fn as_frame(&self) -> Frame<'_> {
        match self {
            Encoded::Text(text) => Frame::Text(text),
            Encoded::Binary(bytes) => Frame::Binary(bytes),
        }
    }
}

/// A head that is read: each member is taken out, and none may be left.
#[derive(Debug)]
pub(crate) struct Head<'a> {
    pub(crate) kind: String,
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    /// The member `data` of a message, as it stands in its text.
    data: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// Reads a JSON object that has a type; `what` it is, for errors.
    pub(crate) fn parse(text: &'a str, what: &str) -> Result<Head<'a>, ReadError> {
        Self::parse_but(text, what, None)
    }

    /// The same with a member `data` of any kind and depth, which is what people say to each other.
    pub(crate) fn parse_with_data(text: &'a str) -> Result<Head<'a>, ReadError> {
        Self::parse_but(text, "a message", Some("data"))
    }

    fn parse_but(text: &'a str, what: &str, data: Option<&str>) -> Result<Head<'a>, ReadError> {
        let (value, data) = Value::parse_but(text, data)
            .map_err(|error| ReadError(format!("{what} is a JSON object: {error}")))?;
        let Value::Object(members) = value else {
            return Err(ReadError(format!("{what} is a JSON object with a type")));
        };
        let mut head = Head { kind: String::new(), members, data };
        head.kind = head.string("type")?.ok_or_else(|| ReadError(format!("{what} has a type")))?;
        Ok(head)
    }

    pub(crate) fn of(kind: &str, value: Value<'a>) -> Result<Head<'a>, ReadError> {
        match value {
            Value::Object(members) => Ok(Head { kind: kind.to_owned(), members, data: None }),
            _ => Err(ReadError(format!("{kind} is a JSON object"))),
        }
    }

    /// A member, unless it is missing or null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let place = self.members.iter().position(|(there, _)| there == name)?;
        Some(self.members.remove(place).1).filter(|value| *value != Value::Null)
    }

    /// The data without white space, and else to the byte as it came; empty where there is none, or `null`.
    pub(crate) fn take_data(&mut self) -> Vec<u8> {
        let data = self.data.take().filter(|data| *data != "null").map(compact);
        // What was read once is JSON.
        data.transpose().ok().flatten().unwrap_or_default().into_bytes()
    }

    fn wrong(&self, name: &str, expected: &str) -> ReadError {
        let of = if self.kind.is_empty() { String::new() } else { format!(" of {}", self.kind) };
        ReadError(format!("{name}{of} is {expected}"))
    }

    pub(crate) fn read<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl FnOnce(Value<'a>) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.wrong(name, expected)),
        }
    }

    pub(crate) fn string(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        self.read(name, "a string", into_string)
    }

    pub(crate) fn bool(&mut self, name: &str) -> Result<Option<bool>, ReadError> {
        self.read(name, "true or false", |value| value.as_bool())
    }

    pub(crate) fn number(&mut self, name: &str) -> Result<Option<u64>, ReadError> {
        self.read(name, "a whole number", |value| value.as_u64())
    }

    pub(crate) fn strings(&mut self, name: &str) -> Result<Vec<String>, ReadError> {
        let all = self.read(name, "a list of strings", |value| match value {
            Value::Array(items) => items.into_iter().map(into_string).collect::<Option<Vec<_>>>(),
            _ => None,
        });
        Ok(all?.unwrap_or_default())
    }

    pub(crate) fn numbers(&mut self, name: &str) -> Result<Vec<u64>, ReadError> {
        let all = self.read(name, "a list of whole numbers", |value| match value {
            Value::Array(items) => items.iter().map(Value::as_u64).collect::<Option<Vec<_>>>(),
            _ => None,
        });
        Ok(all?.unwrap_or_default())
    }

    /// Names and values, in order.
    pub(crate) fn pairs(&mut self, name: &str) -> Result<Vec<(String, String)>, ReadError> {
        let pair = |value| match value {
            Value::Array(items) => {
                let [name, value] = <[Value<'_>; 2]>::try_from(items).ok()?;
                Some((into_string(name)?, into_string(value)?))
            }
            _ => None,
        };
        let all = self.read(name, "a list of pairs such as [\"Name\", \"value\"]", |value| match value {
            Value::Array(items) => items.into_iter().map(pair).collect::<Option<Vec<_>>>(),
            _ => None,
        });
        Ok(all?.unwrap_or_default())
    }

    /// A head within this one.
    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Head<'a>>, ReadError> {
        self.take(name).map(|value| Head::of(name, value)).transpose()
    }

    pub(crate) fn needs<T>(&self, name: &str, value: Option<T>) -> Result<T, ReadError> {
        value.ok_or_else(|| ReadError(format!("{} needs {name}", self.kind)))
    }

    /// All was read.
    pub(crate) fn end(self) -> Result<(), ReadError> {
        let data = self.data.filter(|data| *data != "null").map(|_| "data");
        let member = self.members.first().filter(|(_, value)| *value != Value::Null);
        match member.map(|(name, _)| &**name).or(data) {
            Some(name) => Err(ReadError(format!("{} has no {}", self.kind, cut(name)))),
            None => Ok(()),
        }
    }
}

fn into_string(value: Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => Some(text.into_owned()),
        _ => None,
    }
}

/// As much of what somebody else wrote as an error quotes.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// A JSON object that is written, one member after the other.
#[derive(Debug)]
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn new(kind: &str) -> Writer {
        Writer::within().string("type", kind)
    }

    /// Of an object in a head.
    pub(crate) fn within() -> Writer {
        Writer("{".to_owned())
    }

    /// A member that is JSON already.
    pub(crate) fn raw(mut self, name: &str, json: &str) -> Writer {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        quote_into(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(json);
        self
    }

    pub(crate) fn string(self, name: &str, text: &str) -> Writer {
        self.raw(name, &workbench::json::quote(text))
    }

    pub(crate) fn optional(self, name: &str, text: Option<&str>) -> Writer {
        match text {
            Some(text) => self.string(name, text),
            None => self,
        }
    }

    pub(crate) fn number(self, name: &str, number: u64) -> Writer {
        self.raw(name, &number.to_string())
    }

    pub(crate) fn bool(self, name: &str, value: bool) -> Writer {
        self.raw(name, if value { "true" } else { "false" })
    }

    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = String>) -> Writer {
        let items: Vec<_> = items.into_iter().collect();
        self.raw(name, &format!("[{}]", items.join(",")))
    }

    pub(crate) fn strings<'t>(self, name: &str, texts: impl IntoIterator<Item = &'t String>) -> Writer {
        self.list(name, texts.into_iter().map(|text| workbench::json::quote(text)))
    }

    pub(crate) fn pairs(self, name: &str, pairs: &[(String, String)]) -> Writer {
        let quote = workbench::json::quote;
        self.list(name, pairs.iter().map(|(name, value)| format!("[{},{}]", quote(name), quote(value))))
    }

    pub(crate) fn json(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// As a head alone.
    pub(crate) fn text(self) -> Encoded {
        Encoded::Text(self.json())
    }

    /// With a payload. What a head holds here is far shorter than 64 KiB.
    pub(crate) fn with(self, payload: &[u8]) -> Encoded {
        let head = self.json();
        let mut bytes = Vec::with_capacity(2 + head.len() + payload.len());
        bytes.extend_from_slice(&u16::try_from(head.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(payload);
        Encoded::Binary(bytes)
    }
}
