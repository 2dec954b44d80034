//! Which pages may connect (RFC 6455 §4.2.2 step 4, §10.2).

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::HeaderMap;
use http::header::{HeaderValue, ORIGIN};
use wire::handshake::{Addressed, AllowedOrigin, Authority, OriginError, OriginPolicy, Rejection};

/// A server that goes by the name of example.com.
fn policy(allowed: &[&str]) -> OriginPolicy {
    OriginPolicy::new(allowed.iter().map(|origin| origin.parse::<AllowedOrigin>().unwrap()))
        .known_as(["example.com".parse().unwrap()])
}

fn at(host: &str, secure: bool) -> Addressed<'_> {
    Addressed { authority: Authority::parse(host), secure }
}

fn headers(origins: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for origin in origins {
        headers.append(ORIGIN, HeaderValue::from_bytes(origin.as_bytes()).unwrap());
    }
    headers
}

fn check(allowed: &[&str], origin: &str, host: &str) -> Result<(), OriginError> {
    policy(allowed).check(&headers(&[origin]), at(host, false))
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
        ("http://192.0.2.7:8080", "192.0.2.7:8080"),
        ("http://localhost:8080", "localhost:8080"),
        ("http://a.localhost", "a.localhost"),
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
    for host in ["example.com", "evil.example", ""] {
        assert_eq!(policy(&[]).check(&headers(&[]), at(host, false)), Ok(()));
    }
}

#[test]
fn rfc6455_10_2_the_allow_list_adds_origins() {
    for (allowed, origin) in [
        ("https://Example.com:443/", "https://example.com"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("null", "null"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
        // What is built on a browser sends such: Electron, Qt, Cordova, Capacitor, Tauri.
        ("file://", "file://"),
        ("file:///", "file://"),
        ("app://.", "app://."),
        ("qrc:", "qrc://"),
        ("ionic://localhost", "ionic://localhost"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("tauri://localhost", "tauri://localhost"),
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
        ("null", "file://"),
        ("file://", "null"),
        ("file://", "app://"),
        ("app://x", "app://"),
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
    let refused = policy(&["http://a"]).check(&headers(&["http://a", "http://a"]), at("a", false));
    assert_eq!(refused, Err(OriginError::Unreadable));
}

#[test]
fn rfc6455_10_2_where_nothing_is_addressed_no_page_is_our_own() {
    assert!(policy(&[]).check(&headers(&["http://example.com"]), Addressed::default()).is_err());
}

#[test]
fn rfc6455_10_2_a_name_that_was_led_here_makes_no_page_our_own() {
    for (origin, host) in [
        ("http://evil.example:8080", "evil.example:8080"),
        ("http://sub.example.com", "sub.example.com"),
        ("http://example.com.", "example.com."),
        ("http://127.0.0.1.evil.example", "127.0.0.1.evil.example"),
        ("http://localhost.evil.example", "localhost.evil.example"),
    ] {
        let error = check(&[], origin, host).unwrap_err();
        assert!(matches!(error, OriginError::Name(_)), "{origin}: {error}");
        assert_eq!(Rejection::from(error).status(), 403);
        // Who lists an origin, or takes any name, knows what they do.
        assert_eq!(check(&[origin], origin, host), Ok(()));
        let any_name = OriginPolicy::default().known_as(["*".parse().unwrap()]);
        assert_eq!(any_name.check(&headers(&[origin]), at(host, false)), Ok(()));
    }
}

#[test]
fn rfc6455_10_2_over_tls_the_scheme_counts_and_the_certificate_proves_the_name() {
    for (origin, host, own) in [
        ("https://any.example", "any.example", true),
        ("https://any.example:8443", "any.example:8443", true),
        ("http://any.example:8443", "any.example:8443", false),
        ("http://example.com", "example.com:80", false),
        ("https://127.0.0.1:8443", "127.0.0.1:8443", true),
    ] {
        let checked = policy(&[]).check(&headers(&[origin]), at(host, true));
        assert_eq!(checked.is_ok(), own, "{origin} at {host}: {checked:?}");
    }
}
