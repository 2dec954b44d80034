use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

use super::list::{Lines, lines};

/// Which pages may open a connection (RFC 6455 §10.2).
///
/// A page that came from this server always may, and so may a client that sends no `Origin`: only browsers are bound to
/// send one, everything else could send any. The default adds nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginPolicy {
    any: bool,
    allowed: Vec<Origin>,
}

/// One entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: every page.
    Any,
    /// The pages of one origin.
    One(Origin),
}

/// An origin (RFC 6454 §6.1): `null`, or scheme, host and port.
///
/// Two are equal where they mean the same: case doesn't count, nor does a port that the scheme implies, nor how an IPv6
/// address is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// What browsers send for a page without an origin of its own: a file, a sandboxed frame.
    Null,
    Tuple {
        scheme: String,
        authority: Authority,
    },
}

/// A host and the port, where it is not the one that the scheme implies.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Authority {
    host: Host,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    /// A name or an IPv4 address, in lower case.
    Name(String),
    V6(Ipv6Addr),
}

/// Why the `Origin` of a request was refused. The answer is 403 (RFC 6455 §4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The page belongs to another origin, and that is not on the list.
    #[error("origin {0} is not allowed here (RFC 6455 §10.2)")]
    Foreign(Origin),
    /// The header is there twice, or it is no origin. What can't be read can't be allowed.
    #[error("the Origin header is not an origin such as https://example.com (RFC 6454 §7)")]
    Unreadable,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an origin such as https://example.com or http://localhost:3000, or * for every page")]
pub struct ParseOriginError;

impl OriginPolicy {
    /// Own pages, and those of `allowed`.
    pub fn new(allowed: impl IntoIterator<Item = AllowedOrigin>) -> OriginPolicy {
        let mut policy = OriginPolicy::default();
        for origin in allowed {
            match origin {
                AllowedOrigin::Any => policy.any = true,
                AllowedOrigin::One(origin) => policy.allowed.push(origin),
            }
        }
        policy
    }

    /// Decides about a request by its `Origin` and `Host`.
    ///
    /// An origin is the server's own where it names the host and the port of `Host`, its scheme being http or https. The
    /// scheme is not compared: behind a proxy that ends TLS the page's is https and the server can't know.
    ///
    /// # Errors
    /// The refusal; its text is for the person at the other end.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), OriginError> {
        let value = match lines(headers, ORIGIN) {
            Lines::None => return Ok(()),
            _ if self.any => return Ok(()),
            Lines::Many => return Err(OriginError::Unreadable),
            Lines::One(value) => value,
        };
        let origin: Origin =
            value.to_str().ok().and_then(|text| text.parse().ok()).ok_or(OriginError::Unreadable)?;
        let host = match lines(headers, HOST) {
            Lines::One(host) => host.to_str().ok(),
            Lines::None | Lines::Many => None,
        };
        if host.is_some_and(|host| origin.serves(host)) || self.allowed.contains(&origin) {
            Ok(())
        } else {
            Err(OriginError::Foreign(origin))
        }
    }
}

impl Origin {
    /// `null`.
    pub const NULL: Origin = Origin(Kind::Null);

    /// Whether a page of this origin came from the server that a `Host` header names. Only web schemes count, so that no
    /// `app://127.0.0.1:8080` passes for ours.
    #[must_use]
    pub fn serves(&self, host: &str) -> bool {
        match &self.0 {
            Kind::Tuple { scheme, authority } if matches!(scheme.as_str(), "http" | "https") => {
                Authority::parse(host, scheme).is_some_and(|host| host == *authority)
            }
            Kind::Tuple { .. } | Kind::Null => false,
        }
    }
}

/// Without case, and with or without a slash at the end, as people copy it from an address bar.
impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Origin, ParseOriginError> {
        if text == "null" {
            return Ok(Origin::NULL);
        }
        let (scheme, authority) = text.split_once("://").ok_or(ParseOriginError)?;
        let mut scheme_bytes = scheme.bytes();
        let scheme_ok = scheme_bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && scheme_bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        let scheme = scheme.to_ascii_lowercase();
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let authority = Authority::parse(authority, &scheme).filter(|_| scheme_ok).ok_or(ParseOriginError)?;
        Ok(Origin(Kind::Tuple { scheme, authority }))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Kind::Tuple { scheme, authority } = &self.0 else { return f.write_str("null") };
        match &authority.host {
            Host::Name(name) => write!(f, "{scheme}://{name}")?,
            Host::V6(address) => write!(f, "{scheme}://[{address}]")?,
        }
        authority.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for AllowedOrigin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<AllowedOrigin, ParseOriginError> {
        if text == "*" { Ok(AllowedOrigin::Any) } else { text.parse().map(AllowedOrigin::One) }
    }
}

impl Authority {
    /// `host` or `host:port`, the host being a name, an IPv4 address, or an IPv6 address in brackets.
    fn parse(text: &str, scheme: &str) -> Option<Authority> {
        let (host, port) = match text.rfind(']') {
            Some(end) => text.split_at(end + 1),
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let host = match host.strip_prefix('[') {
            Some(rest) => Host::V6(rest.strip_suffix(']')?.parse().ok()?),
            None => Host::Name(host.to_ascii_lowercase()).filter_name()?,
        };
        let port = if port.is_empty() { None } else { Some(parse_port(port.strip_prefix(':')?)?) };
        let implied = match scheme {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Some(Authority { host, port: port.filter(|_| port != implied) })
    }
}

impl Host {
    fn filter_name(self) -> Option<Host> {
        let Host::Name(name) = &self else { return Some(self) };
        let valid = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte));
        valid.then_some(self)
    }
}

/// Digits only: `u16::from_str` would take a sign.
fn parse_port(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_origins_may_be_written_differently() {
        for (left, right) in [
            ("http://example.com", "HTTP://Example.COM:80/"),
            ("https://example.com", "https://example.com:443"),
            ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080"),
            ("null", "null"),
        ] {
            assert_eq!(left.parse::<Origin>(), right.parse::<Origin>());
            assert_eq!(left.parse::<Origin>().unwrap().to_string(), left);
        }
        for (left, right) in [
            ("http://example.com", "https://example.com"),
            ("http://example.com", "http://example.com:8080"),
            ("http://example.com:443", "https://example.com:443"),
            ("http://example.com", "http://example.com."),
        ] {
            assert_ne!(left.parse::<Origin>().unwrap(), right.parse::<Origin>().unwrap());
        }
    }

    #[test]
    fn what_is_no_origin_does_not_parse() {
        for text in [
            "",
            "*",
            "NULL",
            "example.com",
            "http://",
            "http:///",
            "http://a/b",
            "http://a//",
            "http://user@a",
            "http://a b",
            "http://a:x",
            "http://a:",
            "http://a:+80",
            "http://a:65536",
            "http://[::1",
            "http://::1",
            "http://[a]",
            "://a",
            "1http://a",
            "http://a?b",
            "http://a#b",
            "http://ä",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
