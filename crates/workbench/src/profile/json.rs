//! Profiles as JSON.

use std::borrow::Cow;

use super::{
    Answer, Book, Heartbeat, LINK_PREFIX, MAX_MILLIS, MIN_MILLIS, Options, Profile, ProfileError, Reconnect,
    Relay, Switch, VERSION, Variable, format_codes, format_headers, parse_codes, parse_headers,
};
use crate::answers::{MAX_DELAY_MILLIS, MAX_RULES, Rule};
use crate::bytes::{from_base64, to_base64url};
use crate::connection::TransportKind;
use crate::draft::Draft;
use crate::json::Value;
use crate::library::{Library, Saved};
use crate::template::is_name;
use crate::view::Format;

/// What a file of profiles says it is.
const KIND: &str = "heartwire-profiles";

/// A value that a member cannot have.
type Field<T> = Result<T, &'static str>;

/// Members of an object. Those that have their default are left out if it is to be brief.
struct Members {
    brief: bool,
    members: Vec<(Cow<'static, str>, Value<'static>)>,
}

impl Book {
    /// The book as a file. Without `secrets` the secret variables have no values.
    #[must_use]
    pub fn to_json(&self, secrets: bool) -> String {
        let profiles = self.profiles().iter().map(|profile| match secrets {
            true => write_profile(profile, false),
            false => write_profile(&profile.without_secrets(), false),
        });
        let file = Value::Object(vec![
            (Cow::Borrowed("heartwire"), string(KIND)),
            (Cow::Borrowed("version"), number(VERSION)),
            (Cow::Borrowed("profiles"), Value::Array(profiles.collect())),
        ]);
        let mut out = String::new();
        file.write(&mut out);
        out
    }

    /// Reads what [`Book::to_json`] writes. Of two profiles with the same group and name the later counts.
    ///
    /// # Errors
    /// The text is something else, or a profile in it is damaged: nothing is read by halves.
    pub fn from_json(text: &str) -> Result<Book, ProfileError> {
        let file = Value::parse(text.trim_start_matches('\u{feff}'))?;
        if file.get("heartwire").and_then(Value::as_str) != Some(KIND) {
            return Err(ProfileError::Kind);
        }
        check_version(file.get("version"))?;
        let Some(Value::Array(profiles)) = file.get("profiles") else { return Err(ProfileError::Kind) };
        let mut book = Book::default();
        for (index, profile) in profiles.iter().enumerate() {
            let wrong = |field| ProfileError::Field { number: index + 1, field };
            let name = profile.get("name").ok_or(wrong("name"));
            let mut profile = read_profile(profile).map_err(wrong)?;
            name?;
            // A name that spelled a secret was left out.
            if profile.name.is_empty() {
                profile.name = book.free_name(&profile.group, "?");
            }
            book.save(profile);
        }
        Ok(book)
    }
}

impl Profile {
    /// The fragment of a link that carries this profile without its secrets: `#p=` and base64url of JSON.
    #[must_use]
    pub fn to_link(&self) -> String {
        let mut profile = write_profile(&self.without_secrets(), true);
        if let Value::Object(members) = &mut profile {
            members.insert(0, (Cow::Borrowed("v"), number(VERSION)));
        }
        let mut json = String::new();
        profile.write(&mut json);
        format!("{LINK_PREFIX}{}", to_base64url(json.as_bytes()))
    }

    /// Reads the fragment of a page's address; `None` if it is not of a profile.
    ///
    /// # Errors
    /// It is one, but damaged.
    pub fn from_link(fragment: &str) -> Option<Result<Profile, ProfileError>> {
        let encoded = fragment.strip_prefix(LINK_PREFIX)?;
        Some(decode_link(encoded))
    }
}

impl Members {
    fn new(brief: bool) -> Members {
        Members { brief, members: Vec::new() }
    }

    fn put<T: PartialEq>(
        &mut self,
        name: &'static str,
        value: &T,
        default: &T,
        write: impl Fn(&T) -> Value<'static>,
    ) {
        if !self.brief || value != default {
            self.members.push((Cow::Borrowed(name), write(value)));
        }
    }

    fn object(self) -> Value<'static> {
        Value::Object(self.members)
    }
}

