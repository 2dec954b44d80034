//! What leaves the machine must not carry what the person marked as secret.

use super::{Answer, Options, Profile, Relay, Variable};
use crate::answers::Rule;
use crate::bytes::{from_base64, from_hex};
use crate::draft::Draft;
use crate::json::{Scanner, Token, quote, unescape};
use crate::library::{Library, Saved};
use crate::secrets::{
    LeftOut, Secret, clean_address, find, longest_first, note, percent_encode, sounds_secret,
};
use crate::view::Format;

/// A profile as it may be given to others, and what to say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Without what was left out.
    pub profile: Profile,
    /// What that is.
    pub left_out: Vec<LeftOut>,
    /// Names in messages and variables that sound like secrets and stand beside a value all the same.
    pub suspects: Vec<String>,
    /// How many messages it carries. Whether there are secrets in them, and in the rest of the address, only the person
    /// can tell.
    pub messages: usize,
}

impl Profile {
    /// The same without any secret: secret variables lose their values, and wherever such a value is written out,
    /// its placeholder takes its place. What cannot be rewritten so (a subprotocol, bytes in hex, an escaped
    /// spelling) is left out. User and password of an address go as well, and the values of its parameters that sound
    /// like secrets.
    ///
    /// Numbers, such as intervals and close codes, are not looked at.
    #[must_use]
    pub fn without_secrets(&self) -> Profile {
        let secrets = self.secrets();
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
            transport: self.options.transport,
            relay: hide_relay(&self.options.relay, &secrets, &mut Vec::new()),
            answers: self
                .options
                .answers
                .iter()
                .map(|rule| Rule {
                    filter: hide(&rule.filter),
                    reply: hide_draft(&rule.reply),
                    ..rule.clone()
                })
                .collect(),
        };
        let leaks = |text: &str| secrets.iter().any(|secret| shows(text, &secret.value));
        Profile {
            name: hide(&self.name),
            group: hide(&self.group),
            url: hide_address(&self.url, &secrets, &mut Vec::new()),
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

    /// The same for others, with what there is to say about it.
    #[must_use]
    pub fn shared(&self) -> Shared {
        let profile = self.without_secrets();
        let mut left_out = Vec::new();
        hide_address(&self.url, &self.secrets(), &mut left_out);
        hide_relay(&self.options.relay, &self.secrets(), &mut left_out);
        for variable in self.variables.iter().filter(|variable| variable.secret && !variable.value.is_empty())
        {
            note(&mut left_out, LeftOut::Variable(variable.name.clone()));
        }
        let replies = profile.options.answers.iter().map(|rule| &rule.reply);
        let drafts =
            profile.options.opening.iter().chain([&profile.options.heartbeat.payload]).chain(replies);
        let saved = profile.messages.messages().iter().map(|saved| &saved.draft);
        let drafts: Vec<&Draft> = drafts.chain(saved).filter(|draft| !draft.text.is_empty()).collect();
        let mut suspects = Vec::new();
        for draft in &drafts {
            find_suspects(&without_placeholders(&draft.text), &mut suspects);
        }
        let open = profile.variables.iter().filter(|variable| !variable.secret && !variable.value.is_empty());
        for variable in open.filter(|variable| sounds_secret(&variable.name)) {
            suspects.push(variable.name.clone());
        }
        suspects.dedup();
        let own = Profile::default().options.heartbeat.payload;
        let messages = drafts.iter().filter(|draft| ***draft != own).count();
        Shared { profile, left_out, suspects, messages }
    }

    /// Secret values, the longest first: one may be part of another.
    fn secrets(&self) -> Vec<Secret> {
        let marked = self.variables.iter().filter(|variable| variable.secret && !variable.value.is_empty());
        let secret = |Variable { name, value, .. }: &Variable| Secret {
            value: value.clone(),
            placeholder: format!("{{{{{name}}}}}"),
        };
        let mut secrets: Vec<_> = marked.map(secret).collect();
        longest_first(&mut secrets);
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

fn hide(text: &str, secrets: &[Secret]) -> String {
    let mut out = text.to_owned();
    for secret in secrets {
        if out.contains(&secret.value) {
            out = out.replace(&secret.value, &secret.placeholder);
        }
    }
    // Another spelling, or a placeholder that itself spells a secret.
    if secrets.iter().any(|secret| shows(&out, &secret.value)) { String::new() } else { out }
}

/// A parameter whose value is a variable's gets the placeholder of that; only what is left is judged by its name.
fn hide_address(address: &str, secrets: &[Secret], left_out: &mut Vec<LeftOut>) -> String {
    let mut out = address.to_owned();
    for Secret { value, placeholder } in secrets {
        out = out.replace(&percent_encode(value), placeholder).replace(value, placeholder);
    }
    hide(&clean_address(&out, left_out), secrets)
}

/// Header fields whose names spell a secret are left out altogether.
fn hide_relay(relay: &Relay, secrets: &[Secret], left_out: &mut Vec<LeftOut>) -> Relay {
    let fill = |text: &str| {
        secrets
            .iter()
            .fold(text.to_owned(), |text, Secret { value, placeholder }| text.replace(value, placeholder))
    };
    let leaks = |text: &str| secrets.iter().any(|secret| shows(text, &secret.value));
    let mut clean =
        relay.map(fill).clean(left_out).map(|text| if leaks(text) { String::new() } else { text.to_owned() });
    clean.headers.retain(|(name, _)| !leaks(name));
    clean
}

fn hide_draft(draft: &Draft, secrets: &[Secret]) -> Draft {
    let bytes = match draft.format {
        Format::Text | Format::Json => None,
        Format::Hex => from_hex(&draft.text).ok(),
        Format::Base64 => from_base64(&draft.text).ok(),
    };
    let leaks = bytes
        .is_some_and(|bytes| secrets.iter().any(|secret| find(&bytes, secret.value.as_bytes()).is_some()));
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

/// Names that sound like secrets and are followed by something that could be their value, as in `token=x`,
/// `"token": "x"` or `Bearer x`.
fn find_suspects(text: &str, suspects: &mut Vec<String>) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let word = &rest[start..];
        let (word, after) = word.split_at(word.find(|c| !is_part(c)).unwrap_or(word.len()));
        let value = after.trim_start_matches(['"', '\'', ':', '=', ' ']);
        if sounds_secret(word) && value.len() < after.len() && value.starts_with(is_part) {
            suspects.push(word.to_owned());
        }
        rest = after;
    }
}
