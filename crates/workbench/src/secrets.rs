//! What leaves the machine must not carry secrets: which ones there are, and how they are left out.
//!
//! Two things are known for sure: the values of variables that the person marked, and the user and password of an
//! address. Beyond that there is one list of words: a name that sounds like a secret ([`sounds_secret`]) has its value
//! left out as well. What neither says anything about cannot be judged, and no promise is made of it.

use std::borrow::Cow;

use crate::connection::Connection;
use crate::entry::What;
use crate::json::quote;
use crate::lower::lower;
use crate::small_map::sort_few;

/// Words that make a name sound like one of a secret wherever they stand in it: `myAccessToken`.
const ANYWHERE: [&str; 12] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "credential",
    "apikey",
    "accesskey",
    "authoriz",
    "bearer",
    "cookie",
    "session",
    "signature",
];

/// Words that do so only on their own: `api_key` and `apiKey`, but neither `monkey` nor `author`.
const ALONE: [&str; 9] = ["key", "pass", "pwd", "auth", "jwt", "sid", "sig", "otp", "pin"];

/// Values of fewer characters are not looked for in messages: they would be found everywhere.
const MIN_VALUE_CHARS: usize = 4;

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// User and password of the address.
    Userinfo,
    /// The value of this parameter of the address.
    Parameter(String),
    /// The value of this variable, wherever it stood.
    Variable(String),
    /// The value of this header field.
    Header(String),
    /// The private key.
    Key,
}

/// What a file is to be kept clear of. The default keeps everything, which is right for what stays on the machine.
#[derive(Debug, Default)]
pub struct Privacy {
    hidden: Option<Vec<Secret>>,
}

/// A value that stays at home, and the placeholder that stands for it.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) value: String,
    pub(crate) placeholder: String,
}

/// Whether a variable, parameter, header field or member of this name usually holds a secret.
#[must_use]
pub fn sounds_secret(name: &str) -> bool {
    // `apiKey`, `api-key` and `API_KEY` are the same words.
    let mut words = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_lower || !c.is_alphanumeric() {
            words.push(' ');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_alphanumeric() {
            words.push(c);
        }
    }
    let words = lower(&words);
    let joined = words.replace(' ', "");
    ANYWHERE.iter().any(|word| joined.contains(word))
        || words.split(' ').any(|word| ALONE.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// The address as it may be passed on: without user and password, and with placeholders for the values of parameters
/// that sound like secrets, `?key=AKIA1234` becomes `?key={{key}}`. Placeholders stay as they are. What was left out is
/// added to `left_out`.
#[must_use]
pub fn clean_address(address: &str, left_out: &mut Vec<LeftOut>) -> String {
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (&address[..scheme.len() + 3], rest),
        None => ("", address),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(userinfo, host)| {
        if !userinfo.is_empty() {
            note(left_out, LeftOut::Userinfo);
        }
        host
    });
    let mut out = format!("{scheme}{host}");
    let Some((path, query)) = tail.split_once('?') else { return out + tail };
    out.push_str(path);
    let (query, fragment) = query.split_at(query.find('#').unwrap_or(query.len()));
    for (i, part) in query.split('&').enumerate() {
        out.push(if i == 0 { '?' } else { '&' });
        match part.split_once('=') {
            Some((name, value)) if sounds_secret(name) && !is_placeholder(value) && !value.is_empty() => {
                out.push_str(&format!("{name}={{{{{}}}}}", variable_name(name)));
                note(left_out, LeftOut::Parameter(name.to_owned()));
            }
            _ => out.push_str(part),
        }
    }
    out + fragment
}

/// The value of a header field as it may be passed on: of one that sounds like a secret only placeholders, with the words
/// that stand in front of them in `Bearer {{token}}` and `session={{sid}}; user={{user}}`; else a placeholder for all of it.
#[must_use]
pub(crate) fn clean_header(name: &str, value: &str, left_out: &mut Vec<LeftOut>) -> String {
    if value.is_empty() || !sounds_secret(name) || names_placeholders(value) {
        return value.to_owned();
    }
    note(left_out, LeftOut::Header(name.to_owned()));
    format!("{{{{{}}}}}", variable_name(name))
}

/// Whether a text is made of placeholders, but for the words that may stand in front of them.
pub(crate) fn names_placeholders(value: &str) -> bool {
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("{{") {
        let word = before.trim_start_matches([';', ',', ' ']).trim_end_matches(['=', ' ']);
        let is_name =
            word.len() <= 24 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || b"-_".contains(&byte));
        let Some((_, after)) = after.split_once("}}").filter(|_| is_name) else { return false };
        rest = after;
    }
    rest.is_empty()
}

/// Whether a text is made of placeholders and says nothing by itself.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| !inner.contains(['{', '}']))
}

pub(crate) fn note(left_out: &mut Vec<LeftOut>, what: LeftOut) {
    if !left_out.contains(&what) {
        left_out.push(what);
    }
}

