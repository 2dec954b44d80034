//! What one connection may cost, and how many there may be.

use crate::support::{PATIENCE, TestServer, frame, frame_with_head, upgrade_request};
use server::assets::File;
use server::{Config, PerAddress};
use std::io::ErrorKind;
use std::num::{NonZeroU32, NonZeroUsize};
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
    let server =
        TestServer::start_with(|config| config.limits.handshake_timeout = Duration::from_millis(200));
    for sent in [&b""[..], b"GET /ws HT", b"GET /ws HTTP/1.1\r\nHost: a\r\n"] {
        let mut client = server.connect();
        client.send(sent);
        client.expect_end();
    }
}

#[test]
fn a_larger_frame_closes_with_1009_and_its_size_is_the_one_on_the_wire() {
    let server = TestServer::start_with(|config| config.socket.max_frame_size = 100);
    let mut client = server.upgrade("/ws");
    client.send(&[frame_with_head(0x02, &[1; 100]), frame_with_head(0x80, &[1; 100])].concat());
    assert_eq!(client.frame().1.len(), 200);
    client.send(&frame(0x2, &[1; 101]));
    client.expect_close(1009);
}

#[test]
fn more_messages_than_allowed_within_a_second_close_with_1008() {
    let server = TestServer::start_with(|config| {
        config.socket.max_messages_per_second = NonZeroU32::new(5);
    });
    let mut client = server.upgrade("/ws");
    client.send(&frame(0x1, b"x").repeat(6));
    for _ in 0..5 {
        assert_eq!(client.frame(), (0x81, b"x".to_vec()));
    }
    client.expect_close(1008);
}

#[test]
fn a_connection_without_messages_is_closed_with_1000() {
    let server = TestServer::start_with(|config| {
        config.socket.idle_timeout = Some(Duration::from_millis(300));
        config.socket.ping_interval = Duration::from_millis(100);
    });
    let mut client = server.upgrade("/ws");
    client.send(&frame(0x1, b"x"));
    assert_eq!(client.frame().0, 0x81);
    loop {
        let (head, payload) = client.frame();
        if head == 0x88 {
            assert_eq!(payload[..2], 1000_u16.to_be_bytes());
            break;
        }
        // Answered pings are life, but no messages.
        client.send(&frame(0xA, &payload));
    }
}

#[test]
fn a_message_that_trickles_in_is_closed_with_1008() {
    let server = TestServer::start_with(|config| {
        config.socket.message_timeout = Some(Duration::from_millis(300));
    });
    let mut client = server.upgrade("/ws");
    client.send(&frame_with_head(0x01, b"begun"));
    let (head, payload) = client.frame();
    assert_eq!((head, &payload[..2]), (0x88, &1008_u16.to_be_bytes()[..]));
}

#[test]
fn a_queue_is_bounded() {
    let server = TestServer::start_with(|config| config.socket.max_queue = 1);
    let mut client = server.upgrade("/ws");
    // Whatever the systems' buffers hold: the server stops reading once its queue is full, and loses nothing.
    let message = frame(0x2, &[9; 100_000]);
    let sent = client.send_until_blocked(&message);
    let (mut received, whole) = (0, sent / message.len());
    while received < whole {
        assert_eq!(client.frame(), (0x82, vec![9; 100_000]), "message {received}");
        received += 1;
    }
}

