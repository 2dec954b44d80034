use crate::support::{ACCEPT, RawClient, TestServer, upgrade_request};
use serde_json::Value;
use std::io::ErrorKind;

fn ask(server: &TestServer, query: &str, changes: &[&str]) -> RawClient {
    let mut client = server.connect();
    client.send(upgrade_request(&format!("/ws?{query}"), changes).as_bytes());
    client
}

#[test]
pub(super) fn a_status_comes_with_when_and_where_to_go() {
    let server = TestServer::start();
    for status in [300, 304, 404, 429, 503, 599] {
        let response = ask(&server, &format!("handshake-status={status}&retry-after=7s"), &[]).response();
        assert_eq!((response.status, response.header("retry-after")), (status, Some("7")));
    }
    let response = ask(&server, "handshake-status=302&location=wss://elsewhere.example/ws", &[]).response();
    assert_eq!((response.status, response.header("location")), (302, Some("wss://elsewhere.example/ws")));
    // What is no good handshake is not answered so.
    assert_eq!(ask(&server, "handshake-status=503", &["Sec-WebSocket-Key:"]).response().status, 400);
}

#[test]
pub(super) fn an_answer_may_take_long_or_never_come() {
    let server = TestServer::start();
    assert_eq!(ask(&server, "handshake-delay=1..5ms", &[]).response().status, 101);
    for (label, fault) in [("slow", "handshake-delay=24h"), ("never", "handshake-hang=on")] {
        let mut client = ask(&server, &format!("label={label}&{fault}"), &[]);
        assert_eq!(server.get(&format!("/api/labels/{label}/wait-for?event=handshake"), &[]).status, 200);
        assert_eq!(
            server.get(&format!("/api/labels/{label}/wait-for?event=open&timeout=50ms"), &[]).status,
            409
        );
        // Who leaves is noticed.
        client.send(b"");
        drop(client);
        assert_eq!(server.get(&format!("/api/labels/{label}/wait-for?filter={label}"), &[]).status, 200);
    }
    // A server that stops waits for neither.
    let _client = ask(&server, "handshake-hang=on", &[]);
    server.stop.begin();
    server.join().unwrap();
}

#[test]
pub(super) fn the_accept_value_may_be_wrong() {
    let server = TestServer::start();
    let response = ask(&server, "handshake-accept=wrong", &[]).response();
    assert_eq!(response.status, 101);
    let accept = response.header("sec-websocket-accept").unwrap();
    assert!(accept != ACCEPT && accept.len() == ACCEPT.len(), "{accept}");
}

#[test]
pub(super) fn the_subprotocol_may_be_wrong_unrequested_or_missing() {
    let server = TestServer::start();
    let requested = "+Sec-WebSocket-Protocol: chat, other";
    for (fault, changes, answered) in [
        ("seed=1", &[requested][..], Some("chat")),
        ("handshake-protocol=wrong", &[requested], Some("heartwire.unrequested")),
        ("handshake-protocol=wrong", &[], None),
        ("handshake-protocol=unrequested", &[], Some("heartwire.unrequested")),
        ("handshake-protocol=missing", &[requested], None),
    ] {
        let response = ask(&server, fault, changes).response();
        assert_eq!(response.header("sec-websocket-protocol"), answered, "{fault}");
    }
}

#[test]
pub(super) fn headers_extensions_and_size_are_as_asked_for() {
    let server = TestServer::start();
    let query = "handshake-extension=unrequested&handshake-header=X-Served-By:%20blue&handshake-header=X-Other:a&handshake-head=64KiB";
    let mut client = ask(&server, query, &[]);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(client.read_exact(1));
    }
    assert_eq!(head.len(), 64 << 10);
    let head = String::from_utf8(head).unwrap();
    for line in ["sec-websocket-extensions: x-heartwire-unrequested", "x-served-by: blue", "x-other: a"] {
        assert!(head.lines().any(|there| there == line), "{line}");
    }
}

