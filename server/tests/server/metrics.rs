//! `/metrics` and `/readyz`.

use crate::support::{PATIENCE, RawClient, TestServer, frame, upgrade_request};
use server::Compression;
use socket::wire::deflate::Offer;
use socket::{ConnectOptions, OwnedMessage, connect};
use std::time::{Duration, Instant};

/// The page, and that it is one.
fn page(server: &TestServer) -> String {
    let response = server.get("/metrics", &[]);
    assert_eq!(response.status, 200);
    let kind = response.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    let page = response.text().to_owned();
    assert!(page.ends_with("# EOF\n"), "{page}");
    page
}

/// Waits until the page has all of `lines`: counters move after their clients have moved on.
fn expect(server: &TestServer, lines: &[&str]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = page(server);
        let missing: Vec<_> =
            lines.iter().filter(|line| !page.lines().any(|other| other == **line)).collect();
        if missing.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{missing:?} in {page}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn close(client: &mut RawClient, code: u16) {
    client.send(&frame(0x8, &code.to_be_bytes()));
    client.expect_close(code);
}

#[test]
fn messages_and_connections_are_counted() {
    let server = TestServer::start();
    let mut clients: Vec<_> = (0..3).map(|_| server.upgrade("/ws")).collect();
    for client in &mut clients {
        client.send(&[frame(0x1, b"hello"), frame(0x2, &[0; 200])].concat());
        assert_eq!(client.frame().1.len(), 5);
        assert_eq!(client.frame().1.len(), 200);
    }
    expect(
        &server,
        &[
            "heartwire_connections 3",
            "heartwire_handshakes_total{result=\"accepted\"} 3",
            "heartwire_messages_total{direction=\"in\"} 6",
            "heartwire_messages_total{direction=\"out\"} 6",
            "heartwire_payload_bytes_total{direction=\"in\"} 615",
            "heartwire_payload_bytes_total{direction=\"out\"} 615",
            // Headers of 6 and 8 bytes with their masks, 2 and 4 without.
            "heartwire_wire_bytes_total{direction=\"in\"} 657",
            "heartwire_wire_bytes_total{direction=\"out\"} 633",
            "heartwire_queued_bytes 0",
            "heartwire_dropped_messages_total 0",
        ],
    );
    close(&mut clients[0], 1000);
    close(&mut clients[1], 4242);
    drop(clients);
    expect(
        &server,
        &[
            "heartwire_connections 0",
            "heartwire_closes_total{code=\"1000\",side=\"peer\",reason=\"peer closed\"} 1",
            "heartwire_closes_total{code=\"4xxx\",side=\"peer\",reason=\"peer closed\"} 1",
            "heartwire_closes_total{code=\"1006\",side=\"none\",reason=\"receive failed\"} 1",
        ],
    );
}

#[test]
fn refused_handshakes_are_counted_by_reason() {
    let server = TestServer::start();
    for (target, change, result) in [
        ("/ws", "Upgrade:", "not an upgrade"),
        ("/ws", "Sec-WebSocket-Version: 8", "version"),
        ("/ws", "Sec-WebSocket-Key:", "malformed"),
        ("/ws", "Origin: https://there.example", "origin"),
        ("/ws?close=1", "Host: a", "parameters"),
        ("/ws?handshake-status=503", "Host: localhost", "fault"),
    ] {
        let mut client = server.connect();
        client.send(upgrade_request(target, &[change]).as_bytes());
        assert_ne!(client.response().status, 101);
        expect(&server, &[&format!("heartwire_handshakes_total{{result=\"{result}\"}} 1")]);
    }
    assert_eq!(server.request("POST", "/ws", &[]).status, 405);
    expect(&server, &["heartwire_handshakes_total{result=\"method\"} 1", "heartwire_connections 0"]);
}

#[tokio::test]
async fn compressed_bytes_are_told_from_plain_ones() {
    let server = TestServer::start_with(|config| config.socket.compression = Compression::On);
    let options = ConnectOptions { offers: vec![Offer::BROWSER], ..ConnectOptions::default() };
    let connected = connect(&format!("ws://{}/ws", server.address), &options).await.unwrap();
    let mut channel = connected.channel();
    channel.send(OwnedMessage::Text("tick ".repeat(2000))).await.unwrap();
    channel.recv().await.unwrap();
    let counts = *channel.counts();
    assert!(counts.wire_in < 1000 && counts.wire_out < 1000, "{counts:?}");
    expect(
        &server,
        &[
            "heartwire_payload_bytes_total{direction=\"in\"} 10000",
            "heartwire_payload_bytes_total{direction=\"out\"} 10000",
            &format!("heartwire_wire_bytes_total{{direction=\"in\"}} {}", counts.wire_out),
            &format!("heartwire_wire_bytes_total{{direction=\"out\"}} {}", counts.wire_in),
        ],
    );
}

#[test]
fn answered_pings_are_measured() {
    let server = TestServer::start_with(|config| config.socket.ping_interval = Duration::from_millis(50));
    let mut client = server.upgrade("/ws");
    let (head, payload) = client.frame();
    assert_eq!(head, 0x89);
    std::thread::sleep(Duration::from_millis(20));
    client.send(&frame(0xA, &payload));
    expect(
        &server,
        &[
            "heartwire_ping_rtt_seconds_bucket{le=\"0.01\"} 0",
            "heartwire_ping_rtt_seconds_bucket{le=\"+Inf\"} 1",
            "heartwire_ping_rtt_seconds_count 1",
        ],
    );
}

#[test]
fn what_waits_for_a_slow_reader_is_shown_and_then_dropped() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    // More than the buffers of both systems hold, so that some of it has to wait in the server.
    let sent = client.send_until_blocked(&frame(0x2, &[0; 1 << 20]));
    assert!(sent > 0);
    let waits = |page: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix("heartwire_queued_bytes ")).unwrap();
        line.parse::<u64>().unwrap()
    };
    let deadline = Instant::now() + PATIENCE;
    while waits(&page(&server)) == 0 {
        assert!(Instant::now() < deadline, "nothing waits");
    }
    drop(client);
    expect(&server, &["heartwire_queued_bytes 0", "heartwire_connections 0"]);
    let page = page(&server);
    let dropped = page.lines().find_map(|line| line.strip_prefix("heartwire_dropped_bytes_total ")).unwrap();
    assert!(dropped.parse::<u64>().unwrap() > 0, "{page}");
}

