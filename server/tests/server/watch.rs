//! Connections listed, and watched while they go on.

use crate::support::{RawClient, TestServer, frame, upgrade_request};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use server::{ApiToken, Driver};
use workbench::entry::{Body, Direction, Kind, What};
use workbench::import::Import;
use workbench::store::{Limits, Store};

const PROTOCOL: &str = workbench::connection::WATCH_PROTOCOL;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;

fn list(server: &TestServer, query: &str) -> Value {
    let answer = server.get(&format!("/api/connections{query}"), &[]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// The number of the connection that opened last.
fn newest(server: &TestServer) -> u64 {
    list(server, "")["connections"][0]["connection"].as_u64().unwrap()
}

/// A client whose connection is there: it has been answered.
fn open(server: &TestServer, target: &str) -> RawClient {
    let mut client = server.upgrade(target);
    client.send(&frame(0x9, b"there?"));
    assert_eq!(client.frame(), (0x8a, b"there?".to_vec()));
    client
}

/// All lines up to the end of the connection.
fn recording(watcher: &mut RawClient) -> String {
    let mut lines = String::new();
    loop {
        match watcher.frame() {
            (0x81, text) => lines += std::str::from_utf8(&text).unwrap(),
            (0x88, close) => {
                assert_eq!(close[..2], 1000_u16.to_be_bytes());
                return lines;
            }
            other => panic!("{other:?}"),
        }
    }
}

fn with_both_drivers(test: impl Fn(&TestServer)) {
    for driver in [Driver::Reactor, Driver::Tokio] {
        test(&TestServer::start_with(|config| config.driver = driver));
    }
}

#[test]
fn all_connections_are_listed_newest_first() {
    with_both_drivers(|server| {
        let mut first = open(server, "/ws");
        let _second = open(server, "/ws?label=shown&delay=1ms");
        first.send(&frame(TEXT, b"hello"));
        assert_eq!(first.frame(), (0x81, b"hello".to_vec()));
        let all = list(server, "");
        assert_eq!(all["total"], 2);
        let [second, first] = [&all["connections"][0], &all["connections"][1]];
        assert_eq!((&first["path"], &first["label"]), (&json!("/ws"), &Value::Null));
        assert_eq!(
            (&first["messages_in"], &first["bytes_out"], &first["watchers"]),
            (&json!(1), &json!(5), &json!(0))
        );
        assert_eq!((&second["path"], &second["label"]), (&json!("/ws"), &json!("shown")));
        assert_eq!(second["faults"], "delay=1ms&label=shown");
        assert!(second["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(second["seconds"].as_f64().unwrap() < 60.0);
        assert_eq!(list(server, "?limit=1")["connections"].as_array().unwrap().len(), 1);
        for wrong in ["?limit=0", "?limit=10001", "?limit=x", "?newest"] {
            assert_eq!(server.get(&format!("/api/connections{wrong}"), &[]).status, 400);
        }
    });
}

#[test]
fn what_passes_is_told_as_a_recording() {
    with_both_drivers(|server| {
        let mut client = open(server, "/ws");
        let number = newest(server);
        let mut watcher = server.connect();
        let protocol = "Sec-WebSocket-Protocol: other, heartwire.watch.v1";
        watcher.send(upgrade_request(&format!("/ws/watch/{number}"), &[protocol]).as_bytes());
        let answer = watcher.response();
        assert_eq!(answer.header("sec-websocket-protocol"), Some("heartwire.watch.v1"));
        let (_, begin) = watcher.frame();
        let all = list(server, "");
        let all = all["connections"].as_array().unwrap();
        let watched = all.iter().find(|shown| shown["connection"] == number).unwrap();
        assert_eq!(watched["watchers"], 1);

        client.send(&frame(TEXT, "grüße".as_bytes()));
        assert_eq!(client.frame(), (0x81, "grüße".as_bytes().to_vec()));
        client.send(&[frame(BINARY, &[0, 255]), frame(0x9, b"?")].concat());
        client.frame();
        client.frame();
        client.send(&frame(0x8, b"\x0f\xa0bye"));
        client.expect_close(4000);
        // A task waits for the end of TCP.
        drop(client);

        let mut store = Store::new(Limits::default());
        let mut import = Import::new(String::from_utf8(begin).unwrap() + &recording(&mut watcher));
        while !import.step(&mut store, 100).unwrap().done {}
        assert_eq!(import.report().skipped, 0, "{:?}", import.report());
        let entries: Vec<_> =
            store.range(0..u64::MAX).map(|entry| (entry.direction, entry.kind, entry.body)).collect();
        let (out, back) = (Direction::Out, Direction::In);
        assert_eq!(
            entries,
            [
                (out, Kind::Message, Body::Text("grüße")),
                (back, Kind::Message, Body::Text("grüße")),
                (out, Kind::Message, Body::Binary(&[0, 255])),
                (back, Kind::Message, Body::Binary(&[0, 255])),
                (out, Kind::Ping, Body::Binary(b"?")),
                (back, Kind::Pong, Body::Binary(b"?")),
                (out, Kind::Note, Body::Text("the client sent a Close: 4000 bye")),
                (Direction::Local, Kind::Disconnected, Body::Text("peer closed")),
            ]
        );
        let last = store.range(0..u64::MAX).last().unwrap();
        assert_eq!((last.code, last.clean), (4000, true));
        assert_eq!(store.connections().next().unwrap().address, "/ws");
    });
}

#[test]
fn what_faults_make_of_it_is_told_too() {
    let server = TestServer::start();
    let mut client = open(&server, "/ws?duplicate=100%25&fragment=1&seed=1");
    let mut watcher = server.upgrade(&format!("/ws/watch/{}", newest(&server)));
    client.send(&frame(TEXT, b"ab"));
    let frames: Vec<_> = (0..4).map(|_| client.frame()).collect();
    assert_eq!(frames[0], (0x01, b"a".to_vec()));
    client.send(&frame(0x8, &[]));
    let lines = recording(&mut watcher);
    assert_eq!(lines.matches(r#""dir":"in","kind":"message","data":"ab""#).count(), 2, "{lines}");
    assert_eq!(lines.matches(r#""dir":"out","kind":"message","data":"ab""#).count(), 1, "{lines}");
}

#[test]
fn a_watcher_that_reads_nothing_holds_up_nobody_and_is_told_what_it_missed() {
    let server = TestServer::start_with(|config| config.socket.max_queue = 64 << 10);
    let mut client = open(&server, "/ws");
    let mut watcher = server.upgrade(&format!("/ws/watch/{}", newest(&server)));
    let message = frame(BINARY, &vec![7; 256 << 10]);
    // Far more than a watcher is kept.
    for _ in 0..200 {
        client.send(&message);
        assert_eq!(client.frame().1.len(), 256 << 10);
    }
    client.send(&frame(0x8, &[]));
    let mut store = Store::new(Limits::default());
    let mut import = Import::new(recording(&mut watcher));
    while !import.step(&mut store, 100).unwrap().done {}
    let lost: u64 = store
        .range(0..u64::MAX)
        .filter(|entry| entry.fact.what == What::Unseen)
        .map(|entry| entry.fact.count)
        .sum();
    let told = store.range(0..u64::MAX).filter(|entry| entry.kind == Kind::Message).count() as u64;
    assert!(lost > 0 && told > 0, "{told} told, {lost} lost");
    // The Close of the client is one of the things that passed.
    let closes = store.range(0..u64::MAX).filter(|entry| entry.kind == Kind::Note).count() as u64;
    assert_eq!(told + lost + closes, 401);
}

#[test]
fn only_what_is_there_is_watched_and_only_by_who_may() {
    let server = TestServer::start();
    let _client = open(&server, "/ws");
    let number = newest(&server);
    let ask = |target: &str, headers: &[&str]| {
        let mut client = server.connect();
        client.send(upgrade_request(target, headers).as_bytes());
        let response = client.response();
        (client, response.status, String::from_utf8(response.body).unwrap())
    };
    let watch = format!("/ws/watch/{number}");
    assert_eq!(ask("/ws/watch/x", &[]).1, 400);
    assert_eq!(ask("/ws/watch/999999", &[]).1, 404);
    let (_, status, text) = ask(&watch, &["+X-Forwarded-For: 192.0.2.1"]);
    assert_eq!((status, text.contains("--api-token")), (403, true), "{text}");
    assert_eq!(server.get("/api/connections", &["X-Forwarded-For: 192.0.2.1"]).status, 403);
    assert_eq!(ask(&watch, &["+Origin: https://elsewhere.example"]).1, 403);

    let mut watchers: Vec<_> = (0..8).map(|_| ask(&watch, &[])).collect();
    assert!(watchers.iter().all(|(_, status, _)| *status == 101));
    let (_, status, text) = ask(&watch, &[]);
    assert_eq!((status, text.contains("8 watchers")), (409, true), "{text}");
    // Who leaves makes room.
    let (mut gone, ..) = watchers.pop().unwrap();
    gone.frame();
    gone.send(&frame(0x8, &[]));
    while gone.frame().0 != 0x88 {}
    gone.expect_end();
    let (mut newcomer, status, text) = ask(&watch, &[]);
    assert_eq!(status, 101, "{text}");
    newcomer.frame();
    // Nobody watches watchers: two could tell each other of nothing but each other.
    let (_, status, text) = ask(&format!("/ws/watch/{}", newest(&server)), &[]);
    assert_eq!((status, text.contains("itself")), (409, true), "{text}");
}

#[test]
fn a_page_that_can_send_no_header_shows_the_token_as_a_subprotocol() {
    let secret = "0123456789+/=?abcdef";
    let server = TestServer::start_with(|config| config.api_token = Some(ApiToken::new(secret)));
    let _client = open(&server, "/ws");
    let watch = format!("/ws/watch/{}", newest(&server));
    let ask = |target: &str, protocols: &str| {
        let offered = format!("+Sec-WebSocket-Protocol: {protocols}");
        let mut client = server.connect();
        client.send(upgrade_request(target, &["+X-Forwarded-For: 192.0.2.1", &offered]).as_bytes());
        let response = client.response();
        (response.status, response.header("sec-websocket-protocol").map(str::to_owned))
    };
    let encode = |text: &str| format!("heartwire.token.{}", BASE64_URL_SAFE_NO_PAD.encode(text));
    assert_eq!(ask(&watch, PROTOCOL), (401, None));
    for wrong in
        ["heartwire.token.", &encode("0123456789+/=?abcdeg"), &encode(secret)[1..], "heartwire.token.?"]
    {
        assert!([400, 401].contains(&ask(&watch, &format!("{PROTOCOL}, {wrong}")).0), "{wrong}");
    }
    let token = encode(secret);
    for offered in [format!("{PROTOCOL}, {token}"), format!("{token}, {PROTOCOL}")] {
        assert_eq!(ask(&watch, &offered), (101, Some(PROTOCOL.to_owned())));
    }
    // No endpoint takes it for a subprotocol.
    assert_eq!(ask("/ws", &format!("{token}, chat")), (101, Some("chat".to_owned())));
    assert_eq!(ask("/ws", &token), (101, None));
}
