//! What a request is addressed to (RFC 9112 §3.2).

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Uri, Version};
use wire::handshake::{HostError, addressed_to};

fn addressed(version: Version, target: &str, hosts: &[&str]) -> Result<Option<String>, HostError> {
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    let target: Uri = target.parse().unwrap();
    addressed_to(version, &target, &headers).map(|authority| authority.map(|authority| authority.to_string()))
}

fn some(text: &str) -> Result<Option<String>, HostError> {
    Ok(Some(text.to_owned()))
}

#[test]
fn rfc9112_3_2_http_1_1_needs_one_good_host() {
    for (host, expected) in [
        ("example.com", "example.com"),
        ("Example.com:8080", "example.com:8080"),
        ("example.com:", "example.com"),
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("[0::1]:80", "[::1]:80"),
        ("a_b.example", "a_b.example"),
    ] {
        assert_eq!(addressed(Version::HTTP_11, "/", &[host]), some(expected), "{host}");
    }
    for hosts in [
        &[][..],
        &["a", "a"],
        &[""],
        &["a b"],
        &["http://a"],
        &["me@a"],
        &["a/b"],
        &["a, "],
        &["a:b"],
        &[":80"],
        &["[::1"],
        &["ä"],
    ] {
        assert_eq!(addressed(Version::HTTP_11, "/", hosts), Err(HostError), "{hosts:?}");
    }
}

#[test]
fn rfc9112_3_2_http_1_0_needs_none() {
    assert_eq!(addressed(Version::HTTP_10, "/", &[]), Ok(None));
    assert_eq!(addressed(Version::HTTP_10, "/", &["a"]), some("a"));
    assert_eq!(addressed(Version::HTTP_10, "/", &["a", "b"]), Err(HostError));
    assert_eq!(addressed(Version::HTTP_10, "/", &["a b"]), Err(HostError));
}

#[test]
fn rfc9112_3_2_2_the_absolute_form_says_what_is_addressed() {
    for (target, expected) in [
        ("http://named.example/ws", "named.example"),
        ("http://named.example:8080/", "named.example:8080"),
        ("https://me:secret@named.example/", "named.example"),
    ] {
        assert_eq!(addressed(Version::HTTP_11, target, &["other.example"]), some(expected), "{target}");
        assert_eq!(addressed(Version::HTTP_10, target, &[]), some(expected), "{target}");
        assert_eq!(addressed(Version::HTTP_11, target, &[]), Err(HostError), "Host is needed all the same");
        assert_eq!(addressed(Version::HTTP_11, target, &["a", "a"]), Err(HostError));
    }
    assert_eq!(addressed(Version::HTTP_11, "*", &["a"]), some("a"));
}
