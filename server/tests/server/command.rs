//! The `heartwire` binary: its flags, its exit codes, what it prints and what it logs.

use crate::process::{Process, heartwire, output};
use crate::support::{RawClient, frame, upgrade_request};
use std::io::BufRead as _;
use std::net::TcpListener;

#[test]
fn version_and_help_go_to_standard_output() {
    let (code, out, err) = output(&mut heartwire(&["--version"]));
    assert_eq!(
        (code, out, err),
        (Some(0), format!("heartwire {}\n", env!("CARGO_PKG_VERSION")), String::new())
    );
    for args in [&["--help"][..], &["serve", "--help"]] {
        let (code, out, _) = output(&mut heartwire(args));
        assert_eq!(code, Some(0));
        for flag in [
            "--listen",
            "--allow-origin",
            "--host",
            "--trusted-proxy",
            "--metrics-listen",
            "--metrics-public",
            "--tls-cert",
            "--tls-key",
            "--tls-self-signed",
            "--compression",
            "--compression-level",
            "--max-connections",
            "--max-connections-per-address",
            "--handshake-timeout",
            "--max-header-size",
            "--max-frame-size",
            "--max-message-size",
            "--max-messages-per-second",
            "--max-queue",
            "--ping-interval",
            "--ping-timeout",
            "--idle-timeout",
            "--message-timeout",
            "--send-timeout",
            "--close-timeout",
            "--shutdown-delay",
            "--drain",
            "--log-format",
        ] {
            let variable = format!("HEARTWIRE_{}", flag[2..].replace('-', "_").to_uppercase());
            assert!(
                out.contains(&format!("{flag} ")) || out.contains(&format!("{flag}\n")),
                "{flag} in {out}"
            );
            assert!(out.contains(&variable), "{variable} is missing in {out}");
        }
    }
}

#[test]
fn a_port_in_use_is_one_line_and_exit_1() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, out, err) = output(&mut heartwire(&["--listen", &address, "--log-level", "off"]));
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(err.lines().count(), 1, "{err}");
    assert!(err.starts_with(&format!("error: can't listen on {address}: the port is in use")), "{err}");
    assert!(err.contains("--listen"), "{err}");
}

#[test]
fn all_of_ipv4_and_all_of_ipv6_can_be_listened_on_together() {
    let free = TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port();
    let (v4, v6) = (format!("--listen=0.0.0.0:{free}"), format!("--listen=[::]:{free}"));
    let mut process = Process::start(&mut heartwire(&[&v4, &v6]));
    let mut second = String::new();
    process.stdout.read_line(&mut second).unwrap();
    assert_eq!(second, format!("heartwire listening on http://[::]:{free}\n"));
    for address in [format!("127.0.0.1:{free}"), format!("[::1]:{free}")] {
        let mut client = RawClient::connect(address.parse().unwrap());
        client.send(upgrade_request("/ws", &[]).as_bytes());
        assert_eq!(client.response().status, 101, "{address}");
    }
}

#[test]
fn addresses_that_exclude_each_other_are_named() {
    for (args, hint) in [
        (["--listen=127.0.0.1:9", "--listen=localhost:9"], "can't listen on 127.0.0.1:9 twice"),
        (["--listen=127.0.0.1:9", "--listen=0.0.0.0:9"], "can't listen on 127.0.0.1:9 beside 0.0.0.0:9"),
        (["--listen=127.0.0.1:9", "--metrics-listen=127.0.0.1:9"], "can't listen on 127.0.0.1:9 twice"),
    ] {
        let (code, _, err) = output(heartwire(&args).arg("--log-level=off"));
        assert_eq!(code, Some(1));
        assert!(err.contains(hint), "{err}");
    }
}

#[test]
fn a_second_server_on_the_same_port_is_refused() {
    let first = Process::start(&mut heartwire(&["--listen", "127.0.0.1:0"]));
    let (code, _, err) =
        output(&mut heartwire(&["--listen", &first.address.to_string(), "--log-level", "off"]));
    assert_eq!(code, Some(1), "{err}");
}

#[test]
fn wrong_values_are_one_line_and_exit_2() {
    for (flag, value) in [
        ("--listen", "somewhere"),
        ("--allow-origin", "example.com"),
        ("--host", "http://example.com"),
        ("--max-message-size", "many"),
        ("--ping-interval", "20"),
        ("--ping-timeout", "0s"),
        ("--trusted-proxy", "somebody"),
        ("--max-header-size", "10"),
        ("--send-timeout", "0s"),
    ] {
        let variable = format!("HEARTWIRE_{}", flag[2..].replace('-', "_").to_uppercase());
        for command in [&mut heartwire(&[flag, value]), heartwire(&["serve"]).env(variable, value)] {
            let (code, out, err) = output(command);
            assert_eq!((code, out.as_str()), (Some(2), ""), "{flag} {value}: {err}");
            assert_eq!(err.lines().count(), 1, "{err}");
            assert!(err.contains(flag) && err.contains("expected"), "{err}");
        }
    }
    assert_eq!(output(&mut heartwire(&["--no-such-flag"])).0, Some(2));
    assert_eq!(output(&mut heartwire(&["no-such-command"])).0, Some(2));
}

