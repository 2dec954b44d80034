//! The grammar of forwarding headers, on bytes: proxies append to lines that they did not check.

use socket::wire::handshake::{Authority, is_token};
use std::net::{IpAddr, SocketAddr};

/// What one proxy says in `Forwarded` (RFC 7239 section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// `for`; none where it is missing, hidden or unknown.
    pub(super) client: Option<SocketAddr>,
    /// There is a `for`, whatever it says.
    pub(super) names_client: bool,
    /// `host`.
    pub(super) host: Option<Authority<'a>>,
    /// Whether `proto` is one with TLS.
    pub(super) secure: Option<bool>,
}

impl<'a> Element<'a> {
    /// `None` for what doesn't follow the grammar.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let mut element = Self::default();
        let mut rest = text.trim_ascii();
        while !rest.is_empty() {
            let equals = rest.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (&rest[..equals], &rest[equals + 1..]);
            let (value, behind) = split_value(value)?;
            if !is_token(name) {
                return None;
            }
            if name.eq_ignore_ascii_case(b"for") {
                element.client = node(value);
                element.names_client = true;
            } else if name.eq_ignore_ascii_case(b"host") {
                element.host = std::str::from_utf8(value).ok().and_then(Authority::parse);
            } else if name.eq_ignore_ascii_case(b"proto") {
                element.secure = std::str::from_utf8(value).ok().map(is_secure);
            }
            rest = match behind.trim_ascii_start() {
                [] => behind.trim_ascii_start(),
                [b';', behind @ ..] => behind.trim_ascii_start(),
                _ => return None,
            };
        }
        Some(element)
    }
}

/// The value at the front, out of its quotes, and what stands behind it. Nothing that is of use here needs an escape.
fn split_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [b'"', quoted @ ..] = text {
        let end = quoted.iter().position(|byte| *byte == b'"')?;
        let value = &quoted[..end];
        return (!value.contains(&b'\\')).then_some((value, &quoted[end + 1..]));
    }
    let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
    let value = text[..end].trim_ascii_end();
    // More than a token: some proxies write addresses with ports or in brackets without the quotes they need.
    let fits = |byte: &u8| is_token(&[*byte]) || b":[]".contains(byte);
    (!value.is_empty() && value.iter().all(fits)).then_some((value, &text[end..]))
}

/// An address with or without a port, an IPv6 address with or without brackets; port 0 where none is named.
pub(super) fn node(entry: &[u8]) -> Option<SocketAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0)).or_else(|_| entry.parse()).ok()?;
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

/// Whether a scheme is one with TLS. Some proxies name that of the WebSocket.
pub(super) fn is_secure(scheme: &str) -> bool {
    ["https", "wss"].iter().any(|secure| scheme.eq_ignore_ascii_case(secure))
}

/// The entries of a list, the last one first. From that end, because a client that opens a quote and leaves it open must
/// not swallow what a proxy appends.
pub(super) fn split_back(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest?;
        let mut quoted = false;
        let comma = line.iter().rposition(|byte| {
            quoted ^= *byte == b'"';
            *byte == b',' && !quoted
        });
        let (before, entry) = match comma {
            Some(comma) => (Some(&line[..comma]), &line[comma + 1..]),
            None => (None, line),
        };
        rest = before;
        Some(entry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<(Option<String>, Option<String>, Option<bool>)> {
        let element = Element::parse(text.as_bytes())?;
        Some((
            element.client.map(|at| at.to_string()),
            element.host.map(|host| host.to_string()),
            element.secure,
        ))
    }

    #[test]
    fn elements_are_read_as_rfc7239_shows() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", (some("192.0.2.60:0"), None, Some(false))),
            ("For=\"[2001:db8:cafe::17]:4711\"", (some("[2001:db8:cafe::17]:4711"), None, None)),
            ("for=unknown", (None, None, None)),
            ("for=\"_gazonk\"", (None, None, None)),
            (" host=\"example.com:8080\" ; proto=HTTPS ", (None, some("example.com:8080"), Some(true))),
            ("for=192.0.2.1:80;host=a", (some("192.0.2.1:80"), some("a"), None)),
            ("", (None, None, None)),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_does_not_follow_the_grammar_is_not_read() {
        for text in [
            "for",
            "for=",
            "=a",
            "for=\"a",
            "for=a b",
            "for=a\"b\"",
            "f r=a",
            "for=\"a\"b",
            "for=\"\\a\"",
            "ä=b",
        ] {
            assert_eq!(Element::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Element::parse(b"for=\xff"), None);
    }

    #[test]
    fn lists_are_split_from_their_end() {
        let split = |text: &'static str| -> Vec<&str> {
            split_back(text.as_bytes()).map(|entry| std::str::from_utf8(entry).unwrap()).collect()
        };
        assert_eq!(split("a,b,c"), ["c", "b", "a"]);
        assert_eq!(split("for=\"a,b\",c"), ["c", "for=\"a,b\""]);
        assert_eq!(split("for=\", for=c"), [" for=c", "for=\""]);
        assert_eq!(split(""), [""]);
    }
}
