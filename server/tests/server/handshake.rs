//! The opening handshake on the wire (RFC 6455 section 4.2).

use crate::support::{ACCEPT, TestServer, frame, upgrade_request};

#[test]
fn a_good_handshake_is_answered_as_rfc6455_shows() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &[]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 101);
    assert_eq!(response.header("sec-websocket-accept"), Some(ACCEPT));
    assert!(response.header("upgrade").unwrap().eq_ignore_ascii_case("websocket"));
    assert!(response.header("connection").unwrap().eq_ignore_ascii_case("upgrade"));
    assert_eq!(response.header("sec-websocket-protocol"), None);
    assert_eq!(response.header("sec-websocket-extensions"), None);
}

#[test]
fn each_broken_handshake_has_its_status() {
    let server = TestServer::start();
    for (status, hint, changes) in [
        (426, "ws://", &["Upgrade:", "Connection:"][..]),
        (426, "ws://", &["Upgrade:"]),
        (426, "ws://", &["Upgrade: h2c"]),
        (426, "must be 13", &["Sec-WebSocket-Version: 8"]),
        (400, "exactly one Sec-WebSocket-Version", &["Sec-WebSocket-Version:"]),
        (400, "exactly one Sec-WebSocket-Version", &["+Sec-WebSocket-Version: 13"]),
        (400, "Connection: Upgrade is missing", &["Connection: keep-alive"]),
        (400, "exactly one Sec-WebSocket-Key", &["Sec-WebSocket-Key:"]),
        (400, "exactly one Sec-WebSocket-Key", &["Sec-WebSocket-Key: c2hvcnQ="]),
        (400, "exactly one Sec-WebSocket-Key", &["Sec-WebSocket-Key: !"]),
        (400, "exactly one Host", &["Host:"]),
        (400, "Sec-WebSocket-Protocol", &["Sec-WebSocket-Protocol: a b"]),
        (400, "no body", &["Content-Length: 2"]),
    ] {
        let mut client = server.connect();
        client.send(upgrade_request("/ws", changes).as_bytes());
        let response = client.response();
        assert_eq!(response.status, status, "{changes:?}");
        assert!(response.text().contains(hint), "{changes:?}: {}", response.text());
        assert_eq!(response.text().lines().count(), 1, "one line: {}", response.text());
        assert_eq!(response.header("sec-websocket-version").is_some(), status == 426);
        assert_eq!(response.header("upgrade").is_some(), status == 426);
    }
}

#[test]
fn http_1_0_and_other_methods_can_not_upgrade() {
    let server = TestServer::start();
    for (from, to, status) in [("HTTP/1.1", "HTTP/1.0", 400), ("GET", "POST", 405), ("GET", "OPTIONS", 204)] {
        let mut client = server.connect();
        client.send(upgrade_request("/ws", &[]).replace(from, to).as_bytes());
        assert_eq!(client.response().status, status, "{to}");
    }
    assert_eq!(server.request("HEAD", "/ws", &[]).status, 405);
    assert_eq!(server.request("DELETE", "/ws", &[]).header("allow"), Some("GET, OPTIONS"));
}

#[test]
fn the_connection_of_a_refused_handshake_stays_usable() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &["Sec-WebSocket-Key:"]).as_bytes());
    assert_eq!(client.response().status, 400);
    client.send(upgrade_request("/ws", &[]).as_bytes());
    assert_eq!(client.response().status, 101);
}

#[test]
fn frames_in_the_same_segment_as_the_handshake_are_read_first() {
    let server = TestServer::start();
    let mut client = server.connect();
    let first =
        [upgrade_request("/ws", &[]).as_bytes(), &frame(0x1, b"first"), &frame(0x2, b"second")].concat();
    client.send(&first);
    assert_eq!(client.response().status, 101);
    client.send(&frame(0x1, b"third"));
    assert_eq!(client.frame(), (0x81, b"first".to_vec()));
    assert_eq!(client.frame(), (0x82, b"second".to_vec()));
    assert_eq!(client.frame(), (0x81, b"third".to_vec()));
}

#[test]
fn a_frame_split_between_the_handshake_and_later_is_put_together() {
    let server = TestServer::start();
    let message = frame(0x1, b"in two halves");
    for split in 1..message.len() {
        let mut client = server.connect();
        client.send(&[upgrade_request("/ws", &[]).as_bytes(), &message[..split]].concat());
        assert_eq!(client.response().status, 101);
        client.send(&message[split..]);
        assert_eq!(client.frame(), (0x81, b"in two halves".to_vec()), "split at {split}");
    }
}

#[test]
fn the_first_offered_subprotocol_is_chosen() {
    let server = TestServer::start();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &["Sec-WebSocket-Protocol: chat.v2, chat"]).as_bytes());
    let response = client.response();
    assert_eq!((response.status, response.header("sec-websocket-protocol")), (101, Some("chat.v2")));
}
