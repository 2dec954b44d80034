//! Stopping: sockets are told 1012, and nobody can hold the server up.

use crate::support::{TestServer, frame};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn sockets_are_closed_with_1012_and_the_server_ends() {
    let server = TestServer::start();
    let mut clients: Vec<_> = (0..8).map(|_| server.upgrade("/ws")).collect();
    let started = Instant::now();
    server.stop.begin();
    for client in &mut clients {
        let (head, payload) = client.frame();
        assert_eq!((head, &payload[..]), (0x88, &b"\x03\xF4service restart"[..]));
        client.send(&frame(0x8, &payload[..2]));
        client.expect_end();
    }
    drop(clients);
    server.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "nobody was waited for: {:?}", started.elapsed());
}

#[test]
fn nothing_is_accepted_after_the_stop() {
    let server = TestServer::start();
    let _held = server.upgrade("/ws");
    let address = server.address;
    server.stop.begin();
    let deadline = Instant::now() + Duration::from_secs(3);
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
    let server = TestServer::start_with(|config| config.drain = Duration::from_millis(300));
    let mut client = server.upgrade("/ws");
    let started = Instant::now();
    server.stop.begin();
    assert_eq!(client.frame().0, 0x88);
    server.join().unwrap();
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn stopping_at_once_waits_for_nobody() {
    let server = TestServer::start_with(|config| config.drain = Duration::from_secs(60));
    let _client = server.upgrade("/ws");
    server.stop.begin();
    let started = Instant::now();
    server.stop.at_once();
    server.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn idle_http_connections_do_not_hold_up_the_stop() {
    let server = TestServer::start_with(|config| config.drain = Duration::from_secs(60));
    let mut idle = server.connect();
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(idle.response().status, 200);
    let started = Instant::now();
    server.stop.begin();
    idle.expect_end();
    server.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}
