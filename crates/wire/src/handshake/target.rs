use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use http::uri::{Authority, PathAndQuery};

/// What a ws or wss URL names (RFC 6455 §3): where to connect and what to ask for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    secure: bool,
    host: String,
    port: u16,
    resource: PathAndQuery,
}

/// A text that is no WebSocket URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It doesn't start with `ws://` or `wss://`.
    #[error("a WebSocket URL starts with ws:// or wss:// (RFC 6455 §3)")]
    Scheme,
    /// It has a `#`, which must be written %23 (§3).
    #[error("a WebSocket URL has no fragment: write # as %23 (RFC 6455 §3)")]
    Fragment,
    /// A name or a password in front of the host.
    #[error("a WebSocket URL has no user name: send an Authorization header instead (RFC 6455 §3)")]
    UserInfo,
    /// The host is missing, or the port is no number from 1 to 65535.
    #[error("the URL needs a host, and a port from 1 to 65535 where it has one (RFC 6455 §3)")]
    Authority,
    /// Characters that must be percent-encoded, or a host that must be written in ASCII.
    #[error("the URL is malformed: {0}")]
    Malformed(String),
}

impl Target {
    /// Whether TLS goes underneath: `wss`.
    #[must_use]
    pub const fn secure(&self) -> bool {
        self.secure
    }

    /// The name or address to connect to, in lower case; an IPv6 address without its brackets. With TLS also the name to
    /// check the certificate against.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port: what the URL says, else 80 for `ws` and 443 for `wss`.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The host and the port, whatever that is: what a proxy is asked for (RFC 9110 §9.3.6).
    #[must_use]
    pub fn authority(&self) -> String {
        format!("{}:{}", Bracketed(&self.host), self.port)
    }

    /// Path and query for the request line (§3 "resource name"): at least `/`.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.resource.as_str()
    }

    /// The same server with another path and query.
    ///
    /// # Errors
    /// [`TargetError::Fragment`] or [`TargetError::Malformed`].
    pub fn with_resource(mut self, resource: &str) -> Result<Target, TargetError> {
        if resource.contains('#') {
            return Err(TargetError::Fragment);
        }
        self.resource = resource
            .parse()
            .map_err(|error: http::uri::InvalidUri| TargetError::Malformed(error.to_string()))?;
        Ok(self)
    }

    /// The value of `Host`: the port only where it isn't the scheme's (§4.1).
    #[must_use]
    pub fn host_header(&self) -> String {
        let host = Bracketed(&self.host);
        if self.port == default_port(self.secure) {
            host.to_string()
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(url: &str) -> Result<Target, TargetError> {
        let (scheme, rest) = url.split_once("://").ok_or(TargetError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "ws" => false,
            "wss" => true,
            _ => return Err(TargetError::Scheme),
        };
        // Parsing a path drops a fragment silently.
        if rest.contains('#') {
            return Err(TargetError::Fragment);
        }
        let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(TargetError::UserInfo);
        }
        let authority: Authority = match authority.parse() {
            Ok(authority) => authority,
            Err(_) if authority.is_ascii() => return Err(TargetError::Authority),
            Err(error) => return Err(TargetError::Malformed(error.to_string())),
        };
        let resource = if resource.starts_with('/') { resource.to_owned() } else { format!("/{resource}") };
        let resource = resource
            .parse()
            .map_err(|error: http::uri::InvalidUri| TargetError::Malformed(error.to_string()))?;
        let port = port_of(&authority, secure).ok_or(TargetError::Authority)?;
        let host = host_of(authority.host()).ok_or(TargetError::Authority)?;
        Ok(Target { secure, host, port, resource })
    }
}

/// The URL in its normal form.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.resource)
    }
}

struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') { write!(f, "[{}]", self.0) } else { f.write_str(self.0) }
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

fn port_of(authority: &Authority, secure: bool) -> Option<u16> {
    let text = authority.as_str();
    match text.rfind(':').filter(|colon| text.rfind(']').is_none_or(|bracket| bracket < *colon)) {
        None => Some(default_port(secure)),
        // A port may be empty (RFC 3986 §3.2.3).
        Some(colon) if colon + 1 == text.len() => Some(default_port(secure)),
        Some(_) => authority.port_u16().filter(|port| *port != 0),
    }
}

fn host_of(host: &str) -> Option<String> {
    match host.strip_prefix('[') {
        Some(rest) => {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            Some(IpAddr::V6(address).to_string())
        }
        None if host.is_empty() || host.contains([':', '[', ']']) => None,
        None => Some(host.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> (bool, String, u16, String, String) {
        let target: Target = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
        let resource = target.resource().to_owned();
        (target.secure(), target.host().to_owned(), target.port(), resource, target.host_header())
    }

    #[test]
    fn urls_name_a_server_and_a_resource() {
        for (url, secure, host, port, resource, header) in [
            ("ws://example.com", false, "example.com", 80, "/", "example.com"),
            ("WSS://Example.COM/", true, "example.com", 443, "/", "example.com"),
            ("ws://example.com:80/a?b=c&d", false, "example.com", 80, "/a?b=c&d", "example.com"),
            ("ws://example.com:443/", false, "example.com", 443, "/", "example.com:443"),
            ("wss://example.com:80?x", true, "example.com", 80, "/?x", "example.com:80"),
            ("ws://127.0.0.1:9001/%23", false, "127.0.0.1", 9001, "/%23", "127.0.0.1:9001"),
            ("ws://[0:0::1]:8080/x", false, "::1", 8080, "/x", "[::1]:8080"),
            ("wss://[::1]", true, "::1", 443, "/", "[::1]"),
            ("ws://a:/", false, "a", 80, "/", "a"),
            ("ws://a/b@c:d", false, "a", 80, "/b@c:d", "a"),
        ] {
            let expected = (secure, host.to_owned(), port, resource.to_owned(), header.to_owned());
            assert_eq!(parts(url), expected, "{url}");
            let target: Target = url.parse().unwrap();
            assert_eq!(target.to_string().parse(), Ok(target), "{url}");
        }
    }

    #[test]
    fn what_is_no_websocket_url_is_refused() {
        for url in ["", "example.com", "http://a", "ws:a", "ws:/a", "://a", "ws ://a"] {
            assert_eq!(url.parse::<Target>(), Err(TargetError::Scheme), "{url}");
        }
        for url in
            ["ws://", "ws:///a", "ws://:80", "ws://a:0", "ws://a:65536", "ws://a:b", "ws://[::1", "ws://::1/"]
        {
            assert_eq!(url.parse::<Target>(), Err(TargetError::Authority), "{url}");
        }
        for url in ["ws://a/#b", "ws://a#", "ws://#@a"] {
            assert_eq!(url.parse::<Target>(), Err(TargetError::Fragment), "{url}");
        }
        assert_eq!("ws://me:secret@a/".parse::<Target>(), Err(TargetError::UserInfo));
        for url in ["ws://a/b c", "ws://ä/"] {
            assert!(matches!(url.parse::<Target>(), Err(TargetError::Malformed(_))), "{url}");
        }
    }
}
