//! What one connection may cost.

use crate::support::{TestServer, frame, frame_with_head};
use std::time::{Duration, Instant};

fn server(max_message_size: usize) -> TestServer {
    TestServer::start_with(|config| config.socket.max_message_size = max_message_size)
}

#[test]
fn a_message_of_exactly_the_limit_passes() {
    let mut client = server(1000).upgrade_and_keep();
    client.1.send(&frame(0x2, &[1; 1000]));
    assert_eq!(client.1.frame().1.len(), 1000);
}

#[test]
fn a_larger_message_closes_with_1009() {
    let mut client = server(1000).upgrade_and_keep();
    client.1.send(&frame(0x2, &[1; 1001]));
    client.1.expect_close(1009);
}

#[test]
fn a_declared_length_is_refused_before_its_payload_comes() {
    let mut client = server(1000).upgrade_and_keep();
    // 2^62 bytes, of which none is sent.
    client.1.send(b"\x82\xFF\x40\0\0\0\0\0\0\0\x01\x02\x03\x04");
    client.1.expect_close(1009);
}

#[test]
fn fragments_count_together() {
    let mut client = server(1000).upgrade_and_keep();
    client.1.send(&frame_with_head(0x01, &[b'x'; 600]));
    client.1.send(&frame_with_head(0x80, &[b'x'; 400]));
    assert_eq!(client.1.frame().1.len(), 1000);
    client.1.send(&frame_with_head(0x01, &[b'x'; 600]));
    client.1.send(&frame_with_head(0x00, &[b'x'; 401]));
    client.1.expect_close(1009);
}

#[test]
fn other_connections_are_not_touched() {
    let server = server(10);
    let (mut good, mut bad) = (server.upgrade("/ws"), server.upgrade("/ws"));
    bad.send(&frame(0x1, b"much too long"));
    bad.expect_close(1009);
    good.send(&frame(0x1, b"short"));
    assert_eq!(good.frame(), (0x81, b"short".to_vec()));
}

#[test]
fn a_client_that_sends_no_request_is_let_go() {
    let server = TestServer::start_with(|config| config.header_timeout = Duration::from_millis(200));
    for sent in [&b""[..], b"GET /ws HT", b"GET /ws HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect();
        let started = Instant::now();
        client.send(sent);
        client.expect_end();
        assert!(started.elapsed() >= Duration::from_millis(190), "{:?}", started.elapsed());
    }
}

impl TestServer {
    /// The server beside its client, so that it lives as long.
    fn upgrade_and_keep(self) -> (Self, crate::support::RawClient) {
        let client = self.upgrade("/ws");
        (self, client)
    }
}
