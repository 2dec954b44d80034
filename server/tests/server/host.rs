//! What requests are addressed to.

use crate::support::TestServer;

fn ask(server: &TestServer, request: &str) -> (u16, String) {
    let mut client = server.connect();
    client.send(request.as_bytes());
    let response = client.response();
    (response.status, response.text().to_owned())
}

#[test]
fn a_request_needs_one_good_host() {
    let server = TestServer::start();
    for (request, status) in [
        ("GET /healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET http://a/healthz HTTP/1.1\r\n\r\n", 400),
        ("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET http://b/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET /healthz HTTP/1.0\r\n\r\n", 200),
        ("GET /healthz HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ] {
        assert_eq!(ask(&server, request).0, status, "{request}");
    }
    let (_, text) = ask(&server, "GET / HTTP/1.1\r\n\r\n");
    assert!(text.contains("exactly one Host"), "{text}");
}

#[test]
fn a_name_that_was_led_here_gets_no_page_and_no_metrics() {
    let server = TestServer::start();
    for target in ["/", "/metrics", "/nothing"] {
        let (status, text) = ask(&server, &format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n"));
        assert_eq!(status, 403, "{target}");
        assert!(text.contains("--host evil.example"), "{text}");
        let absolute = format!("GET http://evil.example{target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(ask(&server, &absolute).0, 403, "{target}");
        let (status, _) = ask(&server, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_ne!(status, 403, "{target}");
    }
    for target in ["/healthz", "/readyz"] {
        let probe = format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        assert_eq!(ask(&server, &probe).0, 200, "{target}");
    }
}

#[test]
fn options_says_what_there_is() {
    let server = TestServer::start();
    for (request, allowed) in [
        ("OPTIONS / HTTP/1.0\r\n\r\n", "GET, HEAD, OPTIONS"),
        ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET, HEAD, OPTIONS"),
        ("OPTIONS /healthz HTTP/1.0\r\n\r\n", "GET, HEAD, OPTIONS"),
        ("OPTIONS /ws HTTP/1.0\r\n\r\n", "GET, OPTIONS"),
    ] {
        let mut client = server.connect();
        client.send(request.as_bytes());
        let response = client.response();
        assert_eq!((response.status, response.header("allow")), (204, Some(allowed)), "{request}");
    }
}
