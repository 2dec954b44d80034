//! Which pages may open sockets.

use crate::support::{TestServer, upgrade_request};
use server::OriginPolicy;

fn status(server: &TestServer, host: &str, origin: &str) -> (u16, String) {
    let mut client = server.connect();
    let changes = [&format!("Host: {host}"), &format!("Origin: {origin}")[..]];
    let changes = if origin.is_empty() { &changes[..1] } else { &changes[..] };
    client.send(upgrade_request("/ws", changes).as_bytes());
    let response = client.response();
    (response.status, response.text().to_owned())
}

fn server(allowed: &[&str]) -> TestServer {
    TestServer::start_with(|config| {
        config.origins = OriginPolicy::new(allowed.iter().map(|origin| origin.parse().unwrap()))
            .known_as(["here.example".parse().unwrap()]);
    })
}

#[test]
fn the_matrix_of_policies_and_origins() {
    // Columns: no Origin, own page, own page behind TLS, another port, another site, a sandboxed page.
    let origins = [
        "",
        "http://here.example:8080",
        "https://here.example:8080",
        "http://here.example",
        "https://there.example",
        "null",
    ];
    for (allowed, expected) in [
        (&[][..], [101, 101, 101, 403, 403, 403]),
        (&["https://there.example"], [101, 101, 101, 403, 101, 403]),
        (&["http://there.example"], [101, 101, 101, 403, 403, 403]),
        (&["null", "http://here.example:80"], [101, 101, 101, 101, 403, 101]),
        (&["*"], [101; 6]),
    ] {
        let server = server(allowed);
        let got = origins.map(|origin| status(&server, "here.example:8080", origin).0);
        assert_eq!(got, expected, "--allow-origin {allowed:?}");
    }
}

#[test]
fn the_refusal_names_the_flag_in_one_line() {
    let server = server(&[]);
    let (status, text) = status(&server, "here.example", "https://there.example");
    assert_eq!(status, 403);
    assert!(text.contains("--allow-origin https://there.example"), "{text}");
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn a_broken_handshake_is_told_so_before_its_origin_counts() {
    let server = server(&[]);
    let mut client = server.connect();
    let changes = ["Origin: https://there.example", "Sec-WebSocket-Key:"];
    client.send(upgrade_request("/ws", &changes).as_bytes());
    assert_eq!(client.response().status, 400);
}

/// The status for a page of `origin`, asked for with these further headers.
fn forwarded(server: &TestServer, origin: &str, headers: &[&str]) -> u16 {
    let origin = format!("Origin: {origin}");
    let changes = [&[&origin[..]], headers].concat();
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &changes).as_bytes());
    client.response().status
}

#[test]
fn a_name_that_was_led_here_makes_no_page_our_own() {
    let server = TestServer::start();
    let (code, text) = status(&server, "evil.example:8080", "http://evil.example:8080");
    assert_eq!(code, 403);
    assert!(text.contains("--host evil.example "), "{text}");
    for host in ["localhost:8080", "a.localhost:8080", "127.0.0.1:8080", "[::1]:8080", "192.0.2.7"] {
        assert_eq!(status(&server, host, &format!("http://{host}")).0, 101, "{host}");
    }
    assert_eq!(status(&server, "evil.example", "").0, 101, "no browser");
}

#[test]
fn the_target_s_host_counts_and_not_the_header_s() {
    let server = server(&[]);
    for (target, origin, expected) in [
        ("http://here.example/ws", "http://here.example", 101),
        ("http://here.example/ws", "http://127.0.0.1", 403),
        ("http://evil.example/ws", "http://evil.example", 403),
    ] {
        let mut client = server.connect();
        client.send(upgrade_request(target, &[&format!("Origin: {origin}")]).as_bytes());
        assert_eq!(client.response().status, expected, "{target} for {origin}");
    }
}

#[test]
fn what_a_trusted_proxy_was_asked_for_counts() {
    let trusting = TestServer::start_with(|config| {
        config.origins = OriginPolicy::default().known_as(["public.example".parse().unwrap()]);
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    for (origin, headers, expected) in [
        ("http://public.example", &["X-Forwarded-Host: public.example"][..], 101),
        ("https://public.example", &["X-Forwarded-Host: public.example", "X-Forwarded-Proto: https"], 101),
        ("http://public.example", &["X-Forwarded-Host: public.example", "X-Forwarded-Proto: https"], 403),
        (
            "https://public.example:8443",
            &["Forwarded: for=192.0.2.1;host=\"public.example:8443\";proto=https"],
            101,
        ),
        // Where the proxy ends TLS, its certificate proves the name.
        ("https://other.example", &["X-Forwarded-Host: other.example", "X-Forwarded-Proto: https"], 101),
        ("http://other.example", &["X-Forwarded-Host: other.example", "X-Forwarded-Proto: http"], 403),
        ("http://public.example", &[], 403),
    ] {
        assert_eq!(forwarded(&trusting, origin, headers), expected, "{origin} {headers:?}");
    }
    let server = server(&[]);
    let headers = ["X-Forwarded-Host: there.example", "X-Forwarded-Proto: https"];
    assert_eq!(forwarded(&server, "https://there.example", &headers), 403, "nobody is believed unasked");
}

#[test]
fn pages_without_a_host_can_be_let_in_by_name() {
    let server = server(&["file://", "capacitor://localhost"]);
    for (origin, expected) in
        [("file://", 101), ("capacitor://localhost", 101), ("null", 403), ("app://x", 403)]
    {
        assert_eq!(forwarded(&server, origin, &[]), expected, "{origin}");
    }
}