fn decode_link(encoded: &str) -> Result<Profile, ProfileError> {
    // Mail programs and chats escape what a link carries, and cut or wrap it.
    let encoded = encoded.replace("%3D", "").replace("%3d", "");
    let bytes = from_base64(&encoded).map_err(|_| ProfileError::Link)?;
    let json = String::from_utf8(bytes).map_err(|_| ProfileError::Link)?;
    let value = Value::parse(&json).map_err(|_| ProfileError::Link)?;
    check_version(value.get("v"))?;
    read_profile(&value).map_err(|field| ProfileError::Field { number: 1, field })
}

fn check_version(version: Option<&Value<'_>>) -> Result<(), ProfileError> {
    match version.and_then(Value::as_u64) {
        Some(version) if version > VERSION => Err(ProfileError::Newer(version)),
        Some(1..) => Ok(()),
        _ => Err(ProfileError::Kind),
    }
}

fn write_profile(profile: &Profile, brief: bool) -> Value<'static> {
    let default = Profile::default();
    let mut members = Members::new(brief);
    members.put("name", &profile.name, &default.name, |name| string(name));
    members.put("group", &profile.group, &default.group, |group| string(group));
    members.put("url", &profile.url, &default.url, |url| string(url));
    members.put("protocols", &profile.protocols, &default.protocols, |all| {
        Value::Array(all.iter().map(|name| string(name)).collect())
    });
    let (options, unset) = (&profile.options, &default.options);
    members.put("heartbeat", &options.heartbeat, &unset.heartbeat, |heartbeat| {
        write_heartbeat(heartbeat, brief)
    });
    members.put("reconnect", &options.reconnect, &unset.reconnect, |reconnect| {
        write_reconnect(reconnect, brief)
    });
    members.put("opening", &options.opening, &unset.opening, |all| {
        Value::Array(all.iter().map(write_draft).collect())
    });
    members.put("answers", &options.answers, &unset.answers, |all| {
        Value::Array(all.iter().map(|rule| write_rule(rule, brief)).collect())
    });
    members.put("transport", &options.transport, &unset.transport, |kind| string(kind.word()));
    members.put("relay", &options.relay, &unset.relay, |relay| write_relay(relay, brief));
    members.put("variables", &profile.variables, &default.variables, |all| {
        Value::Array(all.iter().map(|variable| write_variable(variable, brief)).collect())
    });
    members.put("messages", &profile.messages, &default.messages, |library| {
        Value::Array(library.messages().iter().map(|saved| write_saved(saved, brief)).collect())
    });
    members.object()
}

fn write_heartbeat(heartbeat: &Heartbeat, brief: bool) -> Value<'static> {
    let default = Heartbeat::default();
    let mut members = Members::new(brief);
    members.put("on", &heartbeat.enabled, &default.enabled, |on| match on {
        Switch::Auto => string("auto"),
        on => Value::Bool(*on == Switch::On),
    });
    members.put("payload", &heartbeat.payload, &default.payload, write_draft);
    members.put("answer", &heartbeat.answer, &default.answer, write_answer);
    members
        .put("interval_ms", &heartbeat.interval_millis, &default.interval_millis, |millis| number(*millis));
    members
        .put("deadline_ms", &heartbeat.deadline_millis, &default.deadline_millis, |millis| number(*millis));
    members.put("even_when_busy", &heartbeat.even_when_busy, &default.even_when_busy, |on| Value::Bool(*on));
    let (missed, unset) = (&heartbeat.reconnect_when_missed, &default.reconnect_when_missed);
    members.put("reconnect_when_missed", missed, unset, |on| Value::Bool(*on));
    members.object()
}

fn write_answer(answer: &Answer) -> Value<'static> {
    let (is, rest) = match answer {
        Answer::Echo => ("echo", vec![]),
        Answer::Exact(text) => ("exact", vec![("text", text)]),
        Answer::Contains(text) => ("contains", vec![("text", text)]),
        Answer::JsonField { name, value } => ("json", vec![("name", name), ("value", value)]),
        Answer::AnyMessage => ("any", vec![]),
        Answer::None => ("none", vec![]),
    };
    let mut members = vec![(Cow::Borrowed("is"), string(is))];
    members.extend(rest.into_iter().map(|(name, text)| (Cow::Borrowed(name), string(text))));
    Value::Object(members)
}

