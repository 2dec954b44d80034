//! Which pages may connect (RFC 6455 §4.2.2 step 4, §10.2).

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::HeaderMap;
use http::header::{HOST, HeaderValue, ORIGIN};
use wire::handshake::{AllowedOrigin, OriginError, OriginPolicy, Rejection};

fn policy(allowed: &[&str]) -> OriginPolicy {
    OriginPolicy::new(allowed.iter().map(|origin| origin.parse::<AllowedOrigin>().unwrap()))
}

fn headers(host: &str, origins: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HOST, host.parse().unwrap());
    for origin in origins {
        headers.append(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).unwrap());
    }
    headers
}

fn check(allowed: &[&str], origin: &str, host: &str) -> Result<(), OriginError> {
    policy(allowed).check(&headers(host, &[origin]))
}

#[test]
fn rfc6455_10_2_pages_of_this_server_pass() {
    for (origin, host) in [
        ("http://127.0.0.1:8080", "127.0.0.1:8080"),
        ("http://example.com", "example.com"),
        ("http://example.com", "example.com:80"),
        ("http://example.com:80", "example.com"),
        ("https://example.com", "Example.COM"),
        ("HTTPS://EXAMPLE.com", "example.com:443"),
        ("http://[::1]:8080", "[::1]:8080"),
        ("http://[::1]", "[0:0:0:0:0:0:0:1]:80"),
    ] {
        assert_eq!(check(&[], origin, host), Ok(()), "{origin} at {host}");
    }
}

#[test]
fn rfc6455_10_2_pages_of_other_servers_are_refused_with_403() {
    for (origin, host) in [
        ("http://evil.example", "127.0.0.1:8080"),
        ("http://127.0.0.1:8081", "127.0.0.1:8080"),
        ("http://127.0.0.1", "127.0.0.1:8080"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("https://example.com", "example.com:80"),
        ("http://example.com:443", "example.com"),
        ("http://example.com.evil.example", "example.com"),
        ("http://evilexample.com", "example.com"),
        ("http://[::2]", "[::1]"),
        ("app://example.com", "example.com"),
        ("null", "null"),
        ("http://example.com", "example.com, example.com"),
    ] {
        let error = check(&[], origin, host).unwrap_err();
        assert!(matches!(error, OriginError::Foreign(_)), "{origin} at {host}: {error}");
        let rejection = Rejection::from(error);
        assert_eq!(rejection.status(), 403);
        assert!(rejection.headers().is_empty());
    }
}

#[test]
fn rfc6455_10_2_a_client_without_an_origin_is_no_browser_and_passes() {
    assert_eq!(policy(&[]).check(&headers("example.com", &[])), Ok(()));
}

#[test]
fn rfc6455_10_2_the_allow_list_adds_origins() {
    for (allowed, origin) in [
        ("https://Example.com:443/", "https://example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("null", "null"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        ("*", "http://anything.example"),
        ("*", "what is this"),
    ] {
        assert_eq!(check(&["http://other.example", allowed], origin, "x"), Ok(()), "{allowed} for {origin}");
    }
    for (allowed, origin) in [
        ("https://example.com", "http://example.com"),
        ("https://example.com", "https://sub.example.com"),
        ("https://example.com", "https://example.com:8443"),
        ("http://null", "null"),
    ] {
        assert!(check(&[allowed], origin, "x").is_err(), "{allowed} for {origin}");
    }
}

#[test]
fn rfc6455_10_2_what_is_no_origin_is_refused() {
    for origin in
        ["", "example.com", "http://", "http://a/b", "http://user@a", "http://a b", "http://a:x", "\u{e4}"]
    {
        assert_eq!(check(&["http://a"], origin, "a"), Err(OriginError::Unreadable), "{origin}");
    }
}

#[test]
fn rfc6455_10_2_two_origins_are_refused() {
    let refused = policy(&["http://a"]).check(&headers("a", &["http://a", "http://a"]));
    assert_eq!(refused, Err(OriginError::Unreadable));
}

#[test]
fn rfc6455_10_2_two_hosts_make_no_page_our_own() {
    let mut headers = headers("a", &["http://a"]);
    headers.append(HOST, HeaderValue::from_static("b"));
    assert!(policy(&[]).check(&headers).is_err());
}
