//! Who is turned away is in the operator's log, with the reason and what would help, and in the metrics.

use crate::process::{Process, heartwire};
use crate::support::{RawClient, upgrade_request};
use std::io::{BufRead as _, BufReader};
use std::process::ChildStderr;

struct Log(BufReader<ChildStderr>);

impl Log {
    /// The next line about a refusal.
    fn refusal(&mut self) -> serde_json::Value {
        loop {
            let mut line = String::new();
            assert_ne!(self.0.read_line(&mut line).unwrap(), 0, "nothing was logged");
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            if line["message"] == "refused" {
                return line;
            }
        }
    }
}

fn start(flags: &[&str]) -> (Process, Log) {
    let args = [&["--listen=127.0.0.1:0", "--threads=1", "--log-format=json"], flags].concat();
    let mut process = Process::start(&mut heartwire(&args));
    let log = Log(BufReader::new(process.child.stderr.take().unwrap()));
    (process, log)
}

fn send(process: &Process, request: &str) -> RawClient {
    let mut client = RawClient::connect(process.address);
    client.send(request.as_bytes());
    client
}

fn count(process: &Process, reason: &str) -> u64 {
    let mut client = send(process, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let page = client.response().text().to_owned();
    let name = format!("heartwire_refusals_total{{reason=\"{reason}\"}} ");
    let line = page.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("no {reason} in {page}")).parse().unwrap()
}

#[test]
fn each_refusal_is_logged_with_its_reason_and_what_helps() {
    let (process, mut log) = start(&["--max-header-size=2KiB", "--handshake-timeout=300ms"]);
    let upgrade = |changes: &[&str]| upgrade_request("/ws", changes);
    let get = |target: &str, rest: &str| format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{rest}\r\n");
    let long = format!("Cookie: {}\r\n", "x".repeat(3000));
    let many = "X: y\r\n".repeat(101);
    for (request, status, reason, level, detail) in [
        (
            upgrade(&["Origin: https://public.example"]),
            403,
            "origin",
            "WARN",
            "--allow-origin https://public.example",
        ),
        (upgrade(&["Origin: https://public.example"]), 403, "origin", "WARN", "at 127.0.0.1;"),
        (
            upgrade(&["Host: evil.example", "Origin: http://evil.example"]),
            403,
            "host",
            "WARN",
            "--host evil.example",
        ),
        (get("/", "").replace("localhost", "box.lan"), 403, "host", "WARN", "--host box.lan"),
        (get("/metrics", "X-Forwarded-For: 192.0.2.1\r\n"), 403, "metrics", "WARN", "--metrics-listen"),
        (upgrade(&["Sec-WebSocket-Key:"]), 400, "malformed", "INFO", "Sec-WebSocket-Key"),
        (get("/healthz", "").replace("Host", "Most"), 400, "malformed", "INFO", "exactly one Host"),
        ("nonsense\r\n\r\n".to_owned(), 400, "malformed", "INFO", "HTTP"),
        (get("/ws", ""), 426, "not an upgrade", "INFO", "ws://"),
        (upgrade(&["Sec-WebSocket-Version: 8"]), 426, "version", "INFO", "must be 13"),
        (upgrade_request("/ws?close=1", &[]), 400, "parameters", "INFO", "close=1 can't be followed"),
        (get("/", "").replace("GET", "PUT"), 405, "method", "INFO", "PUT"),
        (get("/", &long), 431, "head size", "INFO", "--max-header-size"),
        (get("/", &many), 431, "head size", "INFO", "100 lines"),
        ("GET / HTTP/1.1\r\nHost: local".to_owned(), 0, "slow head", "INFO", "--handshake-timeout"),
    ] {
        let mut client = send(&process, &request);
        let line = log.refusal();
        assert_eq!(line["reason"], reason, "{request}: {line}");
        assert_eq!(line["level"], level, "{request}: {line}");
        assert!(line["detail"].as_str().unwrap().contains(detail), "{request}: {line}");
        assert!(line["peer"].as_str().unwrap().starts_with("127.0.0.1"), "{line}");
        if status == 0 {
            client.expect_end();
        } else {
            assert_eq!((client.response().status, &line["status"]), (status, &status.into()), "{request}");
        }
    }
    assert_eq!((count(&process, "host"), count(&process, "slow head")), (2, 1));
}

#[test]
fn a_tls_handshake_that_comes_to_nothing_is_logged() {
    let (process, mut log) = start(&["--tls-self-signed"]);
    for (sent, status, detail) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], Some(400), "use https://"),
        (b"\x16\x03\x01\x00\x04\xff\x00\x00\x00", None, "TLS handshake failed"),
    ] {
        let mut client = RawClient::connect(process.address);
        client.send(sent);
        let line = log.refusal();
        assert_eq!((&line["reason"], line["status"].as_u64()), (&"tls".into(), status), "{line}");
        assert!(line["detail"].as_str().unwrap().contains(detail), "{line}");
    }
}

#[test]
fn a_full_server_says_so_in_its_log() {
    for (flag, status, reason) in
        [("--max-connections=1", 503, "full"), ("--max-connections-per-address=1", 429, "address limit")]
    {
        let (process, mut log) = start(&[flag]);
        let _held = process.upgrade();
        let mut client = send(&process, &upgrade_request("/ws", &[]));
        assert_eq!(client.response().status, status);
        let line = log.refusal();
        assert_eq!(line["reason"], reason, "{line}");
        assert!(line["detail"].as_str().unwrap().contains(flag.split('=').next().unwrap()), "{line}");
    }
}

#[test]
fn a_flood_of_refusals_is_a_few_lines() {
    let mut process = Process::start(&mut heartwire(&["--listen=127.0.0.1:0", "--threads=1"]));
    for _ in 0..50 {
        let mut client = send(&process, &upgrade_request("/ws", &["Origin: https://a.example"]));
        assert_eq!(client.response().status, 403);
    }
    assert_eq!(count(&process, "origin"), 50);
    process.child.kill().unwrap();
    let (_, log) = process.wait();
    assert_eq!(log.matches("refused").count(), 5, "{log}");
}
