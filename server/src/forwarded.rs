//! Who a request comes from when it came through proxies: `X-Forwarded-For`, as far as it can be believed.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

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

/// The client behind a connection from `peer`.
///
/// Each proxy appends whom it got the request from, so the list is read from its end for as long as it was written by
/// `trusted` proxies; what stands before that, anybody may have invented. Where a trusted proxy wrote something
/// unreadable, the proxy itself is the last that is known.
pub(crate) fn client(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    let is_trusted = |address| trusted.iter().any(|network| network.contains(address));
    let mut known = peer;
    if !is_trusted(peer.ip()) {
        return known;
    }
    let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).iter().collect();
    for entry in
        lines.into_iter().rev().filter_map(|line| line.to_str().ok()).flat_map(|line| line.rsplit(','))
    {
        let Some(address) = parse(entry.trim()) else { return known };
        known = address;
        if !is_trusted(address.ip()) {
            return known;
        }
    }
    known
}

/// An address with or without a port; port 0 where none is named.
fn parse(entry: &str) -> Option<SocketAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0)).or_else(|_| entry.parse()).ok()?;
    Some(SocketAddr::new(address.ip().to_canonical(), address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, lines: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client(SocketAddr::new(peer.parse().unwrap(), 7), &headers, &trusted).to_string()
    }

    #[test]
    fn nobody_is_believed_unasked() {
        assert_eq!(from("192.0.2.1", &["1.1.1.1"], &[]), "192.0.2.1:7");
        assert_eq!(from("192.0.2.1", &["1.1.1.1"], &["10.0.0.0/8"]), "192.0.2.1:7");
    }

    #[test]
    fn a_trusted_proxy_names_its_client() {
        let trusted = &["10.0.0.0/8", "fd00::1"];
        for peer in ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1"] {
            assert_eq!(from(peer, &["203.0.113.9"], trusted), "203.0.113.9:0");
        }
        assert_eq!(from("10.1.2.3", &[], trusted), "10.1.2.3:7");
        assert_eq!(from("10.1.2.3", &["203.0.113.9:4711"], trusted), "203.0.113.9:4711");
        assert_eq!(from("10.1.2.3", &["2001:db8::1"], trusted), "[2001:db8::1]:0");
        assert_eq!(from("10.1.2.3", &["[2001:db8::1]"], trusted), "[2001:db8::1]:0");
        assert_eq!(from("10.1.2.3", &["[2001:db8::1]:99"], trusted), "[2001:db8::1]:99");
    }

    #[test]
    fn what_the_client_itself_wrote_does_not_count() {
        let trusted = &["10.0.0.0/8"];
        assert_eq!(from("10.0.0.1", &["6.6.6.6, 203.0.113.9, 10.0.0.2"], trusted), "203.0.113.9:0");
        assert_eq!(from("10.0.0.1", &["6.6.6.6", "203.0.113.9", "10.0.0.2"], trusted), "203.0.113.9:0");
        assert_eq!(from("10.0.0.1", &["10.0.0.3, 10.0.0.2"], trusted), "10.0.0.3:0");
    }

    #[test]
    fn what_can_not_be_read_ends_the_list() {
        assert_eq!(from("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], &["10.0.0.0/8"]), "10.0.0.2:0");
        assert_eq!(from("10.0.0.1", &[""], &["10.0.0.0/8"]), "10.0.0.1:7");
    }

    #[test]
    fn networks_are_checked() {
        for text in ["", "10.0.0.0/33", "10.0.0", "localhost", "::/129"] {
            assert_eq!(text.parse::<Network>(), Err(ParseNetworkError), "{text}");
        }
    }
}