#[test]
fn variables_stand_for_flags_and_flags_win() {
    let mut process = Process::start(
        heartwire(&["serve", "--ping-interval", "0"])
            .env("HEARTWIRE_LISTEN", "127.0.0.1:0,127.0.0.1:0")
            .env("HEARTWIRE_PING_INTERVAL", "1ms")
            .env("HEARTWIRE_MAX_MESSAGE_SIZE", "1KiB"),
    );
    let mut second = String::new();
    process.stdout.read_line(&mut second).unwrap();
    assert!(second.starts_with("heartwire listening on http://127.0.0.1:"), "{second}");
    let mut client = process.upgrade();
    client.send(&frame(0x2, &[0; 1024]));
    assert_eq!(client.frame().0, 0x82, "no Ping came: the flag won");
    client.send(&frame(0x2, &[0; 1025]));
    client.expect_close(1009);
}

#[cfg(unix)]
#[test]
fn each_signal_closes_with_1012_and_exits_0() {
    for signal in ["INT", "TERM"] {
        let process = Process::start(&mut heartwire(&["--listen", "127.0.0.1:0"]));
        let mut client = process.upgrade();
        process.signal(signal);
        assert_eq!(client.frame(), (0x88, b"\x03\xF4service restart".to_vec()));
        client.send(&frame(0x8, b"\x03\xF4"));
        client.expect_end();
        drop(client);
        let (code, log) = process.wait();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("reason=\"shutdown\""), "{log}");
    }
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    let process = Process::start(&mut heartwire(&["--listen", "127.0.0.1:0", "--drain", "60s"]));
    let mut client = process.upgrade();
    process.signal("TERM");
    assert_eq!(client.frame().0, 0x88);
    process.signal("TERM");
    let (code, log) = process.wait();
    assert_eq!(code, Some(0));
    assert!(log.contains("reason=\"shutdown\""), "{log}");
}

#[cfg(unix)]
#[test]
fn every_connection_ends_with_one_reason_and_no_payload_is_logged() {
    let process = Process::start(&mut heartwire(&[
        "--listen=127.0.0.1:0",
        "--max-message-size=1KiB",
        "--ping-interval=200ms",
        "--ping-timeout=200ms",
        "--log-level=trace",
    ]));
    let mut client = process.upgrade();
    client.send(&frame(0x1, b"SECRET-IN-TEXT"));
    assert_eq!(client.frame().1, b"SECRET-IN-TEXT");
    client.send(&frame(0x8, b"\x03\xE8SECRET-IN-REASON"));
    client.expect_close(1000);
    drop(client);

    let mut client = process.upgrade();
    client.send(&frame(0x1, b"SECRET-\xFF"));
    client.expect_close(1007);
    drop(client);

    let mut client = process.upgrade();
    client.send(&frame(0x2, &[0; 2000]));
    client.expect_close(1009);
    drop(client);

    drop(process.upgrade());

    let mut client = process.upgrade();
    assert_eq!(client.frame().0, 0x89);
    client.expect_end();

    process.signal("TERM");
    let (_, log) = process.wait();
    let ends: Vec<_> = log.lines().filter(|line| line.contains("socket ended")).collect();
    for (conn, reason, detail) in [
        (1, "peer closed", "received 1000"),
        (2, "receive failed", "not UTF-8 (RFC 6455 §8.1); closed with 1007"),
        (3, "limit exceeded", "closed with 1009"),
        (4, "receive failed", "closed TCP without a Close"),
        (5, "heartbeat failed", "nothing arrived after a Ping"),
    ] {
        let line: Vec<_> = ends.iter().filter(|line| line.contains(&format!("conn={conn} "))).collect();
        assert_eq!(line.len(), 1, "connection {conn} in {log}");
        assert!(line[0].contains(&format!("reason=\"{reason}\"")) && line[0].contains(detail), "{}", line[0]);
    }
    assert_eq!(ends.len(), 5, "{log}");
    assert!(ends[0].contains("messages_in=1 bytes_in=14 messages_out=1 bytes_out=14"), "{}", ends[0]);
    assert!(!log.contains("SECRET"), "{log}");
}

#[cfg(unix)]
#[test]
fn logs_can_be_json() {
    let process = Process::start(&mut heartwire(&["--listen=127.0.0.1:0", "--log-format=json"]));
    let mut client = process.upgrade();
    client.send(&frame(0x8, b"\x03\xE8"));
    client.expect_close(1000);
    process.signal("TERM");
    let (_, log) = process.wait();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect();
    let end = lines.iter().find(|line| line["message"] == "socket ended").unwrap();
    assert_eq!((&end["conn"], &end["reason"]), (&1.into(), &"peer closed".into()));
    assert_eq!(end["detail"], "received 1000");
}

#[test]
fn a_self_signed_certificate_is_announced_with_its_fingerprint() {
    let mut process = Process::start(&mut heartwire(&["--listen=127.0.0.1:0", "--tls-self-signed"]));
    let mut line = String::new();
    process.stdout.read_line(&mut line).unwrap();
    let fingerprint = line.strip_prefix("self-signed certificate, SHA-256 ").unwrap().trim_end();
    assert_eq!(fingerprint.split(':').count(), 32, "{line}");
    let mut client = RawClient::connect(process.address);
    client.send(upgrade_request("/ws", &[]).as_bytes());
    assert_eq!(client.response().status, 400, "it speaks TLS");
}