/// A name that a placeholder can have.
fn variable_name(parameter: &str) -> String {
    let name: String =
        parameter.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

impl Privacy {
    /// Keeps out the values of these variables (name and value), and from addresses and header fields what is a secret
    /// or sounds like one.
    #[must_use]
    pub fn hiding<'v>(variables: impl IntoIterator<Item = (&'v str, &'v str)>) -> Self {
        let mut secrets = Vec::new();
        for (name, value) in variables {
            if value.chars().count() < MIN_VALUE_CHARS {
                continue;
            }
            let quoted = quote(value);
            let spellings = [value.to_owned(), quoted[1..quoted.len() - 1].to_owned(), percent_encode(value)];
            for (i, spelling) in spellings.iter().enumerate() {
                if !spellings[..i].contains(spelling) {
                    let placeholder = format!("{{{{{name}}}}}");
                    secrets.push(Secret { value: spelling.clone(), placeholder });
                }
            }
        }
        longest_first(&mut secrets);
        Self { hidden: Some(secrets) }
    }

    /// The address of a connection.
    pub(crate) fn address<'c>(&self, connection: &'c Connection) -> Cow<'c, str> {
        self.link(&connection.address)
    }

    /// An address.
    fn link<'t>(&self, address: &'t str) -> Cow<'t, str> {
        match &self.hidden {
            None => address.into(),
            Some(_) => self.text(&clean_address(address, &mut Vec::new())).into_owned().into(),
        }
    }

    /// The text of an entry. What is no message may name addresses.
    pub(crate) fn body<'t>(&self, what: What, text: &'t str) -> Cow<'t, str> {
        if self.hidden.is_none() || what == What::Said || !text.contains("://") {
            return self.text(text);
        }
        let quotes = |c: char| c.is_whitespace() || matches!(c, '\'' | '"');
        text.split_inclusive(quotes).map(|part| self.link(part)).collect::<String>().into()
    }

    /// Where a connection led; empty where that is not to be known.
    pub(crate) fn url<'c>(&self, connection: &'c Connection) -> &'c str {
        if self.hidden.is_none() { &connection.url } else { "" }
    }

    /// A text of a message.
    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = Cow::Borrowed(text);
        for Secret { value, placeholder } in self.hidden.iter().flatten() {
            if out.contains(value.as_str()) {
                out = out.replace(value.as_str(), placeholder).into();
            }
        }
        out
    }

    /// The bytes of a message.
    pub(crate) fn bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut out = Cow::Borrowed(bytes);
        for Secret { value, placeholder } in self.hidden.iter().flatten() {
            if find(&out, value.as_bytes()).is_some() {
                out = replace(&out, value.as_bytes(), placeholder.as_bytes()).into();
            }
        }
        out
    }

    /// The value of a header field.
    pub(crate) fn header<'v>(&self, name: &str, value: &'v str) -> Cow<'v, str> {
        match self.hidden {
            Some(_) if sounds_secret(name) => "".into(),
            _ => self.text(value),
        }
    }
}

/// One value may be part of another.
pub(crate) fn longest_first(secrets: &mut [Secret]) {
    sort_few(secrets, |a, b| a.value.len() > b.value.len());
}

/// `encodeURIComponent`.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where a run of bytes begins.
pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(at) = find(rest, from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_in_any_spelling() {
        for name in [
            "key",
            "api_key",
            "apiKey",
            "API-KEY",
            "apikey",
            "X-Api-Key",
            "token",
            "accessToken",
            "id_token2",
            "jwt",
            "dbPassword",
            "passwd",
            "pass",
            "Authorization",
            "auth",
            "Cookie",
            "sessionid",
            "client_secret",
            "sid",
            "X-Amz-Signature",
            "sig",
            "key1",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in
            ["host", "room", "user", "monkey", "keyboard", "author", "compass", "design", "spin", "v", ""]
        {
            assert!(!sounds_secret(name), "{name}");
        }
    }

    #[test]
    fn addresses_lose_their_secrets_and_say_which() {
        for (address, clean, left) in [
            (
                "wss://x.test/?key=AKIA123456",
                "wss://x.test/?key={{key}}",
                &[LeftOut::Parameter("key".into())][..],
            ),
            ("ws://user:pw@h.test:81/a@b?x=1", "ws://h.test:81/a@b?x=1", &[LeftOut::Userinfo]),
            ("ws://user@h.test", "ws://h.test", &[LeftOut::Userinfo]),
            ("ws://{{user}}:{{pw}}@h.test/", "ws://h.test/", &[LeftOut::Userinfo]),
            (
                "wss://h/?t={{token}}&api-key=1&token=",
                "wss://h/?t={{token}}&api-key={{api_key}}&token=",
                &[LeftOut::Parameter("api-key".into())],
            ),
            ("wss://h/?token={{t}}#x", "wss://h/?token={{t}}#x", &[]),
            ("{{base}}/live?room=1", "{{base}}/live?room=1", &[]),
            ("", "", &[]),
        ] {
            let mut left_out = Vec::new();
            assert_eq!(clean_address(address, &mut left_out), clean);
            assert_eq!(left_out, left, "{address}");
        }
    }

    #[test]
    fn values_are_hidden_in_every_spelling() {
        let privacy = Privacy::hiding([("token", "ab\"c/d"), ("long", "xab\"c/dx"), ("short", "1")]);
        assert_eq!(
            privacy.text("1 ab\"c/d ab\\\"c/d ab%22c%2Fd xab\"c/dx"),
            "1 {{token}} {{token}} {{token}} {{long}}"
        );
        assert_eq!(privacy.bytes(b"\xFFab\"c/d\0"), &b"\xFF{{token}}\0"[..]);
        assert_eq!(
            (privacy.header("Authorization", "Basic x"), privacy.header("X-Room", "1")),
            ("".into(), "1".into())
        );
        assert_eq!(Privacy::default().text("ab\"c/d"), "ab\"c/d");
    }
}