fn write_reconnect(reconnect: &Reconnect, brief: bool) -> Value<'static> {
    let default = Reconnect::default();
    let mut members = Members::new(brief);
    members.put("on", &reconnect.enabled, &default.enabled, |on| Value::Bool(*on));
    members.put("min_ms", &reconnect.min_delay_millis, &default.min_delay_millis, |millis| number(*millis));
    members.put("max_ms", &reconnect.max_delay_millis, &default.max_delay_millis, |millis| number(*millis));
    members.put("attempts", &reconnect.max_attempts, &default.max_attempts, |attempts| {
        attempts.map_or(Value::Null, |attempts| number(attempts.into()))
    });
    members
        .put("stop_codes", &reconnect.stop_codes, &default.stop_codes, |codes| string(&format_codes(codes)));
    members.object()
}

fn write_relay(relay: &Relay, brief: bool) -> Value<'static> {
    let default = Relay::default();
    let mut members = Members::new(brief);
    members.put("headers", &relay.headers, &default.headers, |all| {
        let pair = |(name, value): &(String, String)| Value::Array(vec![string(name), string(value)]);
        Value::Array(all.iter().map(pair).collect())
    });
    for (name, text) in [
        ("roots", &relay.roots),
        ("certificate", &relay.certificate),
        ("key", &relay.key),
        ("proxy", &relay.proxy),
        ("proxy_authorization", &relay.proxy_authorization),
    ] {
        members.put(name, text, &String::new(), |text| string(text));
    }
    for (name, on, unset) in [
        ("accept_invalid", &relay.accept_invalid, &default.accept_invalid),
        ("compression", &relay.compression, &default.compression),
        ("auto_pong", &relay.auto_pong, &default.auto_pong),
    ] {
        members.put(name, on, unset, |on| Value::Bool(*on));
    }
    members.put("fragment", &relay.fragment, &default.fragment, |bytes| bytes.map_or(Value::Null, number));
    members.object()
}

fn write_draft(draft: &Draft) -> Value<'static> {
    Value::Object(vec![
        (Cow::Borrowed("format"), string(draft.format.word())),
        (Cow::Borrowed("text"), string(&draft.text)),
    ])
}

fn write_rule(rule: &Rule, brief: bool) -> Value<'static> {
    let default = Rule::default();
    let mut members = Members::new(brief);
    members.put("on", &rule.enabled, &default.enabled, |on| Value::Bool(*on));
    members.put("filter", &rule.filter, &default.filter, |filter| string(filter));
    members.put("reply", &rule.reply, &default.reply, write_draft);
    members.put("delay_ms", &rule.delay_millis, &default.delay_millis, |millis| number(*millis));
    members.put("limit", &rule.limit, &default.limit, |limit| limit.map_or(Value::Null, number));
    members.object()
}

fn write_variable(variable: &Variable, brief: bool) -> Value<'static> {
    let mut members = Members::new(brief);
    members.put("name", &variable.name, &String::new(), |name| string(name));
    members.put("value", &variable.value, &String::new(), |value| string(value));
    members.put("secret", &variable.secret, &false, |secret| Value::Bool(*secret));
    members.object()
}

fn write_saved(saved: &Saved, brief: bool) -> Value<'static> {
    let mut members = Members::new(brief);
    members.put("folder", &saved.folder, &String::new(), |folder| string(folder));
    members.put("name", &saved.name, &String::new(), |name| string(name));
    let Value::Object(draft) = write_draft(&saved.draft) else { return members.object() };
    members.members.extend(draft);
    members.object()
}

fn read_profile(value: &Value<'_>) -> Field<Profile> {
    object(value, "profiles")?;
    let protocols = match value.get("protocols") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all
            .iter()
            .map(|name| name.as_str().map(str::to_owned).ok_or("protocols"))
            .collect::<Field<_>>()?,
        Some(_) => return Err("protocols"),
    };
    let mut messages = Library::default();
    for saved in array(value, "messages", read_saved)? {
        messages.save(saved);
    }
    Ok(Profile {
        name: text(value, "name", "name")?.unwrap_or_default().trim().to_owned(),
        group: text(value, "group", "group")?.unwrap_or_default().trim().to_owned(),
        url: text(value, "url", "url")?.unwrap_or_default(),
        protocols,
        options: Options {
            heartbeat: read_heartbeat(value.get("heartbeat"))?,
            reconnect: read_reconnect(value.get("reconnect"))?,
            opening: array(value, "opening", |draft| read_draft(draft, "opening"))?,
            answers: Some(array(value, "answers", read_rule)?)
                .filter(|rules| rules.len() <= MAX_RULES)
                .ok_or("answers")?,
            transport: match text(value, "transport", "transport")? {
                Some(word) => TransportKind::named(&word).ok_or("transport")?,
                None => TransportKind::default(),
            },
            relay: read_relay(value.get("relay"))?,
        },
        variables: array(value, "variables", read_variable)?,
        messages,
    })
}

