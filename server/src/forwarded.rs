//! What proxies say about a request that came through them, as far as it can be believed: `X-Forwarded-For`, `-Host`
//! and `-Proto`, and `Forwarded` (RFC 7239).

mod element;

use element::{Element, split_back};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use socket::wire::handshake::{Addressed, Authority};
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// A range of addresses, such as `10.0.0.0/8` or a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a network, such as 10.0.0.0/8, 192.0.2.7 or fd00::/8")]
pub struct ParseNetworkError;

impl Network {
    /// Whether `address` lies in it. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| ParseNetworkError)
    }
}

/// Whether one of `networks` has `address`.
pub(crate) fn is_trusted(address: IpAddr, networks: &[Network]) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Whether the request carries what proxies add, whoever added it. No page can have a browser send any of these with a
/// WebSocket handshake.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    [X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO, X_REAL_IP, header::FORWARDED, header::VIA]
        .iter()
        .any(|name| headers.contains_key(name))
}

/// The client behind a connection from `peer`.
///
/// Each proxy appends whom it got the request from, so a list is read from its end for as long as it was written by
/// `trusted` proxies; what stands before that, anybody may have invented. Where a trusted proxy wrote something
/// unreadable, the proxy itself is the last that is known. So it is where the two headers name different clients: a
/// proxy that writes one of them passes on the other as the client wrote it. A `Forwarded` that says nothing of clients
/// does not count.
pub(crate) fn client(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    if !is_trusted(peer.ip(), trusted) {
        return peer;
    }
    let entries = entries(headers, X_FORWARDED_FOR).map(element::node);
    let listed = headers.contains_key(X_FORWARDED_FOR).then(|| walk(peer, entries, trusted));
    let names_one =
        entries_of_forwarded(headers).next().flatten().is_some_and(|element| element.names_client);
    let elements = entries_of_forwarded(headers).map(|element| element.and_then(|element| element.client));
    let forwarded = names_one.then(|| walk(peer, elements, trusted));
    match (listed, forwarded) {
        (Some(one), Some(other)) if one.ip() != other.ip() => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

/// How the client behind a connection from `peer` addressed this server. `own` is how the request itself did.
pub(crate) fn addressed<'a>(
    peer: SocketAddr,
    headers: &'a HeaderMap,
    trusted: &[Network],
    own: Addressed<'a>,
) -> Addressed<'a> {
    if !is_trusted(peer.ip(), trusted) {
        return own;
    }
    let (mut authority, mut secure) = (None, None);
    let mut writer = peer.ip();
    for element in entries_of_forwarded(headers) {
        let Some(element) = element.filter(|_| is_trusted(writer, trusted)) else { break };
        authority = element.host.or(authority);
        secure = element.secure.or(secure);
        let Some(client) = element.client else { break };
        writer = client.ip();
    }
    // Of a list the first is what the client said: each further proxy adds how it was addressed itself.
    let first = |name| {
        let line: &HeaderValue = headers.get(name)?;
        line.to_str().ok()?.split(',').next().map(str::trim)
    };
    Addressed {
        authority: authority.or_else(|| first(X_FORWARDED_HOST).and_then(Authority::parse)).or(own.authority),
        secure: secure.or_else(|| first(X_FORWARDED_PROTO).map(element::is_secure)).unwrap_or(own.secure),
    }
}

/// Follows what each entry says from the last to the first, while those who wrote it are trusted.
fn walk(
    peer: SocketAddr,
    clients: impl Iterator<Item = Option<SocketAddr>>,
    trusted: &[Network],
) -> SocketAddr {
    let mut known = peer;
    for client in clients {
        let Some(client) = client else { break };
        known = client;
        if !is_trusted(known.ip(), trusted) {
            break;
        }
    }
    known
}

/// All entries of a list header over all its lines, the last one first.
fn entries(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let lines: Vec<_> = headers.get_all(name).iter().collect();
    lines.into_iter().rev().flat_map(|line| split_back(line.as_bytes()))
}