#[test]
fn who_reads_no_answers_is_let_go() {
    static LARGE: [u8; 4 << 20] = [0; 4 << 20];
    let large = File { path: "large.wasm", digest: "d", identity: &LARGE, brotli: None, gzip: None };
    let server = TestServer::start_serving(&[large], |config| {
        config.socket.send_timeout = Duration::from_millis(300);
        config.limits.max_connections = NonZeroUsize::new(60).unwrap();
    });
    let mut readers: Vec<_> = (0..60).map(|_| server.connect()).collect();
    for client in &mut readers {
        client.send(
            &format!("GET /large.wasm HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).repeat(20).into_bytes(),
        );
        // Its seat is taken once its answer begins.
        client.read_exact(1);
    }
    // All seats are taken, and none of them for good.
    server.expect_room(&[]);
    let deadline = Instant::now() + PATIENCE;
    while !server
        .get("/metrics", &[])
        .text()
        .contains("heartwire_refusals_total{reason=\"slow reader\"} 60\n")
    {
        assert!(Instant::now() < deadline, "some of them are still offered their answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    for client in &mut readers {
        // Nor does the system go on offering them what it holds.
        let read = client.try_read_to_end().map(|all| all.len());
        assert_eq!(read.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_body_that_never_comes_holds_no_seat() {
    let server = TestServer::start();
    for request in ["POST / HTTP/1.1", "POST /healthz HTTP/1.1", "GET /healthz HTTP/1.1", "POST /ws HTTP/1.1"]
    {
        let mut client = server.connect();
        client.send(format!("{request}\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf").as_bytes());
        assert!([200, 405].contains(&client.response().status), "{request}");
        client.expect_end();
    }
}

#[test]
fn both_kinds_of_connections_share_the_open_files() {
    let server = TestServer::start_with(|config| {
        config.threads = NonZeroUsize::MIN;
        config.limits.max_open_files = NonZeroUsize::new(100);
    });
    let mut held = Vec::new();
    let refused = loop {
        let mut client = server.connect();
        client.send(upgrade_request("/ws", &[]).as_bytes());
        let response = client.response();
        if response.status != 101 {
            break response;
        }
        held.push(client);
        assert!(held.len() < 100, "more than there are files");
    };
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("5")));
    assert!(held.len() > 40, "{}", held.len());
    assert_eq!(server.get("/healthz", &[]).status, 200, "health checks still pass");
    // What is left goes to HTTP, and then there is a 503 at once for whoever else comes.
    let mut idle = Vec::new();
    loop {
        let mut client = server.connect();
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        match client.response().status {
            200 => idle.push(client),
            status => break assert_eq!(status, 503),
        }
        assert!(held.len() + idle.len() < 100, "more than there are files");
    }
    for _ in 0..100 {
        let mut client = server.connect();
        client.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(client.response().status, 503);
    }
}

#[test]
fn a_head_beyond_the_limit_gets_431() {
    let server = TestServer::start_with(|config| config.limits.max_header_size = 2048);
    for (size, status) in [(1500, 101), (2048, 431), (20_000, 431)] {
        let mut client = server.connect();
        let header = format!("Cookie: {}", "x".repeat(size));
        client.send(upgrade_request("/ws", &[&header]).as_bytes());
        assert_eq!(client.response().status, status, "{size}");
    }
}

fn at_most(connections: usize) -> impl FnOnce(&mut Config) {
    move |config| config.limits.max_connections = NonZeroUsize::new(connections).unwrap()
}

fn at_most_each(connections: usize) -> impl FnOnce(&mut Config) {
    move |config| {
        config.limits.max_connections_per_address =
            PerAddress::AtMost(NonZeroUsize::new(connections).unwrap());
    }
}

#[test]
fn a_full_server_answers_503_until_somebody_leaves() {
    let server = TestServer::start_with(at_most(2));
    let mut clients: Vec<_> = (0..2).map(|_| server.upgrade("/ws")).collect();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &[]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 503);
    assert_eq!(response.header("retry-after"), Some("5"));
    assert!(response.text().contains("--max-connections"), "{}", response.text());
    assert_eq!(server.get("/healthz", &[]).status, 200, "health checks still pass");
    drop(client);

    clients.pop();
    server.expect_room(&[]);
}

#[test]
fn one_address_can_not_take_it_all() {
    let server = TestServer::start_with(at_most_each(2));
    let mut clients: Vec<_> = (0..2).map(|_| server.upgrade("/ws")).collect();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &[]).as_bytes());
    let response = client.response();
    assert_eq!((response.status, response.header("retry-after")), (429, Some("5")));
    drop(client);
    clients.pop();
    server.expect_room(&[]);
}

#[test]
fn connections_that_only_speak_http_are_limited_too() {
    for (limit, status) in
        [(Box::new(at_most(2)) as Box<dyn FnOnce(&mut Config)>, 503), (Box::new(at_most_each(2)), 429)]
    {
        let server = TestServer::start_with(limit);
        let mut idle: Vec<_> = (0..2).map(|_| server.connect()).collect();
        for client in &mut idle {
            client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(client.response().status, 200);
        }
        let mut client = server.connect();
        client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
        let response = client.response();
        assert_eq!((response.status, response.header("retry-after")), (status, Some("5")));
        client.expect_end();
        drop(idle);
        server.expect_room(&[]);
    }
}

#[test]
fn clients_of_a_trusted_proxy_have_limits_of_their_own() {
    let server = TestServer::start_with(|config| {
        at_most_each(1)(config);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let status = |forwarded: &str| {
        let mut client = server.connect();
        client.send(upgrade_request("/ws", &[&format!("X-Forwarded-For: {forwarded}")]).as_bytes());
        (client.response().status, client)
    };
    let (first, _first) = status("203.0.113.1");
    let (second, _second) = status("203.0.113.2");
    let (again, _again) = status("203.0.113.1");
    let (invented, _invented) = status("198.51.100.7, 203.0.113.2");
    assert_eq!([first, second, again, invented], [101, 101, 429, 429]);
}

#[test]
fn what_a_proxy_passes_on_unread_lets_nobody_choose_an_address() {
    let server = TestServer::start_with(|config| {
        at_most_each(1)(config);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let status = |forwarded: &[u8]| {
        let request = upgrade_request("/ws", &["X-Forwarded-For: HERE"]);
        let (before, behind) = request.split_once("HERE").unwrap();
        let mut client = server.connect();
        client.send(&[before.as_bytes(), forwarded, behind.as_bytes()].concat());
        (client.response().status, client)
    };
    // The proxy appends to the client's line, or puts its own behind it.
    let (first, _first) = status(b"\xff, 203.0.113.1");
    let (again, _again) = status(b"198.51.100.7\xff\r\nX-Forwarded-For: 203.0.113.1");
    let (unread, _unread) = status(b"198.51.100.7, \xff");
    let (still, _still) = status(b"198.51.100.8, \xff");
    assert_eq!([first, again, unread, still], [101, 429, 101, 429]);
}

#[test]
fn nobody_else_can_choose_an_address() {
    let server = TestServer::start_with(at_most_each(1));
    let _first = server.upgrade("/ws");
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &["X-Forwarded-For: 203.0.113.9"]).as_bytes());
    assert_eq!(client.response().status, 429);
}

impl TestServer {
    /// The server beside its client, so that it lives as long.
    fn upgrade_and_keep(self) -> (Self, crate::support::RawClient) {
        let client = self.upgrade("/ws");
        (self, client)
    }

    /// Waits until another WebSocket is let in.
    fn expect_room(&self, changes: &[&str]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut client = self.connect();
            client.send(upgrade_request("/ws", changes).as_bytes());
            if client.response().status == 101 {
                return;
            }
            assert!(Instant::now() < deadline, "no room was made");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