fn read_heartbeat(value: Option<&Value<'_>>) -> Field<Heartbeat> {
    let default = Heartbeat::default();
    let Some(value) = value else { return Ok(default) };
    object(value, "heartbeat")?;
    Ok(Heartbeat {
        enabled: match value.get("on").and_then(Value::as_str) {
            Some("auto") => Switch::Auto,
            _ => flag(value, "on", "heartbeat.on")?.map_or(default.enabled, Switch::from),
        },
        payload: match value.get("payload") {
            Some(payload) => read_draft(payload, "heartbeat.payload")?,
            None => default.payload,
        },
        answer: read_answer(value.get("answer"))?,
        interval_millis: millis(value, "interval_ms", "heartbeat.interval_ms")?
            .unwrap_or(default.interval_millis),
        deadline_millis: millis(value, "deadline_ms", "heartbeat.deadline_ms")?
            .unwrap_or(default.deadline_millis),
        even_when_busy: flag(value, "even_when_busy", "heartbeat.even_when_busy")?
            .unwrap_or(default.even_when_busy),
        reconnect_when_missed: flag(value, "reconnect_when_missed", "heartbeat.reconnect_when_missed")?
            .unwrap_or(default.reconnect_when_missed),
    })
}

fn read_answer(value: Option<&Value<'_>>) -> Field<Answer> {
    const FIELD: &str = "heartbeat.answer";
    let Some(value) = value else { return Ok(Answer::default()) };
    let member = |name| text(value, name, FIELD)?.ok_or(FIELD);
    Ok(match text(value, "is", FIELD)?.as_deref() {
        Some("echo") => Answer::Echo,
        Some("exact") => Answer::Exact(member("text")?),
        Some("contains") => Answer::Contains(member("text")?),
        Some("json") => Answer::JsonField { name: member("name")?, value: member("value")? },
        Some("any") => Answer::AnyMessage,
        Some("none") => Answer::None,
        _ => return Err(FIELD),
    })
}

fn read_reconnect(value: Option<&Value<'_>>) -> Field<Reconnect> {
    let default = Reconnect::default();
    let Some(value) = value else { return Ok(default) };
    object(value, "reconnect")?;
    let min_delay_millis = millis(value, "min_ms", "reconnect.min_ms")?.unwrap_or(default.min_delay_millis);
    let max_delay_millis = millis(value, "max_ms", "reconnect.max_ms")?.unwrap_or(default.max_delay_millis);
    if max_delay_millis < min_delay_millis {
        return Err("reconnect.max_ms");
    }
    const ATTEMPTS: &str = "reconnect.attempts";
    Ok(Reconnect {
        enabled: flag(value, "on", "reconnect.on")?.unwrap_or(default.enabled),
        min_delay_millis,
        max_delay_millis,
        max_attempts: match value.get("attempts") {
            None | Some(Value::Null) => None,
            Some(attempts) => {
                let attempts = attempts.as_u64().and_then(|number| u32::try_from(number).ok());
                Some(attempts.filter(|number| *number > 0).ok_or(ATTEMPTS)?)
            }
        },
        stop_codes: match text(value, "stop_codes", "reconnect.stop_codes")? {
            Some(codes) => parse_codes(&codes).map_err(|_| "reconnect.stop_codes")?,
            None => default.stop_codes,
        },
    })
}