/// The elements of `Forwarded`, the last one first; `None` for what can't be read.
fn entries_of_forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<Element<'_>>> {
    entries(headers, header::FORWARDED).map(Element::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXIES: &[&str] = &["10.0.0.0/8", "fd00::1"];

    fn headers(lines: &[(HeaderName, &[u8])]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value).unwrap())).collect()
    }

    fn networks(trusted: &[&str]) -> Vec<Network> {
        trusted.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn from(peer: &str, name: HeaderName, lines: &[&[u8]], trusted: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|line| (name.clone(), *line)).collect();
        let mut all = HeaderMap::new();
        for (name, value) in lines {
            all.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        client(SocketAddr::new(peer.parse().unwrap(), 7), &all, &networks(trusted)).to_string()
    }

    fn listed(peer: &str, lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        from(peer, X_FORWARDED_FOR, &lines, PROXIES)
    }

    fn forwarded(peer: &str, lines: &[&str]) -> String {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        from(peer, header::FORWARDED, &lines, PROXIES)
    }

    #[test]
    fn nobody_is_believed_unasked() {
        for (name, line) in [(X_FORWARDED_FOR, &b"1.1.1.1"[..]), (header::FORWARDED, b"for=1.1.1.1")] {
            assert_eq!(from("192.0.2.1", name.clone(), &[line], &[]), "192.0.2.1:7");
            assert_eq!(from("192.0.2.1", name, &[line], PROXIES), "192.0.2.1:7");
        }
    }

    #[test]
    fn a_trusted_proxy_names_its_client() {
        for peer in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
            assert_eq!(listed(peer, &["203.0.113.9"]), "203.0.113.9:0");
            assert_eq!(forwarded(peer, &["for=203.0.113.9"]), "203.0.113.9:0");
        }
        assert_eq!(listed("10.1.2.3", &[]), "10.1.2.3:7");
        assert_eq!(listed("10.1.2.3", &["203.0.113.9:4711"]), "203.0.113.9:4711");
        assert_eq!(listed("10.1.2.3", &["2001:db8::1"]), "[2001:db8::1]:0");
        assert_eq!(listed("10.1.2.3", &["[2001:db8::1]"]), "[2001:db8::1]:0");
        assert_eq!(listed("10.1.2.3", &["[2001:db8::1]:99"]), "[2001:db8::1]:99");
        assert_eq!(forwarded("10.1.2.3", &["proto=http;for=\"[2001:db8::1]:99\""]), "[2001:db8::1]:99");
    }

    #[test]
    fn what_the_client_itself_wrote_does_not_count() {
        assert_eq!(listed("10.0.0.1", &["6.6.6.6, 203.0.113.9, 10.0.0.2"]), "203.0.113.9:0");
        assert_eq!(listed("10.0.0.1", &["6.6.6.6", "203.0.113.9", "10.0.0.2"]), "203.0.113.9:0");
        assert_eq!(listed("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3:0");
        assert_eq!(forwarded("10.0.0.1", &["for=6.6.6.6, for=203.0.113.9, for=10.0.0.2"]), "203.0.113.9:0");
        assert_eq!(forwarded("10.0.0.1", &["for=\", for=203.0.113.9"]), "203.0.113.9:0");
    }

    #[test]
    fn what_can_not_be_read_ends_the_list() {
        assert_eq!(listed("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"]), "10.0.0.2:0");
        assert_eq!(listed("10.0.0.1", &[""]), "10.0.0.1:7");
        assert_eq!(forwarded("10.0.0.1", &["for=203.0.113.9, for=_hidden, for=10.0.0.2"]), "10.0.0.2:0");
        // A proxy appends to what it got, whatever that is.
        for name in [X_FORWARDED_FOR, header::FORWARDED] {
            assert_eq!(from("10.0.0.1", name.clone(), &[b"203.0.113.9", b"\xff"], PROXIES), "10.0.0.1:7");
            let appended =
                if name == X_FORWARDED_FOR { &b"\xff, 203.0.113.9"[..] } else { b"\xff, for=203.0.113.9" };
            assert_eq!(from("10.0.0.1", name, &[appended], PROXIES), "203.0.113.9:0");
        }
    }

    #[test]
    fn two_headers_that_disagree_leave_the_proxy() {
        let peer = "10.0.0.1:7".parse().unwrap();
        for (listed, forwarded, known) in [
            ("203.0.113.9", "for=203.0.113.9", "203.0.113.9:0"),
            ("203.0.113.9", "for=6.6.6.6", "10.0.0.1:7"),
            ("6.6.6.6", "for=203.0.113.9", "10.0.0.1:7"),
            ("6.6.6.6", "for=_hidden", "10.0.0.1:7"),
            ("203.0.113.9", "nonsense", "203.0.113.9:0"),
            ("203.0.113.9", "host=public;proto=https", "203.0.113.9:0"),
        ] {
            let headers =
                headers(&[(X_FORWARDED_FOR, listed.as_bytes()), (header::FORWARDED, forwarded.as_bytes())]);
            assert_eq!(client(peer, &headers, &networks(PROXIES)).to_string(), known);
        }
    }

    fn asked_for(peer: &str, lines: &[(HeaderName, &[u8])]) -> (String, bool) {
        let own = Addressed { authority: Authority::parse("upstream:8080"), secure: false };
        let (peer, headers) = (SocketAddr::new(peer.parse().unwrap(), 7), headers(lines));
        let addressed = addressed(peer, &headers, &networks(PROXIES), own);
        (addressed.authority.unwrap().to_string(), addressed.secure)
    }

    #[test]
    fn a_trusted_proxy_says_how_it_was_addressed() {
        for (lines, host, secure) in [
            (&[][..], "upstream:8080", false),
            (&[(X_FORWARDED_HOST, &b"public"[..])], "public", false),
            (&[(X_FORWARDED_HOST, b"public:8443"), (X_FORWARDED_PROTO, b"https")], "public:8443", true),
            (&[(X_FORWARDED_HOST, b"public, inner"), (X_FORWARDED_PROTO, b"WSS,http")], "public", true),
            (&[(X_FORWARDED_HOST, b"\xff"), (X_FORWARDED_PROTO, b"\xff")], "upstream:8080", false),
            (&[(header::FORWARDED, b"for=203.0.113.9;host=public;proto=https")], "public", true),
            (&[(header::FORWARDED, b"for=_x;host=\"public:81\";proto=http")], "public:81", false),
            (
                &[(
                    header::FORWARDED,
                    b"host=invented, for=1.1.1.1;host=public;proto=https, for=10.0.0.2;host=inner",
                )],
                "public",
                true,
            ),
            (&[(header::FORWARDED, b"host=invented;for=1.1.1.1, for=1.1.1.1")], "upstream:8080", false),
        ] {
            assert_eq!(asked_for("10.0.0.1", lines), (host.to_owned(), secure), "{lines:?}");
        }
    }

    #[test]
    fn nobody_else_can_say_how_it_was_addressed() {
        let lines = &[(X_FORWARDED_HOST, &b"public"[..]), (header::FORWARDED, b"host=public;proto=https")];
        assert_eq!(asked_for("192.0.2.1", lines), ("upstream:8080".to_owned(), false));
    }

    #[test]
    fn networks_are_checked() {
        for text in ["", "10.0.0.0/33", "10.0.0", "localhost", "::/129"] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text}");
        }
    }
}