#[test]
fn a_head_is_filled_to_the_byte() {
    let server = TestServer::start();
    let head_of = |query: &str| {
        let mut client = ask(&server, query, &[]);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(client.read_exact(1));
        }
        head.len()
    };
    for fault in ["", "&handshake-status=503", "&handshake-status=304", "&handshake-header=Date:now"] {
        let least = head_of(&format!("handshake-head=1{fault}"));
        // From the shortest line of padding on, also where one line is not enough.
        for more in [13, 14, 100, 4109, 4110, 4121, 4122, 4123, 9000] {
            let wanted = least + more;
            assert_eq!(head_of(&format!("handshake-head={wanted}{fault}")), wanted, "{fault} {more}");
        }
    }
}

#[test]
fn headers_that_are_http_s_own_break_the_answer_and_not_the_server() {
    let server = TestServer::start();
    for header in [
        "Connection:close",
        "Connection:keep-alive",
        "Upgrade:h2c",
        "Date:never",
        "Sec-WebSocket-Accept:none",
        "Trailer:x",
    ] {
        for fault in ["seed=1", "handshake-status=503", "handshake-status=304"] {
            let mut client = ask(&server, &format!("{fault}&handshake-header={header}"), &[]);
            // Whatever comes of it: an answer, or the end.
            let mut first = [0; 9];
            if client.try_read(&mut first) {
                assert_eq!(&first, b"HTTP/1.1 ", "{header}");
            }
            assert_eq!(ask(&server, "", &[]).response().status, 101, "{header}");
        }
    }
}

#[test]
pub(super) fn tcp_is_reset_at_any_step() {
    let server = TestServer::start();
    for (step, read) in [("request", ""), ("head", "HTTP/1.1 101 "), ("open", "HTTP/1.1 101 ")] {
        let mut client = ask(&server, &format!("handshake-reset={step}"), &[]);
        assert_eq!(client.read_exact(read.len()), read.as_bytes(), "{step}");
        match client.try_read_to_end() {
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{step}"),
            Ok(rest) => panic!("{step}: {rest:?}"),
        }
    }
}

#[test]
fn a_seed_that_was_drawn_is_said() {
    let server = TestServer::start();
    let response = ask(&server, "drop=50%25", &[]).response();
    let seed = response.header("heartwire-seed").unwrap();
    assert!(seed.parse::<u64>().is_ok(), "{seed}");
    assert_eq!(ask(&server, "drop=50%25&seed=42", &[]).response().header("heartwire-seed"), Some("42"));
    assert_eq!(
        ask(&server, "echo=off", &[]).response().header("heartwire-seed"),
        None,
        "chance has no part in it"
    );
}

#[test]
pub(super) fn what_can_not_be_followed_is_refused_and_said() {
    let server = TestServer::start();
    for (query, said) in [
        ("dleay=5ms", "did you mean delay?"),
        ("delay=fast", "delay=fast can't be followed"),
        ("token=a&strict=on", "token is no parameter"),
        ("times=2", "times needs label"),
    ] {
        let response = ask(&server, query, &[]).response();
        assert_eq!(response.status, 400, "{query}");
        assert!(response.text().contains(said), "{query}: {}", response.text());
        assert_eq!(response.text().lines().count(), 1);
    }
    assert_eq!(ask(&server, "token=a&user=b", &[]).response().status, 101);
}

#[test]
pub(super) fn what_is_left_to_the_client_is_in_the_journal() {
    let server = TestServer::start();
    let _client = server.upgrade("/ws?label=mine&token=secret&drop=1%");
    let journal = server.get("/api/labels/mine/journal?event=handshake", &[]);
    let journal: Value = serde_json::from_slice(&journal.body).unwrap();
    let entry = &journal["entries"][0];
    assert_eq!((&entry["path"], &entry["number"]), (&Value::from("/ws"), &Value::from(1)));
    assert_eq!(entry["others"], Value::from(vec!["token"]));
    assert_eq!(entry["faults"], "drop=1%25&label=mine");
    assert!(!journal.to_string().contains("secret"));
}
