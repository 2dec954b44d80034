//! The page and its files, from a bundle made up here.

use crate::support::TestServer;
use server::assets::File;

const HTML: &str = "<!doctype html><script type=\"module\">alert('Hello, world.');</script>";
/// The hash of that script, from the Content Security Policy specification's own example.
const SCRIPT_HASH: &str = "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='";

const FILES: &[File] = &[
    File { path: "index.html", digest: "d-html", identity: HTML.as_bytes(), brotli: None, gzip: None },
    File {
        path: "client-0123456789abcdef_bg.wasm",
        digest: "d-wasm",
        identity: b"plain wasm",
        brotli: Some(b"br wasm"),
        gzip: Some(b"gz wasm"),
    },
    File { path: "favicon.svg", digest: "d-svg", identity: b"<svg/>", brotli: None, gzip: Some(b"gz svg") },
];
const WASM: &str = "/client-0123456789abcdef_bg.wasm";

fn server() -> TestServer {
    TestServer::start_serving(FILES, |_| {})
}

#[test]
fn the_page_is_at_the_root_and_asked_for_again_each_time() {
    let server = server();
    for target in ["/", "/index.html", "/?url=ws://example.com"] {
        let response = server.get(target, &[]);
        assert_eq!((response.status, response.text()), (200, HTML), "{target}");
        assert_eq!(response.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(response.header("cache-control"), Some("no-cache"));
    }
}

#[test]
fn the_page_has_a_strict_policy_that_knows_its_inline_script() {
    let response = server().get("/", &[]);
    let policy = response.header("content-security-policy").unwrap();
    let directives: Vec<_> = policy.split("; ").collect();
    assert_eq!(directives[0], "default-src 'none'");
    let script = format!("script-src 'self' 'wasm-unsafe-eval' {SCRIPT_HASH}");
    for expected in [
        &script[..],
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self' ws: wss:",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(directives.contains(&expected), "{expected} is missing in {policy}");
    }
}

#[test]
fn every_answer_is_hardened() {
    let server = server();
    for target in ["/", WASM, "/healthz", "/nothing", "/ws"] {
        let response = server.get(target, &[]);
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(response.header("referrer-policy"), Some("no-referrer"), "{target}");
        assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"), "{target}");
    }
}

#[test]
fn hashed_names_are_kept_forever_and_others_are_not() {
    let server = server();
    let kept = server.get(WASM, &[]);
    assert_eq!(kept.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(kept.header("content-type"), Some("application/wasm"));
    assert_eq!(server.get("/favicon.svg", &[]).header("cache-control"), Some("no-cache"));
}

#[test]
fn the_client_gets_the_variant_it_likes_best() {
    let server = server();
    for (accept, encoding, body, etag) in [
        ("Accept-Encoding: gzip, deflate, br, zstd", Some("br"), "br wasm", "\"d-wasm-br\""),
        ("Accept-Encoding: gzip", Some("gzip"), "gz wasm", "\"d-wasm-gz\""),
        ("Accept-Encoding: br;q=0.1, gzip;q=0.9", Some("gzip"), "gz wasm", "\"d-wasm-gz\""),
        ("Accept-Encoding: identity", None, "plain wasm", "\"d-wasm\""),
        ("Accept-Encoding: *;q=0", None, "plain wasm", "\"d-wasm\""),
        ("X-Nothing: asked", None, "plain wasm", "\"d-wasm\""),
    ] {
        let response = server.get(WASM, &[accept]);
        assert_eq!(response.header("content-encoding"), encoding, "{accept}");
        assert_eq!((response.text(), response.header("etag")), (body, Some(etag)), "{accept}");
        assert_eq!(response.header("vary"), Some("accept-encoding"), "{accept}");
        assert_eq!(response.header("content-length"), Some(&body.len().to_string()[..]), "{accept}");
    }
    let page = server.get("/", &["Accept-Encoding: br, gzip"]);
    assert_eq!((page.header("content-encoding"), page.header("vary")), (None, None), "it has no variants");
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let server = server();
    for (target, headers, status) in [
        ("/", &["If-None-Match: \"d-html\""][..], 304),
        ("/", &["If-None-Match: \"old\", W/\"d-html\""], 304),
        ("/", &["If-None-Match: \"old\""], 200),
        (WASM, &["Accept-Encoding: br", "If-None-Match: \"d-wasm-br\""], 304),
        (WASM, &["Accept-Encoding: gzip", "If-None-Match: \"d-wasm-br\""], 200),
    ] {
        let response = server.get(target, headers);
        assert_eq!(response.status, status, "{target} {headers:?}");
        assert!(response.header("etag").is_some());
        assert_eq!(response.body.is_empty(), status == 304, "{target} {headers:?}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let server = server();
    let head = server.request("HEAD", WASM, &["Accept-Encoding: br"]);
    assert_eq!((head.status, head.header("content-length")), (200, Some("7")));
    assert_eq!(head.header("etag"), Some("\"d-wasm-br\""));
    assert!(head.body.is_empty());
}

#[test]
fn what_is_not_there_is_a_plain_404() {
    let server = server();
    for target in
        ["/nothing", "/client", "/index.html/", "/../index.html", "//index.html", "/%2e%2e/x", "/ws/x"]
    {
        let response = server.get(target, &[]);
        assert_eq!(response.status, 404, "{target}");
        assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    }
}

#[test]
fn other_methods_are_refused_with_the_ones_that_work() {
    let server = server();
    for target in ["/", WASM, "/healthz", "/nothing"] {
        let response = server.request("POST", target, &[]);
        assert_eq!(
            (response.status, response.header("allow")),
            (405, Some("GET, HEAD, OPTIONS")),
            "{target}"
        );
    }
}

#[test]
fn without_a_bundle_the_root_says_how_to_build_it() {
    let server = TestServer::start();
    let response = server.get("/", &[]);
    assert_eq!(response.status, 503);
    for command in ["cargo xtask run", "trunk build --release", "cargo run --release --package server"] {
        assert!(response.text().contains(command), "{}", response.text());
    }
    server.upgrade("/ws");
}

#[test]
fn healthz_answers() {
    let server = server();
    let response = server.get("/healthz", &[]);
    assert_eq!((response.status, response.text()), (200, "ok\n"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
}
