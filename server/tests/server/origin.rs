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
        config.origins = OriginPolicy::new(allowed.iter().map(|origin| origin.parse().unwrap()));
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
