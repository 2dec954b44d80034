//! What leaves the machine must not carry what the person marked as secret.

use super::{Answer, Options, Profile, Variable};
use crate::bytes::{from_base64, from_hex};
use crate::draft::Draft;
use crate::json::{Scanner, Token, quote, unescape};
use crate::library::{Library, Saved};
use crate::small_map::sort_few;
use crate::view::Format;

/// Words beside which a value that nobody marked is likely to be a secret all the same.
const WORDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "api-key",
    "authorization",
    "bearer",
    "access_key",
];

/// A value that stays at home, and the placeholder that stands for it.
struct Secret<'p> {
    value: &'p str,
    placeholder: String,
}

impl Profile {
    /// The same without any secret: secret variables lose their values, and wherever such a value is written out,
    /// its placeholder takes its place. What cannot be rewritten so (a subprotocol, bytes in hex, an escaped
    /// spelling) is left out. The password of an address goes as well.
    ///
    /// Numbers, such as intervals and close codes, are not looked at.
    #[must_use]
    pub fn without_secrets(&self) -> Profile {
        let secrets: Vec<Secret<'_>> = self.secrets();
        let hide = |text: &str| hide(text, &secrets);
        let hide_draft = |draft: &Draft| hide_draft(draft, &secrets);
        let heartbeat = &self.options.heartbeat;
        let mut messages = Library::default();
        for saved in self.messages.messages() {
            let name = hide(&saved.name);
            if !name.is_empty() {
                messages.save(Saved { folder: hide(&saved.folder), name, draft: hide_draft(&saved.draft) });
            }
        }
        let options = Options {
            heartbeat: super::Heartbeat {
                payload: hide_draft(&heartbeat.payload),
                answer: match &heartbeat.answer {
                    Answer::Exact(text) => Answer::Exact(hide(text)),
                    Answer::Contains(text) => Answer::Contains(hide(text)),
                    Answer::JsonField { name, value } => {
                        Answer::JsonField { name: hide(name), value: hide(value) }
                    }
                    Answer::Echo | Answer::AnyMessage | Answer::None => heartbeat.answer.clone(),
                },
                ..heartbeat.clone()
            },
            reconnect: self.options.reconnect.clone(),
            opening: self.options.opening.iter().map(hide_draft).collect(),
        };
        let leaks = |text: &str| secrets.iter().any(|secret| shows(text, secret.value));
        Profile {
            name: hide(&self.name),
            group: hide(&self.group),
            url: hide_url(&without_password(&self.url), &secrets),
            protocols: self.protocols.iter().filter(|name| !leaks(name)).cloned().collect(),
            options,
            variables: self
                .variables
                .iter()
                .filter(|variable| !leaks(&variable.name))
                .map(hide_variable(&leaks))
                .collect(),
            messages,
        }
    }

    /// Whether something in the address or the messages looks like a secret that nobody marked: the word that
    /// gives it away. Worth a question before a link is given to others.
    #[must_use]
    pub fn suspicion(&self) -> Option<&'static str> {
        let shared = self.without_secrets();
        let drafts = shared.options.opening.iter().chain([&shared.options.heartbeat.payload]);
        let saved = shared.messages.messages().iter().map(|saved| &saved.draft);
        let texts = drafts.chain(saved).map(|draft| &draft.text).chain([&shared.url]);
        let open = shared.variables.iter().filter(|variable| !variable.secret && !variable.value.is_empty());
        let names = open.map(|variable| &variable.name);
        texts.chain(names).find_map(|text| {
            let text = text.to_ascii_lowercase();
            // What is a placeholder already is no secret: `token={{token}}`.
            let text = without_placeholders(&text);
            WORDS.into_iter().find(|word| mentions_value(&text, word))
        })
    }

    /// Secret values, the longest first: one may be part of another.
    fn secrets(&self) -> Vec<Secret<'_>> {
        let mut secrets: Vec<_> = self
            .variables
            .iter()
            .filter(|variable| variable.secret && !variable.value.is_empty())
            .map(|Variable { name, value, .. }| Secret { value, placeholder: format!("{{{{{name}}}}}") })
            .collect();
        sort_few(&mut secrets, |a, b| a.value.len() > b.value.len());
        secrets
    }
}

fn hide_variable(leaks: impl Fn(&str) -> bool) -> impl Fn(&Variable) -> Variable {
    // The value of a variable is not searched for placeholders, so it is kept as it is or not at all.
    move |variable| match variable.secret || leaks(&variable.value) {
        true => Variable { value: String::new(), ..variable.clone() },
        false => variable.clone(),
    }
}

fn hide(text: &str, secrets: &[Secret<'_>]) -> String {
    let mut out = text.to_owned();
    for secret in secrets {
        if out.contains(secret.value) {
            out = out.replace(secret.value, &secret.placeholder);
        }
    }
    // Another spelling, or a placeholder that itself spells a secret.
    if secrets.iter().any(|secret| shows(&out, secret.value)) { String::new() } else { out }
}

fn hide_url(url: &str, secrets: &[Secret<'_>]) -> String {
    let mut out = url.to_owned();
    for secret in secrets {
        out = out.replace(&percent_encode(secret.value), &secret.placeholder);
    }
    hide(&out, secrets)
}

fn hide_draft(draft: &Draft, secrets: &[Secret<'_>]) -> Draft {
    let bytes = match draft.format {
        Format::Text | Format::Json => None,
        Format::Hex => from_hex(&draft.text).ok(),
        Format::Base64 => from_base64(&draft.text).ok(),
    };
    let leaks = bytes.is_some_and(|bytes| {
        secrets
            .iter()
            .any(|secret| bytes.windows(secret.value.len()).any(|part| part == secret.value.as_bytes()))
    });
    let text = if leaks { String::new() } else { hide(&draft.text, secrets) };
    Draft { format: draft.format, text }
}

/// Whether a text spells a value: as it is, escaped for an address, or escaped in JSON.
fn shows(text: &str, value: &str) -> bool {
    if text.contains(value) || text.contains('%') && percent_decode(text).contains(value) {
        return true;
    }
    let quoted = quote(value);
    text.contains(&quoted[1..quoted.len() - 1]) || text.contains('\\') && shows_escaped(text, value)
}

/// Looks into the strings of a JSON text. One that breaks off is searched as far as it goes.
fn shows_escaped(text: &str, value: &str) -> bool {
    let mut scanner = Scanner::default();
    while let Ok(Some(event)) = scanner.next(text) {
        let is_string = matches!(event.token, Token::Key | Token::String);
        if is_string && unescape(&text[event.start..event.end]).contains(value) {
            return true;
        }
    }
    false
}

/// The address with its password left out: `ws://user:password@host` becomes `ws://user@host`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Some((user, host)) = rest[..end].rsplit_once('@') else { return url.to_owned() };
    let user = user.split_once(':').map_or(user, |(name, _)| name);
    format!("{scheme}://{user}@{host}{}", &rest[end..])
}

/// `encodeURIComponent`.
fn percent_encode(text: &str) -> String {
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

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).filter(|_| byte == b'%');
        let value = pair.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        out.push(value.unwrap_or(byte));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn without_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out
}

/// Whether the word is followed by something that could be its value, as in `token=x`, `"token": "x"`,
/// `Bearer x`, or is the whole text.
fn mentions_value(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let rest = text[at + word.len()..].trim_start_matches(['"', '\'', ':', '=', ' ']);
        text == word || rest.starts_with(|char: char| char.is_ascii_alphanumeric())
    })
}
