use proptest::prelude::*;

use super::*;
use crate::answers::{MAX_DELAY_MILLIS, Rule};
use crate::bytes::{from_base64, to_base64, to_base64url, to_hex};
use crate::connection::TransportKind;
use crate::json::Value;
use crate::library::Saved;
use crate::secrets::LeftOut;
use crate::template::is_name;
use crate::view::Format;

fn draft(format: Format, text: &str) -> Draft {
    Draft { format, text: text.to_owned() }
}

fn secret(name: &str, value: &str) -> Variable {
    Variable { name: name.to_owned(), value: value.to_owned(), secret: true }
}

fn named(group: &str, name: &str, url: &str) -> Profile {
    Profile { group: group.to_owned(), name: name.to_owned(), url: url.to_owned(), ..Profile::default() }
}

fn book(profiles: impl IntoIterator<Item = Profile>) -> Book {
    let mut book = Book::default();
    for profile in profiles {
        book.save(profile);
    }
    book
}

fn link_json(profile: &Profile) -> String {
    let link = profile.to_link();
    String::from_utf8(from_base64(link.strip_prefix(LINK_PREFIX).unwrap()).unwrap()).unwrap()
}

fn from_link(fragment: &str) -> Result<Profile, ProfileError> {
    Profile::from_link(fragment).expect("a profile's link")
}

