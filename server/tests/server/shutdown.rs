//! Stopping: sockets are told 1012, and nobody can hold the server up.

use crate::support::{PATIENCE, TestServer, frame};
use server::TlsSource;
use server::assets::File;
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn sockets_are_closed_with_1012_and_the_server_ends() {
    let server = TestServer::start_with(|config| config.drain = 10 * PATIENCE);
    let mut clients: Vec<_> = (0..8).map(|_| server.upgrade("/ws")).collect();
    server.stop.begin();
    for client in &mut clients {
        let (head, payload) = client.frame();
        assert_eq!((head, &payload[..]), (0x88, &b"\x03\xF4service restart"[..]));
        client.send(&frame(0x8, &payload[..2]));
        client.expect_end();
    }
    drop(clients);
    server.join().unwrap();
}

#[test]
fn nothing_is_accepted_after_the_stop() {
    let server = TestServer::start();
    let _held = server.upgrade("/ws");
    let address = server.address;
    server.stop.begin();
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "still accepting");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_was_echoed_before_the_stop_arrives_before_the_close() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    client.send(&frame(0x2, &vec![3; 1 << 20]));
    assert_eq!(client.read_exact(1), [0x82], "the echo has begun");
    server.stop.begin();
    let head = client.read_exact(9);
    assert_eq!(head, [127, 0, 0, 0, 0, 0, 0x10, 0, 0]);
    assert_eq!(client.read_exact(1 << 20), vec![3; 1 << 20]);
    assert_eq!(client.frame().1, b"\x03\xF4service restart");
}

#[test]
fn a_peer_that_ignores_the_close_is_cut_off_at_the_end_of_the_drain() {
    let server = TestServer::start_with(|config| {
        config.drain = Duration::from_millis(300);
        config.socket.close_timeout = 10 * PATIENCE;
    });
    let mut client = server.upgrade("/ws");
    server.stop.begin();
    assert_eq!(client.frame().0, 0x88);
    server.join().unwrap();
}

#[test]
fn stopping_at_once_waits_for_nobody() {
    let server = TestServer::start_with(|config| config.drain = 10 * PATIENCE);
    let _client = server.upgrade("/ws");
    server.stop.begin();
    server.stop.at_once();
    server.join().unwrap();
}

#[test]
fn idle_http_connections_do_not_hold_up_the_stop() {
    let server = TestServer::start_with(|config| config.drain = 10 * PATIENCE);
    let mut idle = server.connect();
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(idle.response().status, 200);
    server.stop.begin();
    idle.expect_end();
    server.join().unwrap();
}

#[test]
fn readiness_fails_before_accepting_stops() {
    let server = TestServer::start_with(|config| config.shutdown_delay = Duration::from_millis(500));
    assert_eq!(server.get("/readyz", &[]).status, 200);
    let mut socket = server.upgrade("/ws");
    server.stop.begin();
    let response = server.get("/readyz", &[]);
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
    assert_eq!(server.get("/healthz", &[]).status, 200, "alive, just not for new clients");
    socket.send(&frame(0x1, b"still here"));
    assert_eq!(socket.frame(), (0x81, b"still here".to_vec()));
    assert_eq!(socket.frame().0, 0x88);
}

#[test]
fn messages_that_wait_for_a_slow_reader_are_delivered_first() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    let message = frame(0x2, &[5; 200_000]);
    let sent = client.send_until_blocked(&message);
    server.stop.begin();
    // Its queue is written, what it had not read is not answered any more, and then comes the Close.
    let mut messages = 0;
    loop {
        let (head, payload) = client.frame();
        if head == 0x88 {
            assert_eq!(payload, b"\x03\xF4service restart");
            break;
        }
        assert_eq!((head, payload.len()), (0x82, 200_000));
        messages += 1;
    }
    assert!(messages > 0 && messages <= sent / message.len(), "{messages} of {sent} bytes");
}

#[test]
fn who_has_asked_for_nothing_yet_is_not_waited_for() {
    for (tls, sent) in [
        (None, &b""[..]),
        (None, b"GET /healthz HTTP/1.1\r\nHost: local"),
        (Some(TlsSource::SelfSigned), b""),
        (Some(TlsSource::SelfSigned), b"\x16\x03\x01\x02"),
    ] {
        let server = TestServer::start_with(|config| {
            config.tls = tls;
            config.drain = 10 * PATIENCE;
            config.limits.handshake_timeout = 10 * PATIENCE;
        });
        let mut client = server.connect();
        client.send(sent);
        // The thread that serves it may be any: it has to have come that far.
        std::thread::sleep(Duration::from_millis(50));
        server.stop.begin();
        client.expect_end();
        server.join().unwrap();
    }
}

#[test]
fn an_answer_that_is_on_its_way_arrives() {
    static LARGE: [u8; 8 << 20] = [7; 8 << 20];
    let large = File { path: "large", digest: "d", identity: &LARGE, brotli: None, gzip: None };
    let server = TestServer::start_serving(&[large], |config| config.drain = PATIENCE);
    let mut client = server.connect();
    client.send(format!("GET /large HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).as_bytes());
    assert_eq!(client.read_exact(1), b"H");
    server.stop.begin();
    // More than the systems hold between them.
    let rest = client.read_to_end();
    assert!(rest.ends_with(&LARGE), "{} bytes", rest.len());
}
