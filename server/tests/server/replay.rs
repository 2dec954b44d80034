//! Recordings that are played back: on the wire, with faults, and over the API.

use crate::support::{HttpResponse, RawClient, TestServer, frame_with_head, upgrade_request};
use serde_json::Value;
use server::assets::Bundle;
use server::{ApiToken, Config, ReplayFile, Server};
use std::path::PathBuf;

// The first byte of a whole frame.
const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

const HEADER: &str = r#"{"heartwire":"log","version":2,"created":"2025-11-26T11:00:00.000Z"}"#;
const SUBSCRIBE: &str = r#"{"op":"subscribe","id":1}"#;

/// The file of a conversation that lies beside the tests of the machine.
fn sample(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/protocol/tests/recordings").join(name)
}

fn serving(name: &str) -> TestServer {
    let file = sample(name);
    TestServer::start_with(|config| {
        config.replays = vec![ReplayFile::parse(&format!("feed={}", file.display())).unwrap()];
    })
}

fn json_of(response: &HttpResponse) -> Value {
    serde_json::from_str(response.text()).unwrap_or_else(|error| panic!("{error}: {}", response.text()))
}

fn open(server: &TestServer, target: &str, offered: &str) -> (RawClient, HttpResponse) {
    let mut client = server.connect();
    client.send(upgrade_request(target, &[offered]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 101, "{}", response.text());
    (client, response)
}

/// What comes from `after` the first answer on, up to the recorded Close.
fn expect_the_rest(client: &mut RawClient) {
    for (opcode, payload) in [
        (TEXT, &br#"{"ok":true,"id":1}"#[..]),
        (BINARY, &[0, 0xff]),
        (PING, "é".as_bytes()),
        (CLOSE, b"\x0f\xa1bye"),
    ] {
        assert_eq!(client.frame(), (opcode, payload.to_vec()));
    }
    client.send(&frame_with_head(CLOSE, b"\x0f\xa1bye"));
    client.expect_end();
}

#[test]
fn a_recording_is_played_back_byte_by_byte_in_both_modes() {
    let server = serving("heartwire.jsonl");
    let (mut client, response) =
        open(&server, "/ws/replay/feed?speed=100", "Sec-WebSocket-Protocol: feed.v2, feed.v1");
    assert_eq!(response.header("sec-websocket-protocol"), Some("feed.v1"));
    expect_the_rest(&mut client);

    let (mut client, response) = open(&server, "/ws/replay/feed?mode=lockstep", "X: none");
    assert_eq!(response.header("sec-websocket-protocol"), None);
    client.send(&frame_with_head(TEXT, SUBSCRIBE.as_bytes()));
    expect_the_rest(&mut client);
}

#[test]
fn files_of_other_programs_are_mounted_too() {
    for name in ["chromium.har", "mitmproxy.har", "httptoolkit.har", "proxyman.har", "playwright.har"] {
        let server = serving(name);
        let mut client = server.upgrade("/ws/replay/feed?mode=lockstep");
        client.send(&frame_with_head(TEXT, SUBSCRIBE.as_bytes()));
        assert_eq!(client.frame(), (TEXT, br#"{"ok":true,"id":1}"#.to_vec()), "{name}");
        assert_eq!(client.frame(), (BINARY, vec![0, 0xff]), "{name}");
    }
}

#[test]
fn who_says_something_else_is_told_the_difference() {
    let server = serving("heartwire.jsonl");
    let mut client =
        server.upgrade("/ws/replay/feed?mode=lockstep&match=json&on-mismatch=close&label=strict");
    client.send(&frame_with_head(TEXT, br#"{"op":"unsubscribe","id":1}"#));
    // The answer to the Close that is to come.
    client.send(&frame_with_head(CLOSE, b"\x11\x30"));
    let reason = client.expect_close(4400);
    let difference = "message 1 is not the recorded one: .op is \"unsubscribe\", recorded \"subscribe\"";
    assert_eq!(reason, difference);
    let journal = json_of(&server.get("/api/labels/strict/wait-for?event=mismatch", &[]));
    assert_eq!(journal["entries"][0]["difference"], difference);

    // A long difference is cut to what a Close holds, at a character.
    let mut client = server.upgrade("/ws/replay/feed?mode=lockstep&on-mismatch=close");
    client.send(&frame_with_head(TEXT, "é".repeat(60).as_bytes()));
    client.send(&frame_with_head(CLOSE, b"\x11\x30"));
    assert!(client.expect_close(4400).len() <= 123);

    // Unless it is to be closed, the recorded message is waited for.
    let mut client = server.upgrade("/ws/replay/feed?mode=lockstep&ignore=id&label=patient");
    client.send(&frame_with_head(TEXT, b"something else"));
    client.send(&frame_with_head(TEXT, br#"{"id":2,"op":"subscribe"}"#));
    expect_the_rest(&mut client);
    let journal = json_of(&server.get("/api/labels/patient/journal?event=mismatch", &[]));
    assert_eq!(journal["entries"].as_array().unwrap().len(), 1);
}

#[test]
fn faults_stand_in_front_of_it() {
    let server = serving("heartwire.jsonl");
    let mut client = server.upgrade("/ws/replay/feed?mode=lockstep&fragment=10");
    client.send(&frame_with_head(TEXT, SUBSCRIBE.as_bytes()));
    let mut head = client.read_exact(2);
    assert_eq!(head, [0x01, 10], "the first of two fragments");
    client.read_exact(10);
    head = client.read_exact(2);
    assert_eq!(head, [0x80, 8]);
    client.read_exact(8);

    let mut client = server.upgrade("/ws/replay/feed?mode=lockstep&drop=in:100%&strict=on");
    client.send(&frame_with_head(TEXT, SUBSCRIBE.as_bytes()));
    client.send(&frame_with_head(PING, b"still there?"));
    assert_eq!(client.frame(), (PONG, b"still there?".to_vec()), "its message never got there");

    let refused = server.get("/ws/replay/feed?handshake-status=503", &upgrade_headers());
    assert_eq!(refused.status, 503);
}

fn upgrade_headers() -> [&'static str; 4] {
    [
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
}

/// A recording of what two connections heard, the second of which broke.
fn two_connections(text: &str) -> String {
    let line = |id: u32, conn: u32, rest: &str| {
        format!("{{\"id\":{id},\"time\":{id},\"conn\":{conn},\"kind\":{rest}}}\n")
    };
    [
        HEADER,
        "\n",
        &line(1, 1, r#""message","dir":"in","data":"first""#),
        &line(2, 2, &format!(r#""message","dir":"in","data":"{text}""#)),
        &line(3, 2, r#""disconnected","dir":"local","data":"","code":1006,"what":"lost""#),
    ]
    .concat()
}

#[test]
fn connections_have_their_turn_or_are_chosen() {
    let server = TestServer::start();
    let upload = server.post("/api/replays/two", "application/jsonl", two_connections("second").as_bytes());
    assert_eq!(upload.status, 200, "{}", upload.text());
    let hears = |query: &str| {
        let mut client = server.upgrade(&format!("/ws/replay/two{query}"));
        (String::from_utf8(client.frame().1).unwrap(), client)
    };
    assert_eq!(hears("").0, "first");
    let (text, mut client) = hears("");
    assert_eq!(text, "second");
    client.expect_end();
    assert_eq!(hears("").0, "first");
    assert_eq!(hears("?connection=2").0, "second");
    let refused = server.get("/ws/replay/two?connection=3", &upgrade_headers());
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("has 2, counted from 1"), "{}", refused.text());
}

#[test]
fn a_connection_that_broke_loses_nothing_that_was_said_before() {
    // Delayed by a fault, and more than fits the way out at once.
    let server = TestServer::start_with(|config| config.socket.max_queue = 1 << 10);
    let text = "x".repeat(4 << 20);
    server.post("/api/replays/two", "application/jsonl", two_connections(&text).as_bytes());
    for query in ["", "&delay=20ms"] {
        let mut client = server.upgrade(&format!("/ws/replay/two?connection=2{query}"));
        assert_eq!(client.read_exact(10)[..2], [0x81, 127]);
        assert_eq!(client.read_exact(text.len()).len(), text.len());
        client.expect_end();
    }
}

#[test]
fn recordings_are_uploaded_listed_and_deleted() {
    let server = serving("heartwire.jsonl");
    let har = std::fs::read(sample("chromium.har")).unwrap();
    for (method, target, body, status, said) in [
        ("POST", "/api/replays/new", &har[..], 200, "/ws/replay/new"),
        ("POST", "/api/replays/new", b"oops", 400, "choose a .jsonl"),
        ("POST", "/api/replays/feed", &har, 409, "given on the command line"),
        ("DELETE", "/api/replays/feed", b"", 409, "given on the command line"),
        ("DELETE", "/api/replays/none", b"", 404, "GET /api/replays"),
        ("POST", "/api/replays/a%2fb", &har, 400, "is no name"),
    ] {
        let response = match method {
            "POST" => server.post(target, "application/octet-stream", body),
            _ => server.request(method, target, &[]),
        };
        assert_eq!(response.status, status, "{method} {target}: {}", response.text());
        assert!(response.text().contains(said), "{method} {target}: {}", response.text());
    }
    let list = json_of(&server.get("/api/replays", &[]));
    let names: Vec<_> = list["replays"].as_array().unwrap().iter().map(|replay| &replay["name"]).collect();
    assert_eq!(names, ["feed", "new"]);
    assert_eq!(list["replays"][1]["connections"][0]["messages"], 3);
    assert_eq!(list["parameters"][0]["name"], "mode");
    assert_eq!(server.request("DELETE", "/api/replays/new", &[]).status, 200);
    let gone = server.get("/ws/replay/new", &upgrade_headers());
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("--replay"), "{}", gone.text());
    let large = server.post("/api/replays/new", "application/jsonl", &vec![b' '; (16 << 20) + 1]);
    assert_eq!(large.status, 413);
}

#[test]
fn only_who_may_steer_may_upload() {
    let server = TestServer::start_with(|config| config.api_token = Some(ApiToken::new("0123456789abcdef")));
    let elsewhere = "X-Forwarded-For: 192.0.2.1";
    for method in ["POST", "DELETE"] {
        let response = server.request(method, "/api/replays/x", &[elsewhere, "Content-Length: 0"]);
        assert_eq!(response.status, 401, "{method}");
        let foreign =
            server.request(method, "/api/replays/x", &["Origin: https://evil.example", "Content-Length: 0"]);
        assert_eq!(foreign.status, 403, "{method}");
    }
    assert_eq!(server.get("/api/replays", &[elsewhere]).status, 401);
}

#[test]
fn what_is_uploaded_outlives_the_server_in_its_folder() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("replays-kept");
    let _ = std::fs::remove_dir_all(&folder);
    let start = || TestServer::start_with(|config| config.data_dir = Some(folder.clone()));
    let server = start();
    let file = two_connections("second");
    assert_eq!(server.post("/api/replays/kept", "application/jsonl", file.as_bytes()).status, 200);
    assert_eq!(server.post("/api/replays/gone", "application/jsonl", file.as_bytes()).status, 200);
    assert_eq!(server.request("DELETE", "/api/replays/gone", &[]).status, 200);
    drop(server);
    // A file that somebody damaged is left out, and the server starts.
    std::fs::write(folder.join("replays/bad.recording"), b"oops").unwrap();
    let server = start();
    let list = json_of(&server.get("/api/replays", &[]));
    let names: Vec<_> = list["replays"].as_array().unwrap().iter().map(|replay| &replay["name"]).collect();
    assert_eq!(names, ["kept"]);
    assert_eq!(server.upgrade("/ws/replay/kept").frame().1, b"first");
}

#[test]
fn a_file_that_can_not_be_played_back_keeps_the_server_from_starting() {
    let missing = ReplayFile::parse("no/such.jsonl").unwrap();
    let manifest = concat!("code=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let heartwire = sample("heartwire.jsonl");
    for (files, said) in [
        (vec![missing], "can't read no/such.jsonl"),
        (vec![ReplayFile::parse(manifest).unwrap()], "Cargo.toml: line 1: not a log"),
        (
            vec![ReplayFile::parse(heartwire.to_str().unwrap()).unwrap(); 2],
            "two recordings are called heartwire",
        ),
    ] {
        let config = Config { listen: vec![([127, 0, 0, 1], 0).into()], replays: files, ..Config::default() };
        let error = Server::bind(config, Bundle::new(&[])).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
