use std::fmt;
use std::str::FromStr;

use http::HeaderMap;
use http::header::ORIGIN;

use super::host::{Authority, Host, HostName};
use crate::header::{Lines, lines};

/// Which pages may open a connection (RFC 6455 §10.2), and which names are the server's own.
///
/// A page that came from this server always may, and so may a client that sends no `Origin`: only browsers are bound to
/// send one, everything else could send any. The default adds nobody.
///
/// A page that came by a name came from this server only if the name is the server's: whoever owns a domain can have it
/// lead to any address, and browsers then take their page for the server's own (DNS rebinding).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginPolicy {
    any: bool,
    allowed: Vec<Origin>,
    names: Vec<HostName>,
}

/// How a client addressed the server, as far as the server can tell: by what it sees itself, or by what a proxy in front
/// of it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Addressed<'a> {
    /// What the request named; `None` where it named nothing.
    pub authority: Option<Authority<'a>>,
    /// Whether the client's connection is known to use TLS. Its certificate then proves the name.
    pub secure: bool,
}

/// One entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: every page.
    Any,
    /// The pages of one origin.
    One(Origin),
}

/// An origin (RFC 6454 §6.1): `null`, a scheme alone, or scheme, host and port.
///
/// Two are equal where they mean the same: case doesn't count, nor does a port that the scheme implies, nor how an IPv6
/// address is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// What browsers send for a page without an origin of its own: a file, a sandboxed frame.
    Null,
    /// What some send for pages of a scheme without hosts: `file://` by Chromium and what is built on it.
    Scheme(String),
    Tuple {
        scheme: String,
        /// In lower case, an IPv6 address in brackets and in its normal form.
        host: String,
        /// Where it is not the one that the scheme implies.
        port: Option<u16>,
    },
}

/// An origin as it is written.
#[derive(Clone, Copy, Debug)]
enum Written<'a> {
    Null,
    Scheme(&'a str),
    Tuple(&'a str, Authority<'a>),
}

/// Why the `Origin` of a request was refused. The answer is 403 (RFC 6455 §4.2.2).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// The page belongs to another origin, and that is not on the list.
    #[error("origin {0} is not allowed here (RFC 6455 §10.2)")]
    Foreign(Origin),
    /// The page came from here, but by a name that is not known to be the server's.
    #[error("this server is not known as {0}, which anybody may have led here (DNS rebinding)")]
    Name(String),
    /// The header is there twice, or it is no origin. What can't be read can't be allowed.
    #[error("the Origin header is not an origin such as https://example.com (RFC 6454 §7)")]
    Unreadable,
}

/// A text that is no origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an origin such as https://example.com, http://localhost:3000, file:// or null, or * for every page"
)]
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

    /// The same, for a server that goes by `names`. Addresses and `localhost` need not be named.
    #[must_use]
    pub fn known_as(mut self, names: impl IntoIterator<Item = HostName>) -> OriginPolicy {
        self.names.extend(names);
        self
    }

    /// The names it goes by, without `*`.
    pub fn names(&self) -> impl Iterator<Item = &HostName> {
        self.names.iter().filter(|name| !name.is_any())
    }

    /// Decides about a request by its `Origin` and by how the server was addressed.
    ///
    /// An origin is the server's own where it names the same host and port, and the host is the server's. Its scheme must
    /// be https where the client is known to have come over TLS; otherwise it may be either, because a proxy may end TLS
    /// without saying so.
    ///
    /// # Errors
    /// The refusal; its text is for the person at the other end.
    pub fn check(&self, headers: &HeaderMap, addressed: Addressed<'_>) -> Result<(), OriginError> {
        let value = match lines(headers, ORIGIN) {
            Lines::None => return Ok(()),
            _ if self.any => return Ok(()),
            Lines::Many => return Err(OriginError::Unreadable),
            Lines::One(value) => value,
        };
        let written = value.to_str().ok().and_then(|text| Written::read(text).ok());
        let written = written.ok_or(OriginError::Unreadable)?;
        // Most pages are the server's own, for which nothing has to be copied.
        let own = addressed.authority.filter(|authority| written.serves(*authority, addressed.secure));
        if own.is_some() && self.knows(addressed) {
            return Ok(());
        }
        let origin = Origin::from(written);
        match own {
            _ if self.allowed.contains(&origin) => Ok(()),
            Some(authority) => Err(OriginError::Name(authority.host.to_string())),
            None => Err(OriginError::Foreign(origin)),
        }
    }

    /// Whether the server was addressed by something that is its own: an address, `localhost`, one of its names, or, over
    /// TLS, whatever the certificate was good for. A request that names no host comes from no browser.
    #[must_use]
    pub fn knows(&self, addressed: Addressed<'_>) -> bool {
        let Some(Authority { host, .. }) = addressed.authority else { return true };
        addressed.secure || !host.can_be_rebound() || self.names.iter().any(|name| host.is(name))
    }
}

