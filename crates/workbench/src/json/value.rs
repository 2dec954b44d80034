use std::borrow::Cow;

use jsontext::{JsonError, JsonErrorKind, Scanner, Token, quote_into, unescape};

use crate::decimal;

/// A [`Value`] nests at most this deep; dropping it recurses.
pub const MAX_VALUE_DEPTH: usize = 100;

/// A small JSON document in memory, for configuration and import. Numbers keep their digits.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as written.
    Number(Cow<'a, str>),
    /// A string, escapes resolved.
    String(Cow<'a, str>),
    /// Items in order.
    Array(Vec<Value<'a>>),
    /// Members in order; of two with the same name the first counts.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl<'a> Value<'a> {
    /// Reads one JSON value.
    ///
    /// # Errors
    /// The text is not JSON or nests deeper than [`MAX_VALUE_DEPTH`].
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        Self::parse_but(text, None).map(|(value, _)| value)
    }

    /// The same, but for the first member of the outermost object that is called so: that is given as it stands in the text,
    /// however deep it nests.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_but(text: &'a str, left_out: Option<&str>) -> Result<(Self, Option<&'a str>), JsonError> {
        let mut scanner = Scanner::default();
        let mut found = None;
        // Containers being filled, each with the name that waits for its value.
        let mut open: Vec<(Value<'a>, Option<Cow<'a, str>>)> = Vec::new();
        let mut root = None;
        while let Some(event) = scanner.next(text)? {
            let raw = &text[event.start..event.end];
            let done = match event.token {
                Token::ObjectStart | Token::ArrayStart => {
                    if open.len() == MAX_VALUE_DEPTH {
                        return Err(JsonError { at: event.start, kind: JsonErrorKind::TooDeep });
                    }
                    let object = event.token == Token::ObjectStart;
                    open.push((
                        if object { Value::Object(Vec::new()) } else { Value::Array(Vec::new()) },
                        None,
                    ));
                    continue;
                }
                Token::Key => {
                    let key = unescape(raw);
                    if found.is_none() && open.len() == 1 && left_out == Some(&*key) {
                        let first = scanner.token(text)?;
                        found = Some(&text[first.start..scanner.skip(text, first)?]);
                    } else if let Some((_, name)) = open.last_mut() {
                        *name = Some(key);
                    }
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => match open.pop() {
                    Some((value, _)) => value,
                    None => continue,
                },
                Token::String => Value::String(unescape(raw)),
                Token::Number => Value::Number(Cow::Borrowed(raw)),
                Token::True => Value::Bool(true),
                Token::False => Value::Bool(false),
                Token::Null => Value::Null,
            };
            match open.last_mut() {
                Some((Value::Object(members), name)) => members.push((name.take().unwrap_or_default(), done)),
                Some((Value::Array(items), _)) => items.push(done),
                _ => root = Some(done),
            }
        }
        let root = root.ok_or(JsonError { at: text.len(), kind: JsonErrorKind::ExpectedValue })?;
        Ok((root, found))
    }

    /// The member called `name`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        match self {
            Value::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The number rounded to a float, if it is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Number(digits) => decimal::parse(digits),
            _ => None,
        }
    }

    /// The number, if it is a whole one from 0 to `u64::MAX`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The items; empty if it is not an array.
    #[must_use]
    pub fn items(&self) -> &[Value<'a>] {
        match self {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// Appends the value as JSON without white space.
    pub fn write(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(digits) => out.push_str(digits),
            Value::String(text) => quote_into(out, text),
            Value::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Value::Object(members) => {
                out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    quote_into(out, name);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<u64> for Value<'_> {
    fn from(value: u64) -> Self {
        Value::Number(Cow::Owned(value.to_string()))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::String(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Value::String(Cow::Owned(text))
    }
}

impl<'a> FromIterator<Value<'a>> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = Value<'a>>>(items: I) -> Self {
        Value::Array(items.into_iter().collect())
    }
}

impl<'a> FromIterator<(&'a str, Value<'a>)> for Value<'a> {
    fn from_iter<I: IntoIterator<Item = (&'a str, Value<'a>)>>(members: I) -> Self {
        Value::Object(members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let text = r#"{"a":[1,2.50,{"b":null}],"c":"\"é\n","d":true,"e":{},"f":[]}"#;
        let value = Value::parse(text).unwrap();
        assert_eq!(value.get("a").unwrap().items()[1], Value::Number("2.50".into()));
        assert_eq!(value.get("c").unwrap().as_str(), Some("\"é\n"));
        let mut out = String::new();
        value.write(&mut out);
        assert_eq!(out, text);
    }

    #[test]
    fn refuses_excessive_depth() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(Value::parse(&deep(MAX_VALUE_DEPTH)).is_ok());
        assert_eq!(Value::parse(&deep(MAX_VALUE_DEPTH + 1)).unwrap_err().kind, JsonErrorKind::TooDeep);
    }
}