fn read_relay(value: Option<&Value<'_>>) -> Field<Relay> {
    const FIELD: &str = "relay";
    let default = Relay::default();
    let Some(value) = value else { return Ok(default) };
    object(value, FIELD)?;
    let line = |name| text(value, name, FIELD).map(Option::unwrap_or_default);
    let on = |name, default| flag(value, name, FIELD).map(|on| on.unwrap_or(default));
    let part = |pair: &Value<'_>, at: usize| Some(pair.items().get(at)?.as_str()?.to_owned());
    let pair = |pair: &Value<'_>| Some((part(pair, 0)?, part(pair, 1)?));
    let written = array(value, "headers", |written| pair(written).ok_or("relay.headers"))?;
    Ok(Relay {
        headers: parse_headers(&format_headers(&written)).map_err(|_| "relay.headers")?,
        roots: line("roots")?,
        certificate: line("certificate")?,
        key: line("key")?,
        proxy: line("proxy")?,
        proxy_authorization: line("proxy_authorization")?,
        accept_invalid: on("accept_invalid", default.accept_invalid)?,
        compression: on("compression", default.compression)?,
        auto_pong: on("auto_pong", default.auto_pong)?,
        fragment: match value.get("fragment") {
            None | Some(Value::Null) => None,
            Some(bytes) => Some(bytes.as_u64().filter(|bytes| *bytes > 0).ok_or("relay.fragment")?),
        },
    })
}

fn read_draft(value: &Value<'_>, field: &'static str) -> Field<Draft> {
    let format = text(value, "format", field)?;
    Ok(Draft {
        format: match format {
            Some(word) => Format::named(&word).ok_or(field)?,
            None => Format::default(),
        },
        text: text(value, "text", field)?.ok_or(field)?,
    })
}

fn read_rule(value: &Value<'_>) -> Field<Rule> {
    const FIELD: &str = "answers";
    let default = Rule::default();
    let whole = |name| match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(number) => number.as_u64().map(Some).ok_or(FIELD),
    };
    let (delay_millis, limit) = (whole("delay_ms")?.unwrap_or(default.delay_millis), whole("limit")?);
    if delay_millis > MAX_DELAY_MILLIS || limit == Some(0) {
        return Err(FIELD);
    }
    Ok(Rule {
        enabled: flag(value, "on", FIELD)?.unwrap_or(default.enabled),
        filter: text(value, "filter", FIELD)?.unwrap_or_default(),
        reply: match value.get("reply") {
            Some(reply) => read_draft(reply, FIELD)?,
            None => default.reply,
        },
        delay_millis,
        limit,
    })
}

fn read_variable(value: &Value<'_>) -> Field<Variable> {
    const FIELD: &str = "variables";
    Ok(Variable {
        name: text(value, "name", FIELD)?.filter(|name| is_name(name)).ok_or(FIELD)?,
        value: text(value, "value", FIELD)?.unwrap_or_default(),
        secret: flag(value, "secret", FIELD)?.unwrap_or(false),
    })
}

fn read_saved(value: &Value<'_>) -> Field<Saved> {
    const FIELD: &str = "messages";
    Ok(Saved {
        folder: text(value, "folder", FIELD)?.unwrap_or_default(),
        name: text(value, "name", FIELD)?.ok_or(FIELD)?,
        draft: read_draft(value, FIELD)?,
    })
}

fn object(value: &Value<'_>, field: &'static str) -> Field<()> {
    if matches!(value, Value::Object(_)) { Ok(()) } else { Err(field) }
}

fn array<T>(value: &Value<'_>, name: &'static str, read: impl Fn(&Value<'_>) -> Field<T>) -> Field<Vec<T>> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => all.iter().map(read).collect(),
        Some(_) => Err(name),
    }
}

fn text(value: &Value<'_>, name: &str, field: &'static str) -> Field<Option<String>> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string())),
        Some(_) => Err(field),
    }
}

fn flag(value: &Value<'_>, name: &str, field: &'static str) -> Field<Option<bool>> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_bool().map(Some).ok_or(field),
    }
}

fn millis(value: &Value<'_>, name: &str, field: &'static str) -> Field<Option<u64>> {
    match value.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let millis = value.as_u64().filter(|millis| (MIN_MILLIS..=MAX_MILLIS).contains(millis));
            millis.map(Some).ok_or(field)
        }
    }
}

fn string(text: &str) -> Value<'static> {
    Value::String(Cow::Owned(text.to_owned()))
}

fn number(number: u64) -> Value<'static> {
    Value::Number(Cow::Owned(number.to_string()))
}
