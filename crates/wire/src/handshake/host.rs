use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::header::{HOST, HeaderMap};
use http::{Uri, Version};

use crate::header::{Lines, lines};

/// What a request is addressed to: the host and, where it is named, the port (RFC 9110 §4.2, §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority<'a> {
    /// The host.
    pub host: Host<'a>,
    /// The port; `None` where the scheme implies it.
    pub port: Option<u16>,
}

/// A host. Two names are equal without regard to case, two addresses however they are written.
#[derive(Clone, Copy, Debug)]
pub enum Host<'a> {
    /// A registered name.
    Name(&'a str),
    /// An address.
    Address(IpAddr),
}

/// A name that a server goes by; `*` is any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// A text that is no host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a host name without scheme and port, such as example.com, or * for any")]
pub struct ParseHostNameError;

/// The request's `Host` breaks RFC 9112 §3.2: it is missing in HTTP/1.1, there twice, or no host. The answer is 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an HTTP/1.1 request needs exactly one Host header, such as Host: example.com:8080 (RFC 9112 §3.2)")]
pub struct HostError;

/// What a request of HTTP/1 is addressed to: the authority of its target where that names one (the absolute form, which
/// makes `Host` meaningless, RFC 9112 §3.2.2), else its `Host`. `None` for an HTTP/1.0 request that names neither.
///
/// # Errors
/// [`HostError`], whatever the target says: §3.2 asks for a good `Host` in any case.
pub fn addressed_to<'a>(
    version: Version,
    target: &'a Uri,
    headers: &'a HeaderMap,
) -> Result<Option<Authority<'a>>, HostError> {
    let host = match lines(headers, HOST) {
        Lines::One(value) => Some(value.to_str().ok().and_then(Authority::parse).ok_or(HostError)?),
        Lines::None if version < Version::HTTP_11 => None,
        Lines::None | Lines::Many => return Err(HostError),
    };
    match target.authority().filter(|_| target.scheme().is_some()) {
        // A user name is no part of what is addressed (RFC 9110 §4.2.4).
        Some(named) => {
            let text = named.as_str();
            let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
            Authority::parse(text).map(Some).ok_or(HostError)
        }
        None => Ok(host),
    }
}

impl<'a> Authority<'a> {
    /// `host` or `host:port`, the host being a name, an IPv4 address, or an IPv6 address in brackets (RFC 3986 §3.2.2).
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Authority<'a>> {
        let (host, port) = match text.rfind(']') {
            Some(end) => text.split_at(end + 1),
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => None,
            // A port may be empty (RFC 3986 §3.2.3).
            Some("") => None,
            Some(digits) => Some(parse_port(digits)?),
            None => return None,
        };
        Some(Authority { host: Host::parse(host)?, port })
    }
}

impl<'a> Host<'a> {
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Host<'a>> {
        if let Some(rest) = text.strip_prefix('[') {
            return rest.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(|ip| Host::Address(ip.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Host::Address(address.into()));
        }
        is_registered_name(text).then_some(Host::Name(text))
    }

    /// Whether whoever owns a domain could make this host lead to another machine than its users think (DNS rebinding).
    /// An address can't be led elsewhere, nor can `localhost` and what ends in `.localhost` (RFC 6761 §6.3).
    #[must_use]
    pub fn can_be_rebound(&self) -> bool {
        let Host::Name(name) = self else { return false };
        let name = name.strip_suffix('.').unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or(name);
        !last.eq_ignore_ascii_case("localhost")
    }

    /// Whether this is that name.
    #[must_use]
    pub fn is(&self, other: &HostName) -> bool {
        other.is_any() || matches!(self, Host::Name(name) if name.eq_ignore_ascii_case(&other.0))
    }
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Host::Name(one), Host::Name(other)) => one.eq_ignore_ascii_case(other),
            (Host::Address(one), Host::Address(other)) => one == other,
            (Host::Name(_), Host::Address(_)) | (Host::Address(_), Host::Name(_)) => false,
        }
    }
}

impl Eq for Host<'_> {}

/// In lower case, an IPv6 address in brackets.
impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(&name.to_ascii_lowercase()),
            Host::Address(IpAddr::V4(address)) => address.fmt(f),
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl HostName {
    pub(super) fn is_any(&self) -> bool {
        self.0 == "*"
    }
}

impl FromStr for HostName {
    type Err = ParseHostNameError;

    fn from_str(text: &str) -> Result<HostName, ParseHostNameError> {
        match Host::parse(text) {
            // A star is a good character of a name, but those who write one mean something else.
            Some(host) if text == "*" || !text.contains('*') => Ok(HostName(host.to_string())),
            _ => Err(ParseHostNameError),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `reg-name` of RFC 3986 §3.2.2, and not empty.
fn is_registered_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                let hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
                hex(bytes.next()) && hex(bytes.next())
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    !text.is_empty()
}

/// Digits only: `u16::from_str` would take a sign.
fn parse_port(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hosts_may_be_written_differently() {
        let authority = |text| Authority::parse(text).unwrap();
        for (left, right) in [
            ("Example.COM:80", "example.com:80"),
            ("example.com:", "example.com"),
            ("[::1]:8080", "[0:0:0:0:0:0:0:1]:8080"),
        ] {
            assert_eq!(authority(left), authority(right));
        }
        for (left, right) in
            [("a", "a."), ("a:80", "a"), ("127.0.0.1", "[::ffff:127.0.0.1]"), ("127.1", "127.0.0.1")]
        {
            assert_ne!(authority(left), authority(right));
        }
        for text in ["example.com:8080", "127.0.0.1", "[::1]:8080"] {
            assert_eq!(authority(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_host_does_not_parse() {
        for text in [
            "", ":80", "a b", "a:x", "a:+80", "a:65536", "a:80:90", "[::1", "::1", "[a]", "[::1]80", "a/b",
            "me@a", "ä", "a%2", "a%zz", "a\"b", "http://a",
        ] {
            assert_eq!(Authority::parse(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_this_machine_and_addresses_can_not_be_rebound() {
        for text in ["localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "192.0.2.1", "[::1]"]
        {
            assert!(!Host::parse(text).unwrap().can_be_rebound(), "{text}");
        }
        for text in
            ["example.com", "localhost.example.com", "notlocalhost", "127.0.0.1.example.com", "127.1", "."]
        {
            assert!(Host::parse(text).unwrap().can_be_rebound(), "{text}");
        }
    }

    #[test]
    fn names_are_given_without_scheme_and_port() {
        assert_eq!("Example.COM".parse::<HostName>().unwrap().to_string(), "example.com");
        for text in ["", "http://example.com", "example.com:80", "example.com/", "a b", "*.example.com"] {
            assert_eq!(text.parse::<HostName>(), Err(ParseHostNameError), "{text}");
        }
    }
}
