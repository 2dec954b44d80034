//! Who may open a socket: the Origin check of RFC 6455 section 10.2.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};
use std::fmt;
use std::str::FromStr;

/// Which pages may open a WebSocket here.
///
/// A page served by this server always may, and so may a client that sends no `Origin` at all: only browsers
/// are bound to send one, and everything else could send any. The default adds nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginPolicy {
    any: bool,
    allowed: Vec<Origin>,
}

/// One `--allow-origin` value: `*`, `null`, or an origin in the sense of RFC 6454.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowOrigin {
    /// Every page.
    Any,
    /// Pages of one origin.
    One(Origin),
}

/// An origin as browsers serialise it: `null`, or `scheme://host[:port]` in lower case without the port that
/// the scheme implies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

/// Why a handshake's `Origin` was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The page belongs to another origin. Answer 403.
    #[error("origin {0} is not allowed here; start the server with --allow-origin {0} to let it in")]
    Foreign(Origin),
    /// The header is repeated or is no origin at all. Answer 403: what can't be read can't be allowed.
    #[error("the Origin header is not an origin such as https://example.com")]
    Unreadable,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin such as https://example.com or http://localhost:3000, or * for every page")]
pub struct ParseOriginError;

impl OriginPolicy {
    /// The policy that adds `allowed` to the server's own pages.
    pub fn new(allowed: impl IntoIterator<Item = AllowOrigin>) -> Self {
        let mut policy = Self::default();
        for origin in allowed {
            match origin {
                AllowOrigin::Any => policy.any = true,
                AllowOrigin::One(origin) => policy.allowed.push(origin),
            }
        }
        policy
    }

    /// Decides about one handshake by its `Origin` and `Host`.
    ///
    /// # Errors
    /// The refusal, whose text is meant for the person at the other end.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        let mut values = headers.get_all(ORIGIN).iter();
        let Some(value) = values.next() else { return Ok(()) };
        if self.any {
            return Ok(());
        }
        if values.next().is_some() {
            return Err(OriginError::Unreadable);
        }
        let origin: Origin =
            value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(OriginError::Unreadable)?;
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        if host.is_some_and(|host| origin.serves(host)) || self.allowed.contains(&origin) {
            Ok(())
        } else {
            Err(OriginError::Foreign(origin))
        }
    }
}

impl Origin {
    /// Whether a page of this origin came from the server that the `Host` header names.
    ///
    /// The scheme is left out of it: behind a proxy that ends TLS the page's origin is https and this server
    /// can't know. Only web schemes count, so that no `app://127.0.0.1:8080` passes as ours.
    fn serves(&self, host: &str) -> bool {
        let Some((scheme @ ("http" | "https"), authority)) = self.0.split_once("://") else { return false };
        without_default_port(scheme, &host.to_ascii_lowercase()) == authority
    }
}

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        if text == "null" {
            return Ok(Self(text.to_owned()));
        }
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(ParseOriginError)?;
        // A person may copy the origin from an address bar, with its slash.
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let scheme_ok = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        if !scheme_ok || !is_authority(authority) {
            return Err(ParseOriginError);
        }
        Ok(Self(format!("{scheme}://{}", without_default_port(scheme, authority))))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AllowOrigin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Self, ParseOriginError> {
        if text == "*" { Ok(Self::Any) } else { text.parse().map(Self::One) }
    }
}

fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return authority,
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// `host` or `host:port`, the host being a name, an IPv4 address or an IPv6 address in brackets.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rfind(']') {
        Some(end) => (&text[..=end], &text[end + 1..]),
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let host_ok = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._~%".contains(c)),
    };
    let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    host_ok && port_ok
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: &[&str], origin: Option<&str>, host: &str) -> Result<(), OriginError> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        OriginPolicy::new(allowed.iter().map(|origin| origin.parse().unwrap())).check(&headers)
    }

    #[test]
    fn own_pages_and_clients_without_an_origin_pass() {
        for (origin, host) in [
            (None, "127.0.0.1:8080"),
            (Some("http://127.0.0.1:8080"), "127.0.0.1:8080"),
            (Some("http://example.com"), "example.com"),
            (Some("http://example.com"), "example.com:80"),
            (Some("https://example.com"), "Example.com"),
            (Some("https://example.com"), "example.com:443"),
            (Some("http://[::1]:8080"), "[::1]:8080"),
        ] {
            assert_eq!(check(&[], origin, host), Ok(()), "{origin:?} at {host}");
        }
    }

    #[test]
    fn other_pages_are_refused() {
        for (origin, host) in [
            ("http://evil.example", "127.0.0.1:8080"),
            ("http://127.0.0.1:8081", "127.0.0.1:8080"),
            ("http://127.0.0.1", "127.0.0.1:8080"),
            ("http://example.com:443", "example.com"),
            ("http://example.com.evil.example", "example.com"),
            ("app://example.com", "example.com"),
            ("null", "null"),
        ] {
            let refusal = check(&[], Some(origin), host);
            assert!(matches!(refusal, Err(OriginError::Foreign(_))), "{origin} at {host}: {refusal:?}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in
            ["", "example.com", "http://", "http://a/b", "http://user@a", "http://a b", "http://a:x"]
        {
            assert_eq!(check(&["http://a"], Some(origin), "a"), Err(OriginError::Unreadable), "{origin}");
        }
    }

    #[test]
    fn two_origins_are_refused() {
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, "http://a".parse().unwrap());
        headers.append(ORIGIN, "http://b".parse().unwrap());
        let policy = OriginPolicy::new(["http://a".parse().unwrap()]);
        assert_eq!(policy.check(&headers), Err(OriginError::Unreadable));
    }

    #[test]
    fn allowed_origins_pass_however_they_were_written() {
        assert_eq!(check(&["https://Example.com:443/"], Some("https://example.com"), "x"), Ok(()));
        assert_eq!(check(&["null"], Some("null"), "x"), Ok(()));
        assert_eq!(check(&["*"], Some("http://anything.example"), "x"), Ok(()));
        assert!(check(&["https://example.com"], Some("http://example.com"), "x").is_err());
    }

    #[test]
    fn the_refusal_names_the_flag() {
        let text = check(&[], Some("http://evil.example"), "x").unwrap_err().to_string();
        assert!(text.contains("--allow-origin http://evil.example"), "{text}");
    }
}