/// Every text that a profile carries.
fn texts(profile: &Profile) -> Vec<String> {
    let options = &profile.options;
    let mut texts = vec![profile.name.clone(), profile.group.clone(), profile.url.clone()];
    texts.extend(profile.protocols.iter().cloned());
    texts.push(options.heartbeat.payload.text.clone());
    match &options.heartbeat.answer {
        Answer::Exact(text) | Answer::Contains(text) => texts.push(text.clone()),
        Answer::JsonField { name, value } => texts.extend([name.clone(), value.clone()]),
        Answer::Echo | Answer::AnyMessage | Answer::None => {}
    }
    texts.extend(options.opening.iter().map(|draft| draft.text.clone()));
    texts.extend(options.answers.iter().flat_map(|rule| [rule.filter.clone(), rule.reply.text.clone()]));
    texts.extend(profile.variables.iter().flat_map(|v| [v.name.clone(), v.value.clone()]));
    let Relay { headers, roots, certificate, key, proxy, proxy_authorization, .. } = &options.relay;
    texts.extend([roots, certificate, key, proxy, proxy_authorization].map(String::clone));
    texts.extend(headers.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
    for saved in profile.messages.messages() {
        texts.extend([saved.folder.clone(), saved.name.clone(), saved.draft.text.clone()]);
    }
    texts
}

#[test]
fn a_link_carries_what_differs_from_the_default_and_no_more() {
    let profile = Profile { protocols: vec!["mqtt".to_owned()], ..named("", "a", "ws://h/x") };
    assert_eq!(link_json(&profile), r#"{"v":1,"name":"a","url":"ws://h/x","protocols":["mqtt"]}"#);
    assert_eq!(from_link(&profile.to_link()), Ok(profile));
    assert!(Profile::from_link("").is_none() && Profile::from_link("#q=1").is_none());
}

#[test]
fn a_file_says_what_it_is_and_shows_every_setting() {
    let text = book([named("g", "a", "ws://h")]).to_json(true);
    assert_eq!(
        text,
        concat!(
            r#"{"heartwire":"heartwire-profiles","version":1,"profiles":[{"name":"a","group":"g","url":"ws://h","#,
            r#""protocols":[],"heartbeat":{"on":"auto","payload":{"format":"text","text":"heartwire-ping {token}"},"#,
            r#""answer":{"is":"echo"},"interval_ms":20000,"deadline_ms":10000,"even_when_busy":false,"#,
            r#""reconnect_when_missed":true},"reconnect":{"on":true,"min_ms":500,"max_ms":30000,"attempts":null,"#,
            r#""stop_codes":"1002-1003, 1007-1010, 4000-4999"},"opening":[],"answers":[],"transport":"browser","#,
            r#""relay":{"headers":[],"roots":"","certificate":"","key":"","proxy":"","proxy_authorization":"","#,
            r#""accept_invalid":false,"compression":true,"auto_pong":true,"fragment":null},"variables":[],"messages":[]}]}"#
        )
    );
}

#[test]
fn missing_members_have_defaults_and_unknown_ones_are_ignored() {
    let text = r#"{"heartwire":"heartwire-profiles","version":1,"later":[],"profiles":[
        {"name":" a ","colour":"red","heartbeat":{"interval_ms":5000,"shape":{}},"reconnect":null}]}"#;
    // `null` in place of an object is a mistake, unlike a member that is not there.
    assert_eq!(Book::from_json(text), Err(ProfileError::Field { number: 1, field: "reconnect" }));
    let read = Book::from_json(&text.replace(r#","reconnect":null"#, "")).unwrap();
    let mut expected = named("", "a", "");
    expected.options.heartbeat.interval_millis = 5000;
    assert_eq!(read.profiles(), [expected]);
}

#[test]
fn what_is_wrong_is_named() {
    let file = |profile: &str| {
        let good = r#"{"name":"good"}"#;
        Book::from_json(&format!(
            r#"{{"heartwire":"heartwire-profiles","version":1,"profiles":[{good},{profile}]}}"#
        ))
    };
    for (profile, field) in [
        ("1", "profiles"),
        ("{}", "name"),
        (r#"{"name":1}"#, "name"),
        (r#"{"name":"a","url":[]}"#, "url"),
        (r#"{"name":"a","protocols":"mqtt"}"#, "protocols"),
        (r#"{"name":"a","protocols":[1]}"#, "protocols"),
        (r#"{"name":"a","heartbeat":{"on":"often"}}"#, "heartbeat.on"),
        (r#"{"name":"a","transport":"pigeon"}"#, "transport"),
        (r#"{"name":"a","answers":[{"limit":0}]}"#, "answers"),
        (r#"{"name":"a","answers":[{"delay_ms":86400001}]}"#, "answers"),
        (r#"{"name":"a","answers":[{"reply":{"format":"text"}}]}"#, "answers"),
        (r#"{"name":"a","heartbeat":{"interval_ms":9}}"#, "heartbeat.interval_ms"),
        (r#"{"name":"a","heartbeat":{"deadline_ms":1.5}}"#, "heartbeat.deadline_ms"),
        (r#"{"name":"a","heartbeat":{"payload":"x"}}"#, "heartbeat.payload"),
        (r#"{"name":"a","heartbeat":{"answer":{"is":"later"}}}"#, "heartbeat.answer"),
        (r#"{"name":"a","heartbeat":{"answer":{"is":"json","name":"a"}}}"#, "heartbeat.answer"),
        (r#"{"name":"a","reconnect":{"min_ms":500,"max_ms":400}}"#, "reconnect.max_ms"),
        (r#"{"name":"a","reconnect":{"attempts":0}}"#, "reconnect.attempts"),
        (r#"{"name":"a","reconnect":{"stop_codes":"all"}}"#, "reconnect.stop_codes"),
        (r#"{"name":"a","opening":[{"format":"xml","text":""}]}"#, "opening"),
        (r#"{"name":"a","variables":[{"name":"a b"}]}"#, "variables"),
        (r#"{"name":"a","messages":[{"text":""}]}"#, "messages"),
    ] {
        assert_eq!(file(profile), Err(ProfileError::Field { number: 2, field }), "{profile}");
    }
    assert!(matches!(Book::from_json("{"), Err(ProfileError::Json(_))));
    assert_eq!(Book::from_json("[]"), Err(ProfileError::Kind));
    assert_eq!(Book::from_json(r#"{"log":{"version":"1.2"}}"#), Err(ProfileError::Kind));
    let later = r#"{"heartwire":"heartwire-profiles","version":2,"profiles":[]}"#;
    assert_eq!(Book::from_json(later), Err(ProfileError::Newer(2)));
}

#[test]
fn damaged_links_are_told_from_newer_ones() {
    let link = named("", "a", "ws://h").to_link();
    assert_eq!(from_link(&link[..link.len() - 3]), Err(ProfileError::Link));
    assert_eq!(from_link("#p=%%%"), Err(ProfileError::Link));
    let encode = |json: &str| format!("{LINK_PREFIX}{}", to_base64url(json.as_bytes()));
    assert_eq!(from_link(&encode(r#"{"v":9}"#)), Err(ProfileError::Newer(9)));
    assert_eq!(
        from_link(&encode(r#"{"v":1,"url":7}"#)),
        Err(ProfileError::Field { number: 1, field: "url" })
    );
    assert_eq!(from_link(&encode(r#"{"v":1}"#)), Ok(Profile::default()));
}

#[test]
fn a_secret_becomes_its_placeholder_or_goes() {
    let mut profile = named("", "s3cr&t!", "ws://u:pw@h/x?t=s3cr%26t!&u=s3cr&t!");
    profile.protocols = vec!["s3cr&t!".to_owned(), "mqtt".to_owned()];
    profile.variables = vec![
        secret("key", "s3cr&t!"),
        Variable { name: "copy".to_owned(), value: "xs3cr&t!".to_owned(), secret: false },
        Variable { name: "open".to_owned(), value: "1".to_owned(), secret: false },
    ];
    profile.options.opening = vec![
        draft(Format::Json, r#"{"login":"s3cr&t!"}"#),
        draft(Format::Json, r#"{"login":"s3cr\u0026t!"}"#),
        draft(Format::Hex, &to_hex(b"--s3cr&t!--")),
        draft(Format::Base64, &to_base64(b"-s3cr&t!--")),
        draft(Format::Text, "hello"),
    ];
    let shared = from_link(&profile.to_link()).unwrap();
    assert_eq!(shared.name, "{{key}}");
    assert_eq!(shared.url, "ws://h/x?t={{key}}&u={{key}}");
    assert_eq!(shared.protocols, ["mqtt"]);
    let opening: Vec<_> = shared.options.opening.iter().map(|draft| draft.text.as_str()).collect();
    assert_eq!(opening, [r#"{"login":"{{key}}"}"#, "", "", "", "hello"]);
    let values: Vec<_> = shared.variables.iter().map(|v| (v.name.as_str(), v.value.as_str())).collect();
    assert_eq!(values, [("key", ""), ("copy", ""), ("open", "1")]);
    assert!(shared.variables[0].secret, "the receiver is asked for it");
}

#[test]
fn passwords_leave_an_address_and_nothing_else_does() {
    let shared = |url: &str| named("", "a", url).without_secrets().url;
    assert_eq!(shared("wss://me:pass@h:1/p@q:r"), "wss://h:1/p@q:r");
    for url in ["ws://h/a:b@c", "h:80", "ws://{{host}}/x?y=ws://u:p@z"] {
        assert_eq!(shared(url), url);
    }
}

#[test]
fn a_link_says_what_was_left_out_and_promises_nothing_of_the_rest() {
    let url = |url: &str| named("", "a", url).shared();
    let key = url("wss://x.test/?key=AKIA123456");
    assert_eq!(key.profile.url, "wss://x.test/?key={{key}}");
    assert_eq!(key.left_out, [LeftOut::Parameter("key".to_owned())]);
    assert!(!key.profile.to_link().contains("AKIA"));
    assert_eq!(url("ws://me:pw@h/").left_out, [LeftOut::Userinfo]);
    let plain = url("ws://h/?access_token={{token}}");
    assert_eq!(
        (plain.left_out, plain.suspects, plain.messages),
        (vec![], vec![], 0),
        "the heartbeat is our own"
    );
    let mut profile = named("", "a", "ws://h");
    profile.options.opening =
        vec![draft(Format::Json, r#"{"Authorization": "Bearer eyJ", "author": "me", "t": "{{jwt}}"}"#)];
    profile.variables = vec![
        secret("jwt", "eyJx"),
        Variable { name: "password".to_owned(), value: "x".to_owned(), secret: false },
    ];
    let shared = profile.shared();
    assert_eq!(shared.left_out, [LeftOut::Variable("jwt".to_owned())]);
    assert_eq!(shared.suspects, ["Authorization", "Bearer", "password"]);
    assert_eq!(shared.messages, 1);
}

#[test]
fn a_parameter_with_the_value_of_a_variable_is_filled_by_it() {
    let mut profile = named("", "a", "ws://h/?token=a%20b&key=other");
    profile.variables = vec![secret("mine", "a b")];
    let shared = profile.shared();
    assert_eq!(shared.profile.url, "ws://h/?token={{mine}}&key={{key}}");
    assert_eq!(shared.left_out, [LeftOut::Parameter("key".into()), LeftOut::Variable("mine".into())]);
}

#[test]
fn a_file_without_secrets_does_not_undo_those_at_home() {
    let mine = named("", "a", "wss://u:p@x.test/?key=AKIA123456");
    let file = Book::from_json(&book([mine.clone()]).to_json(false)).unwrap();
    let mut home = book([mine.clone()]);
    assert_eq!(home.plan(&file).same, 1);
    home.merge(file, Conflict::TakeTheirs);
    assert_eq!(home.profiles(), [mine]);
}

#[test]
fn what_a_connection_gives_away_by_itself() {
    let mut options = Options { opening: vec![draft(Format::Json, "{{token}}")], ..Options::default() };
    options.heartbeat.payload = draft(Format::Text, "{{beat}}");
    let reply = |text| Rule { reply: draft(Format::Text, text), ..Rule::default() };
    options.answers = vec![reply("{{message}} {{mine}}"), Rule { enabled: false, ..reply("{{off}}") }];
    assert_eq!(options.gives("ws://{{host}}/?{{n}}", false), ["host", "mine", "token"]);
    assert_eq!(options.gives("ws://h", true), ["beat", "mine", "token"]);
    options.heartbeat.enabled = Switch::Off;
    assert_eq!(options.gives("ws://h", true), ["mine", "token"]);
}

#[test]
fn the_variables_it_needs() {
    let mut profile = named("{{not}}", "{{here}}", "ws://{{host}}/{{uuid}}");
    profile.options.opening =
        vec![draft(Format::Text, "{{ token }} {{{{x}} {{host}}"), draft(Format::Text, "{{broken")];
    let saved = draft(Format::Json, "{\"a\": {{room}}}");
    profile.messages.save(Saved { folder: String::new(), name: "a".to_owned(), draft: saved });
    assert_eq!(profile.needs().into_iter().collect::<Vec<_>>(), ["host", "room", "token"]);
}

#[test]
fn a_book_is_sorted_and_grouped() {
    let book =
        book([named("Work", "b", ""), named("", "z", ""), named("work", "a", ""), named("Work", "A", "")]);
    let groups: Vec<_> = book
        .groups()
        .map(|(group, all)| (group, all.iter().map(|p| p.name.as_str()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(groups, [("", vec!["z"]), ("Work", vec!["A", "b"]), ("work", vec!["a"])]);
}

#[test]
fn renaming_never_loses_a_profile() {
    let mut book = book([named("", "a", "1"), named("", "b", "2")]);
    assert_eq!(book.rename(("", "a"), ("", " b ")), Err(RenameError::Taken));
    assert_eq!(book.rename(("", "a"), ("x", " ")), Err(RenameError::Empty));
    assert_eq!(book.rename(("", "c"), ("", "d")), Err(RenameError::Missing));
    assert_eq!(book.rename(("", "a"), ("", "a")), Ok(()));
    assert_eq!(book.rename(("", "a"), ("g", "b")), Ok(()));
    assert_eq!(book.get("g", "b").unwrap().url, "1");
    assert_eq!(book.profiles().len(), 2);
}

#[test]
fn conflicts_are_planned_before_they_are_settled() {
    let mut theirs = named("", "a", "ws://theirs");
    theirs.options.reconnect.enabled = false;
    let others = book([theirs.clone(), named("", "same", "x"), named("g", "new", "y")]);
    let mine = book([named("", "a", "ws://mine"), named("", "a 2", ""), named("", "same", "x")]);
    let plan = mine.plan(&others);
    assert_eq!((plan.new, plan.same), (1, 1));
    assert_eq!(plan.differing, [(String::new(), "a".to_owned(), vec![Part::Url, Part::Reconnect])]);

    let merged = |conflict| {
        let mut book = mine.clone();
        let merge = book.merge(others.clone(), conflict);
        (merge, book)
    };
    let (merge, book) = merged(Conflict::KeepMine);
    assert_eq!(merge, Merge { added: 1, replaced: 0, kept: 2 });
    assert_eq!(book.get("", "a").unwrap().url, "ws://mine");
    let (merge, book) = merged(Conflict::TakeTheirs);
    assert_eq!(merge, Merge { added: 1, replaced: 1, kept: 1 });
    assert_eq!(book.get("", "a"), Some(&theirs));
    let (merge, book) = merged(Conflict::KeepBoth);
    assert_eq!(merge, Merge { added: 2, replaced: 0, kept: 1 });
    assert_eq!(book.get("", "a 3").unwrap().url, "ws://theirs");
}

#[test]
fn a_file_without_secrets_does_not_take_away_mine() {
    let mut profile = named("", "a", "ws://h");
    profile.variables = vec![secret("key", "s3cret")];
    profile.options.relay.key = "PEM".to_owned();
    profile.options.relay.headers = vec![("Authorization".to_owned(), "Basic eDp5".to_owned())];
    let mut book = book([profile.clone()]);
    let file = Book::from_json(&book.to_json(false)).unwrap();
    assert_eq!(file.profiles()[0].variables[0].value, "");
    assert_eq!(book.plan(&file).same, 1);
    profile.url = "ws://other".to_owned();
    let file = Book::from_json(&self::book([profile.without_secrets()]).to_json(true)).unwrap();
    book.merge(file, Conflict::TakeTheirs);
    assert_eq!(book.profiles(), [profile]);
}

fn name() -> impl Strategy<Value = String> {
    "[a-z_][a-z0-9_]{2,6}".prop_filter("not reserved", |name| is_name(name))
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let format = prop_oneof![Just(Format::Text), Just(Format::Json), Just(Format::Hex), Just(Format::Base64)];
    (format, ".{0,12}").prop_map(|(format, text)| Draft { format, text })
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(Answer::Echo),
        ".{0,6}".prop_map(Answer::Exact),
        ".{0,6}".prop_map(Answer::Contains),
        (".{0,6}", ".{0,6}").prop_map(|(name, value)| Answer::JsonField { name, value }),
        Just(Answer::AnyMessage),
        Just(Answer::None),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let bounds = (any::<bool>(), 0..=MAX_DELAY_MILLIS, prop::option::of(1..9_u64));
    (".{0,8}", any_draft(), bounds).prop_map(|(filter, reply, (enabled, delay_millis, limit))| Rule {
        enabled,
        filter,
        reply,
        delay_millis,
        limit,
    })
}

fn any_relay() -> impl Strategy<Value = Relay> {
    // Without what a link leaves out: any other text goes along as it is.
    let headers = prop::collection::vec(("X-[a-e]{1,3}", "([a-z{}é=]{1,6})?"), 0..3);
    let pem = ("[A-Z\n]{0,3}", "[A-Z\n]{0,3}", "(\\{\\{key\\}\\})?", "(http://p:[1-9])?");
    (headers, pem, any::<[bool; 3]>(), prop::option::of(1..9_u64)).prop_map(
        |(headers, (roots, certificate, key, proxy), [accept_invalid, compression, auto_pong], fragment)| {
            let proxy_authorization = if proxy.is_empty() { "" } else { "Basic {{proxy}}" }.to_owned();
            let files =
                Relay { headers, roots, certificate, key, proxy, proxy_authorization, ..Relay::default() };
            Relay { accept_invalid, compression, auto_pong, fragment, ..files }
        },
    )
}

fn any_options() -> impl Strategy<Value = Options> {
    let millis = || MIN_MILLIS..=MAX_MILLIS;
    let flags = (0..3_usize, any::<bool>(), any::<bool>(), any::<bool>());
    let codes = prop::collection::vec(1000..=4999_u16, 0..4);
    (
        any_draft(),
        any_answer(),
        (millis(), millis(), millis(), millis()),
        flags,
        codes,
        prop::option::of(1..9_u32),
    )
        .prop_flat_map(|(payload, answer, times, flags, codes, attempts)| {
            let switch = flags.0;
            let codes: Vec<_> = codes.into_iter().map(|code| code..=code).collect();
            let options = Options {
                heartbeat: Heartbeat {
                    enabled: [Switch::Auto, Switch::On, Switch::Off][switch],
                    payload,
                    answer,
                    interval_millis: times.0,
                    deadline_millis: times.1,
                    even_when_busy: flags.1,
                    reconnect_when_missed: flags.2,
                },
                reconnect: Reconnect {
                    enabled: flags.3,
                    min_delay_millis: times.2.min(times.3),
                    max_delay_millis: times.2.max(times.3),
                    max_attempts: attempts,
                    stop_codes: parse_codes(&format_codes(&codes)).unwrap(),
                },
                transport: TransportKind::ALL[switch],
                ..Options::default()
            };
            (prop::collection::vec(any_draft(), 0..3), prop::collection::vec(any_rule(), 0..3), any_relay())
                .prop_map(move |(opening, answers, relay)| Options {
                    opening,
                    answers,
                    relay,
                    ..options.clone()
                })
        })
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let variable =
        (name(), ".{0,8}", any::<bool>()).prop_map(|(name, value, secret)| Variable { name, value, secret });
    let saved = ("[a-z]{0,3}", "[a-z]{1,3}", any_draft()).prop_map(|(folder, name, draft)| Saved {
        folder,
        name,
        draft,
    });
    (
        ("[a-zé]{1,6}", "[a-z]{0,4}", "(ws://h/)?.{0,20}"),
        prop::collection::vec("[a-z.]{1,5}", 0..3),
        any_options(),
        prop::collection::vec(variable, 0..4),
        prop::collection::vec(saved, 0..4),
    )
        .prop_map(|((name, group, url), protocols, options, variables, saved)| {
            let mut messages = Library::default();
            for saved in saved {
                messages.save(saved);
            }
            Profile { name, group, url, protocols, options, variables, messages }
        })
}

/// A spelling of a secret as it may turn up in a text.
fn spelled(secret: &str, how: u8) -> String {
    match how % 5 {
        0 => secret.to_owned(),
        1 => secret.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        2 => format!(
            "{{\"a\":\"{}\"}}",
            secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
        ),
        3 => format!("[{}]", crate::json::quote(secret)),
        _ => format!("{secret}{secret}"),
    }
}

/// Whether a text gives a secret away to someone who decodes it.
fn gives_away(text: &str, secret: &str) -> bool {
    fn strings(value: &Value<'_>, secret: &str) -> bool {
        match value {
            Value::String(text) => text.contains(secret),
            Value::Array(items) => items.iter().any(|item| strings(item, secret)),
            Value::Object(members) => {
                members.iter().any(|(name, value)| name.contains(secret) || strings(value, secret))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    let decoded: String = {
        let bytes = text.as_bytes();
        let mut out = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let hex = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
            match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
                Some(byte) => (out.push(byte), at += 3).1,
                None => (out.push(bytes[at]), at += 1).1,
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    };
    text.contains(secret)
        || decoded.contains(secret)
        || Value::parse(text).is_ok_and(|value| strings(&value, secret))
}

proptest! {
    #[test]
    fn files_keep_everything(profiles in prop::collection::vec(any_profile(), 0..5)) {
        let book = book(profiles);
        prop_assert_eq!(Book::from_json(&book.to_json(true)), Ok(book.clone()));
        prop_assert_eq!(book.plan(&book).same, book.profiles().len());
        let mut merged = book.clone();
        merged.merge(book.clone(), Conflict::KeepBoth);
        prop_assert_eq!(merged, book);
    }

    #[test]
    fn links_keep_everything_but_secrets(mut profile in any_profile()) {
        let read = from_link(&profile.to_link()).unwrap();
        prop_assert_eq!(&read, &profile.without_secrets());
        // A link of what came by a link is the same link.
        prop_assert_eq!(read.to_link(), profile.to_link());
        profile.variables.clear();
        if !profile.url.contains('@') {
            prop_assert_eq!(from_link(&profile.to_link()), Ok(profile));
        }
    }

    /// Wherever and however a secret is written into a profile, neither a link nor a file carries it.
    #[test]
    fn no_secret_ever_leaves(
        mut profile in any_profile(),
        value in "[a-zA-Z0-9!&=/ \"\\\\é]{4,12}",
        places in prop::collection::vec((0..12_usize, any::<u8>()), 1..6),
    ) {
        profile.variables.retain(|variable| !variable.secret);
        for (place, how) in places {
            let text = format!("x{}y", spelled(&value, how));
            match place {
                0 => profile.name.push_str(&text),
                1 => profile.group.push_str(&text),
                2 => profile.url.push_str(&text),
                3 => profile.protocols.push(text),
                4 => profile.options.heartbeat.payload = draft(Format::Text, &text),
                5 => profile.options.heartbeat.answer = Answer::JsonField { name: text.clone(), value: text },
                6 => profile.options.opening.push(draft(Format::Json, &spelled(&value, how))),
                8 => profile.options.answers.push(Rule { filter: text.clone(), reply: draft(Format::Text, &text), ..Rule::default() }),
                9 => profile.options.relay = Relay {
                    headers: vec![("X-Room".to_owned(), text.clone()), (if parse_headers(&format!("{text}: x")).is_ok() { text.clone() } else { "X".to_owned() }, "x".to_owned()), ("Cookie".to_owned(), text.clone())],
                    key: text.clone(),
                    roots: text.clone(),
                    proxy_authorization: text.clone(),
                    proxy: text,
                    ..Relay::default()
                },
                7 => profile.variables.push(Variable { name: "open".to_owned(), value: text, secret: false }),
                _ => drop(profile.messages.save(Saved { folder: text.clone(), name: text.clone(), draft: draft(Format::Text, &text) })),
            }
        }
        let bytes = [b"ab", value.as_bytes()].concat();
        profile.options.opening.push(draft(Format::Hex, &to_hex(&bytes)));
        profile.options.opening.push(draft(Format::Base64, &to_base64(&bytes)));
        profile.variables.push(secret("key", &value));
        let file = Book::from_json(&book([profile.clone()]).to_json(false)).unwrap();
        for shared in [&from_link(&profile.to_link()).unwrap(), &file.profiles()[0]] {
            for text in texts(shared) {
                prop_assert!(!gives_away(&text, &value), "{text:?} gives {value:?} away");
            }
            for draft in &shared.options.opening {
                if let Ok(crate::view::Payload::Binary(sent)) = crate::view::Payload::parse(draft.format, &draft.text) {
                    prop_assert!(!sent.windows(value.len()).any(|part| part == value.as_bytes()));
                }
            }
        }
    }

    #[test]
    fn reading_never_fails_in_any_other_way(text in ".{0,80}") {
        let _ = Book::from_json(&text);
        let _ = Profile::from_link(&format!("#p={text}"));
    }
}
