//! The relay's protocol: what is written reads as the same, and what can't be followed is told why.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use proptest::prelude::*;
use protocol::fault::Kind;
use protocol::relay::{
    Command, Connect, Encoded, Event, Frame, Mounting, Opened, Step, Timings, TlsChoice, TlsSeen,
};

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn full() -> Connect {
    Connect {
        headers: vec![pair("Authorization", "Bearer s3cret"), pair("X", "\"\\\n")],
        subprotocols: vec!["a".to_owned(), "b".to_owned()],
        compression: false,
        auto_pong: false,
        timeout_ms: Some(5000),
        tls: TlsChoice {
            roots: Some("R".to_owned()),
            certificate: Some("C".to_owned()),
            key: Some("s3cret".to_owned()),
            accept_invalid: true,
        },
        proxy: Some("http://p:1".to_owned()),
        proxy_authorization: Some("Basic s3cret".to_owned()),
        ..Connect::new("wss://h/p?token=s3cret")
    }
}

#[test]
fn a_connect_reads_as_it_is_written() {
    for connect in [Connect::new("ws://a"), full()] {
        assert_eq!(Connect::read(connect.write().as_frame()).unwrap(), connect);
    }
    let Encoded::Text(text) = Connect::new("ws://a").write() else { panic!("a head alone") };
    assert_eq!(text, r#"{"type":"connect","url":"ws://a"}"#);
}

#[test]
fn what_may_be_secret_is_not_shown() {
    let shown = format!("{:?} {:?}", full(), full().tls);
    assert!(!shown.contains("s3cret") && shown.contains("Authorization"), "{shown}");
}

#[test]
fn commands_read_as_they_are_written() {
    for command in [
        Command::Send { kind: Kind::Text, fragment: None, payload: "ä".as_bytes() },
        Command::Send { kind: Kind::Binary, fragment: Some(7), payload: b"\0\xff" },
        Command::Ping(b"x"),
        Command::Pong(b""),
        Command::AutoPong(false),
        Command::Close(None),
        Command::Close(Some((4000, "why".to_owned()))),
    ] {
        assert_eq!(Command::read(command.write().as_frame()).unwrap(), command);
    }
    let Encoded::Binary(bytes) = Command::Ping(b"x").write() else { panic!("with a payload") };
    assert_eq!(bytes, b"\0\x0f{\"type\":\"ping\"}x");
    // A Ping or Pong without a payload, and an empty message, may be a head alone.
    assert_eq!(Command::read(Frame::Text(r#"{"type":"ping"}"#)).unwrap(), Command::Ping(b""));
}

#[test]
fn events_read_as_they_are_written() {
    let opened = Opened {
        address: "1.2.3.4:443".to_owned(),
        subprotocol: Some("a".to_owned()),
        compression: None,
        request_line: "GET / HTTP/1.1".to_owned(),
        request_headers: vec![pair("host", "h")],
        status: 101,
        response_headers: vec![pair("upgrade", "websocket")],
        timings: Timings { name: None, tcp: Some(2), proxy: Some(3), tls: Some(4), upgrade: Some(5) },
        tls: Some(TlsSeen {
            version: "TLSv1_3".to_owned(),
            cipher: "TLS13_AES_128_GCM_SHA256".to_owned(),
            certificates: vec!["AA==".to_owned()],
        }),
    };
    let message = |frames, fragments| Event::Message {
        at: 1,
        kind: Kind::Text,
        compressed: true,
        wire: 9,
        frames,
        fragments,
        payload: b"hello",
    };
    for event in [
        Event::Open(Box::new(opened)),
        Event::Failed {
            error: "no".to_owned(),
            step: Some(Step::Upgrade),
            response: Some((403, vec![pair("a", "b")])),
        },
        Event::Failed { error: "no".to_owned(), step: None, response: None },
        message(1, vec![]),
        message(3, vec![2, 0, 3]),
        Event::Ping { at: 1, answered: false, payload: b"p" },
        Event::Ping { at: 1, answered: true, payload: b"p" },
        Event::Pong { at: 1, payload: b"" },
        Event::Close { at: 1, code: Some(1000), reason: "bye".to_owned() },
        Event::Close { at: 1, code: None, reason: String::new() },
        Event::Ended { clean: true, reason: "peer closed".to_owned(), detail: String::new() },
        Event::Refused { error: "no".to_owned() },
    ] {
        assert_eq!(Event::read(event.write().as_frame()).unwrap(), event);
    }
    let many = message(100_000, vec![1; 100_000]);
    let encoded = many.write();
    let Event::Message { frames, fragments, payload, .. } = Event::read(encoded.as_frame()).unwrap() else {
        panic!("a message")
    };
    assert_eq!((frames, fragments.len(), payload), (100_000, 1000, &b"hello"[..]));
}

#[test]
fn what_can_t_be_followed_is_told_why() {
    for (text, why) in [
        ("", "a head is a JSON object"),
        ("[]", "a head is a JSON object"),
        ("{}", "a head has a type"),
        (r#"{"type":1}"#, "type is a string"),
        (r#"{"type":"send"}"#, "the first message is connect, not send"),
        (r#"{"type":"connect"}"#, "connect needs url"),
        (r#"{"type":"connect","url":1}"#, "url of connect is a string"),
        (r#"{"type":"connect","url":"a","header":[]}"#, "connect has no header"),
        (r#"{"type":"connect","url":"a","headers":{"a":"b"}}"#, "pairs such as"),
        (r#"{"type":"connect","url":"a","headers":[["a"]]}"#, "pairs such as"),
        (r#"{"type":"connect","url":"a","tls":{"key":"x"}}"#, "both certificate and key"),
        (r#"{"type":"connect","url":"a","tls":{"ca":"x"}}"#, "tls has no ca"),
    ] {
        let error = Connect::read(Frame::Text(text)).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    for (text, why) in [
        ("", "a target is a JSON object with a url"),
        ("[]", "a target is a JSON object"),
        ("{}", "a target needs url"),
        (r#"{"url":"a","compression":true}"#, "a target has no compression"),
        (r#"{"url":"a","tls":{"key":"x"}}"#, "both certificate and key"),
    ] {
        let error = Mounting::read(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    let mounting =
        Mounting::read(r#"{"url":"ws://h/?key=x","headers":[["Cookie","x"]],"tls":null}"#).unwrap();
    assert_eq!((&*mounting.headers[0].0, mounting.tls), ("Cookie", TlsChoice::default()));
    for (text, why) in [
        (r#"{"type":"sned"}"#, "sned is no command"),
        (r#"{"type":"connect","url":"a"}"#, "connect comes once"),
        (r#"{"type":"send","fragment":0}"#, "from 1"),
        (r#"{"type":"send","kind":"json"}"#, "text or binary"),
        (r#"{"type":"auto-pong"}"#, "auto-pong needs on"),
        (r#"{"type":"close","code":1005}"#, "1000-1003"),
        (r#"{"type":"close","code":70000}"#, "1000-1003"),
        (r#"{"type":"close","reason":"x"}"#, "without a code"),
        (r#"{"type":"close","code":1000,"why":"x"}"#, "close has no why"),
    ] {
        let error = Command::read(Frame::Text(text)).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
    for (bytes, why) in
        [(&b""[..], "two bytes"), (b"\0", "two bytes"), (b"\0\x05{}", "two bytes"), (b"\0\x01\xff", "UTF-8")]
    {
        let error = Command::read(Frame::Binary(bytes)).unwrap_err().to_string();
        assert!(error.contains(why), "{bytes:?}: {error}");
    }
    let long = Command::Ping(&[0; 126]).write();
    assert!(Command::read(long.as_frame()).unwrap_err().to_string().contains("125"));
    let text = Command::Send { kind: Kind::Text, fragment: None, payload: b"\xff" }.write();
    assert!(Command::read(text.as_frame()).unwrap_err().to_string().contains("UTF-8"));
}

proptest! {
    #[test]
    fn nothing_that_comes_is_too_much(bytes in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,100}") {
        let _ = Command::read(Frame::Binary(&bytes));
        let _ = Event::read(Frame::Binary(&bytes));
        let _ = Connect::read(Frame::Text(&text));
    }
}
