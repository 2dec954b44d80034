use super::{CLOSE, PING, TEXT, until_pong};
use crate::support::{TestServer, frame};
use std::io::ErrorKind;

/// The Close that a client answers with.
fn close() -> Vec<u8> {
    frame(CLOSE, &[0x03, 0xe8])
}

#[test]
pub(super) fn a_close_comes_after_messages_bytes_or_a_time() {
    let server = TestServer::start();
    for (query, code, reason) in [
        ("close-after=2&code=4001&reason=enough", 4001, "enough"),
        ("close-after=2msg", 1000, ""),
        ("close-after=5B&code=1013", 1013, ""),
        ("restart-after=2&retry-after=9s", 1012, "retry-after=9"),
        ("restart-after=2", 1012, "retry-after=5"),
    ] {
        let mut client = server.upgrade(&format!("/ws?{query}"));
        for text in ["abc", "de"] {
            client.send(&frame(TEXT, text.as_bytes()));
        }
        assert_eq!(client.frame(), (0x81, b"abc".to_vec()), "{query}");
        assert_eq!(client.frame(), (0x81, b"de".to_vec()), "{query}");
        client.send(&close());
        assert_eq!(client.expect_close(code), reason, "{query}");
    }
    let mut client = server.upgrade("/ws?close-after=20ms&code=4002");
    assert_eq!(client.frame(), (0x88, vec![0x0f, 0xa2]));
    client.send(&close());
    client.expect_end();
}

#[test]
pub(super) fn a_close_may_be_short_for_one_behind_a_message() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?close=4001&reason=why");
    client.send(&frame(TEXT, b"x"));
    assert_eq!(client.frame(), (0x81, b"x".to_vec()));
    client.send(&close());
    assert_eq!(client.expect_close(4001), "why");
}

#[test]
fn a_close_may_be_empty() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?close-after=0&code=none");
    assert_eq!(client.frame(), (0x88, Vec::new()));
    client.send(&frame(CLOSE, b""));
    client.expect_end();
}

#[test]
pub(super) fn tcp_is_reset_or_ends_without_a_close() {
    let server = TestServer::start();
    for after in ["1", "1B", "10ms"] {
        let mut client = server.upgrade(&format!("/ws?reset-after={after}"));
        if !after.ends_with("ms") {
            client.send(&frame(TEXT, b"x"));
            assert_eq!(client.frame(), (0x81, b"x".to_vec()));
        }
        assert_eq!(client.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset, "{after}");

        let mut client = server.upgrade(&format!("/ws?fin-after={after}"));
        if !after.ends_with("ms") {
            client.send(&frame(TEXT, b"x"));
            assert_eq!(client.frame(), (0x81, b"x".to_vec()));
        }
        client.expect_end();
    }
}

#[test]
pub(super) fn who_vanished_says_nothing_and_keeps_tcp_open() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?vanish-after=1&label=gone");
    client.send(&frame(TEXT, b"x"));
    assert_eq!(client.frame(), (0x81, b"x".to_vec()));
    client.send(&frame(TEXT, b"y"));
    client.send(&frame(PING, b"there?"));
    client.send(&close());
    // It is still there: only so can it be ended.
    assert_eq!(server.get("/api/labels/gone/wait-for?event=ended&timeout=50ms", &[]).status, 409);
    assert_eq!(server.request("POST", "/api/labels/gone/kill?how=fin", &[]).status, 200);
    // In order, whatever it left unread.
    client.expect_end();
}

#[test]
fn who_vanished_does_not_keep_a_server_from_stopping() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?vanish-after=0&label=gone");
    assert_eq!(server.get("/api/labels/gone/wait-for?event=open", &[]).status, 200);
    server.stop.begin();
    client.expect_end();
    server.join().unwrap();
}

#[test]
pub(super) fn a_close_or_a_ping_may_stay_unanswered() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?ignore-close=on&label=deaf");
    client.send(&close());
    assert_eq!(server.get("/api/labels/deaf/wait-for?event=close", &[]).status, 200);
    assert_eq!(server.request("POST", "/api/labels/deaf/kill?how=fin", &[]).status, 200);
    client.expect_end();

    let mut client = server.upgrade("/ws?no-pong=on");
    client.send(&frame(PING, b"there?"));
    client.send(&frame(TEXT, b"x"));
    assert_eq!(client.frame(), (0x81, b"x".to_vec()));
}

#[test]
pub(super) fn the_first_connections_of_a_label_have_faults_and_then_none() {
    let server = TestServer::start();
    for number in 1..=4 {
        let mut client = server.upgrade("/ws?label=backoff&times=2&reset-after=0&drop=100%");
        if number <= 2 {
            assert_eq!(client.try_read_to_end().unwrap_err().kind(), ErrorKind::ConnectionReset);
        } else {
            client.send(&frame(TEXT, b"healthy"));
            assert_eq!(until_pong(&mut client), ["healthy"]);
        }
    }
    let mut client = server.upgrade("/ws?label=other&times=1&reset-after=0");
    assert!(client.try_read_to_end().is_err(), "each label counts for itself");
}
