//! Pings and the peers that miss them, in real time over TCP. The policy's tests are with the socket.

use crate::support::{TestServer, frame};
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(150);
const TIMEOUT: Duration = Duration::from_millis(250);

fn server() -> TestServer {
    TestServer::start_with(|config| {
        config.socket.ping_interval = INTERVAL;
        config.socket.ping_timeout = TIMEOUT;
        config.socket.send_timeout = INTERVAL + TIMEOUT;
    })
}

#[test]
fn an_unresponsive_peer_is_pinged_then_dropped() {
    let server = server();
    let mut client = server.upgrade("/ws");
    assert_eq!(client.frame().0, 0x89);
    client.expect_end();
}

#[test]
fn a_peer_that_answers_stays() {
    let server = server();
    let mut client = server.upgrade("/ws");
    for _ in 0..4 {
        let (head, payload) = client.frame();
        assert_eq!(head, 0x89);
        client.send(&frame(0xA, &payload));
    }
    client.send(&frame(0x1, b"still here"));
    assert_eq!(client.frame(), (0x81, b"still here".to_vec()));
}

#[test]
fn any_traffic_answers_a_ping() {
    let server = server();
    let mut client = server.upgrade("/ws");
    for _ in 0..3 {
        assert_eq!(client.frame().0, 0x89);
        client.send(&frame(0x1, b"busy"));
        assert_eq!(client.frame(), (0x81, b"busy".to_vec()));
    }
}

#[test]
fn a_peer_that_stops_reading_is_dropped() {
    let server = server();
    let mut client = server.upgrade("/ws");
    // Far more than the socket buffers on both sides hold, never read: the echo gets stuck.
    client.send_until_refused(&frame(0x2, &vec![0; 8 << 20]));
}

impl crate::support::RawClient {
    /// Sends until the server hangs up.
    fn send_until_refused(&mut self, bytes: &[u8]) {
        for _ in 0..64 {
            if self.try_send(bytes).is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock) {
                return;
            }
        }
        panic!("the server took everything");
    }
}

#[test]
#[cfg(unix)]
fn what_came_while_the_process_was_stopped_counts() {
    use crate::process::{Process, heartwire};
    for driver in ["--driver=reactor", "--driver=tokio"] {
        let flags = ["--listen=127.0.0.1:0", "--ping-interval=400ms", "--ping-timeout=600ms", driver];
        let process = Process::start(&mut heartwire(&flags));
        let mut client = process.upgrade();
        let (head, ping) = client.frame();
        assert_eq!(head, 0x89);
        process.signal("STOP");
        client.send(&frame(0xA, &ping));
        // Long past the deadline, which the process finds together with the answer.
        std::thread::sleep(Duration::from_millis(1500));
        process.signal("CONT");
        client.send(&frame(0x1, b"still here"));
        let mut came = client.frame();
        while came.0 == 0x89 {
            client.send(&frame(0xA, &came.1));
            came = client.frame();
        }
        assert_eq!(came, (0x81, b"still here".to_vec()), "{driver}");
    }
}