impl Origin {
    /// `null`.
    pub const NULL: Origin = Origin(Kind::Null);

    /// Whether a page of this origin came from the server that is addressed by `authority`, over TLS where that is
    /// `secure`. Only web schemes count, so that no `app://127.0.0.1:8080` passes for ours.
    #[must_use]
    pub fn serves(&self, authority: Authority<'_>, secure: bool) -> bool {
        let Kind::Tuple { scheme, host, port } = &self.0 else { return false };
        Host::parse(host).is_some_and(|host| {
            Written::Tuple(scheme, Authority { host, port: *port }).serves(authority, secure)
        })
    }
}

impl<'a> Written<'a> {
    fn read(text: &'a str) -> Result<Written<'a>, ParseOriginError> {
        if text == "null" {
            return Ok(Written::Null);
        }
        let (scheme, rest) = text.split_once(':').ok_or(ParseOriginError)?;
        let mut scheme_bytes = scheme.bytes();
        let scheme_ok = scheme_bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
            && scheme_bytes.all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !scheme_ok {
            return Err(ParseOriginError);
        }
        if matches!(rest, "" | "//" | "///") {
            // The web's own schemes have no pages without a host.
            let hostless = implied_port(scheme).is_none();
            return if hostless { Ok(Written::Scheme(scheme)) } else { Err(ParseOriginError) };
        }
        let authority = rest.strip_prefix("//").ok_or(ParseOriginError)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        // Unlike in `Host`, a port is never empty (RFC 6454 §6.2).
        let authority = Authority::parse(authority).filter(|_| !authority.ends_with(':'));
        authority.map(|authority| Written::Tuple(scheme, authority)).ok_or(ParseOriginError)
    }

    /// As [`Origin::serves`].
    fn serves(&self, other: Authority<'_>, secure: bool) -> bool {
        let Written::Tuple(scheme, own) = self else { return false };
        let implied = implied_port(scheme);
        let port = |authority: Authority<'_>| authority.port.filter(|port| Some(*port) != implied);
        implied.is_some()
            && (!secure || scheme.eq_ignore_ascii_case("https"))
            && own.host == other.host
            && port(*own) == port(other)
    }
}

impl From<Written<'_>> for Origin {
    fn from(written: Written<'_>) -> Origin {
        Origin(match written {
            Written::Null => Kind::Null,
            Written::Scheme(scheme) => Kind::Scheme(scheme.to_ascii_lowercase()),
            Written::Tuple(scheme, Authority { host, port }) => Kind::Tuple {
                scheme: scheme.to_ascii_lowercase(),
                host: host.to_string(),
                port: port.filter(|port| Some(*port) != implied_port(scheme)),
            },
        })
    }
}

/// Without case, and with or without a slash at the end, as people copy it from an address bar.
impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<Origin, ParseOriginError> {
        Written::read(text).map(Origin::from)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Null => f.write_str("null"),
            Kind::Scheme(scheme) => write!(f, "{scheme}://"),
            Kind::Tuple { scheme, host, port } => {
                write!(f, "{scheme}://{host}")?;
                port.map_or(Ok(()), |port| write!(f, ":{port}"))
            }
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = ParseOriginError;

    fn from_str(text: &str) -> Result<AllowedOrigin, ParseOriginError> {
        if text == "*" { Ok(AllowedOrigin::Any) } else { text.parse().map(AllowedOrigin::One) }
    }
}

/// The port that goes without saying, for the schemes that web pages come by.
fn implied_port(scheme: &str) -> Option<u16> {
    let is = |name| scheme.eq_ignore_ascii_case(name);
    if is("http") {
        Some(80)
    } else if is("https") {
        Some(443)
    } else {
        None
    }
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
            ("file://", "FILE:///"),
            ("qrc://", "qrc:"),
            ("capacitor://localhost", "capacitor://localhost/"),
            ("app://.", "app://."),
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
            "https:",
            "file:x",
            "file:////",
            "://",
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