#[test]
fn it_is_ready_and_only_to_be_read() {
    let server = TestServer::start();
    assert_eq!(server.get("/readyz", &[]).text(), "ready\n");
    for path in ["/readyz", "/metrics", "/healthz"] {
        assert_eq!(server.request("HEAD", path, &[]).status, 200);
        assert_eq!(server.request("POST", path, &[]).header("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(server.get(&format!("{path}/more"), &[]).status, 404);
    }
}

#[test]
fn metrics_are_for_this_machine_unless_told_otherwise() {
    let statuses = |server: &TestServer| {
        [&[][..], &["X-Forwarded-For: 203.0.113.9"], &["Forwarded: for=127.0.0.1"], &["Via: 1.1 proxy"]]
            .map(|headers| server.get("/metrics", headers).status)
    };
    assert_eq!(statuses(&TestServer::start()), [200, 403, 403, 403]);
    assert_eq!(statuses(&TestServer::start_with(|config| config.metrics_public = true)), [200; 4]);
    // A proxy on this machine may leave out what it should add.
    let trusting =
        TestServer::start_with(|config| config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()]);
    assert_eq!(statuses(&trusting), [403; 4]);
    assert!(trusting.get("/metrics", &[]).text().contains("--metrics-listen"));
}

#[test]
fn metrics_can_have_an_address_of_their_own() {
    let server = TestServer::start_with(|config| {
        config.metrics_listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        config.tls = Some(server::TlsSource::SelfSigned);
    });
    let ask = |target: &str, host: &str| {
        let mut client = RawClient::connect(server.metrics_address.unwrap());
        client.send(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        client.response().status
    };
    for (target, host, status) in [
        ("/metrics", "localhost", 200),
        ("/metrics", "evil.example", 403),
        ("/healthz", "localhost", 200),
        ("/readyz", "localhost", 200),
        ("/", "localhost", 404),
        ("/ws", "localhost", 404),
    ] {
        assert_eq!(ask(target, host), status, "{target} at {host}");
    }
}

#[test]
fn who_leaves_before_the_101_is_counted() {
    let server = TestServer::start();
    let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(upgrade_request("/ws", &[]).as_bytes());
    }
    clients.into_iter().for_each(RawClient::reset);
    // Whichever way each of them ends, all that was accepted is closed.
    let deadline = Instant::now() + PATIENCE;
    loop {
        let page = page(&server);
        let sum = |name: &str| -> u64 {
            let lines = page.lines().filter_map(|line| line.strip_prefix(name));
            lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
        };
        let accepted = sum("heartwire_handshakes_total{result=\"accepted\"}");
        if accepted > 0
            && accepted == sum("heartwire_closes_total{")
            && sum("heartwire_http_connections ") == 1
        {
            return;
        }
        assert!(Instant::now() < deadline, "{page}");
    }
}
