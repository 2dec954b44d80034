use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::rule::Network;

/// What makes an address one of this machine, of its network, or of whoever runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// This machine itself: loopback, or no address at all, which leads there.
    ThisMachine,
    /// A private network (RFC 1918, RFC 4193), or a provider's own (RFC 6598).
    Private,
    /// The link (RFC 3927, RFC 4291 §2.5.6), where clouds have their metadata.
    LinkLocal,
    /// A service that a cloud offers to the machines in it alone.
    Metadata,
    /// Nobody's: multicast, reserved, for documentation and measurements.
    Special,
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Inside::ThisMachine => "this machine",
            Inside::Private => "in a private network",
            Inside::LinkLocal => "on the local link",
            Inside::Metadata => "a cloud's own service",
            Inside::Special => "no ordinary address",
        })
    }
}

const V4: &[(Inside, Ipv4Addr, u8)] = &[
    (Inside::ThisMachine, Ipv4Addr::new(0, 0, 0, 0), 8),
    (Inside::ThisMachine, Ipv4Addr::new(127, 0, 0, 0), 8),
    (Inside::Private, Ipv4Addr::new(10, 0, 0, 0), 8),
    (Inside::Private, Ipv4Addr::new(172, 16, 0, 0), 12),
    (Inside::Private, Ipv4Addr::new(192, 168, 0, 0), 16),
    // Alibaba's lies in the network for providers, Oracle's in the one for protocols, Azure's among public ones.
    (Inside::Metadata, Ipv4Addr::new(100, 100, 100, 200), 32),
    (Inside::Metadata, Ipv4Addr::new(168, 63, 129, 16), 32),
    (Inside::Metadata, Ipv4Addr::new(192, 0, 0, 192), 32),
    (Inside::Private, Ipv4Addr::new(100, 64, 0, 0), 10),
    (Inside::LinkLocal, Ipv4Addr::new(169, 254, 0, 0), 16),
    (Inside::Special, Ipv4Addr::new(192, 0, 0, 0), 24),
    (Inside::Special, Ipv4Addr::new(192, 0, 2, 0), 24),
    (Inside::Special, Ipv4Addr::new(198, 18, 0, 0), 15),
    (Inside::Special, Ipv4Addr::new(198, 51, 100, 0), 24),
    (Inside::Special, Ipv4Addr::new(203, 0, 113, 0), 24),
    (Inside::Special, Ipv4Addr::new(224, 0, 0, 0), 4),
    (Inside::Special, Ipv4Addr::new(240, 0, 0, 0), 4),
];

const V6: &[(Inside, Ipv6Addr, u8)] = &[
    (Inside::ThisMachine, Ipv6Addr::UNSPECIFIED, 128),
    (Inside::ThisMachine, Ipv6Addr::LOCALHOST, 128),
    (Inside::Private, Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Inside::Private, Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    // Translated to IPv4 within a network (RFC 8215).
    (Inside::Private, Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Inside::LinkLocal, Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Inside::Special, Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Inside::Special, Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48),
    (Inside::Special, Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28),
    (Inside::Special, Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28),
    (Inside::Special, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Inside::Special, Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Inside::Special, Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    (Inside::Special, Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Whether an address, or one that it may lead to, is inside, and of what kind.
#[must_use]
pub fn inside(address: IpAddr) -> Option<Inside> {
    leads_to(address).into_iter().find_map(kind)
}

fn kind(address: IpAddr) -> Option<Inside> {
    let has = |network: IpAddr, prefix| Network::new(network, prefix).has(address);
    let four = V4.iter().find(|(_, network, prefix)| has((*network).into(), *prefix)).map(|found| found.0);
    four.or_else(|| {
        V6.iter().find(|(_, network, prefix)| has((*network).into(), *prefix)).map(|found| found.0)
    })
}

/// The address itself, an IPv4 address in one of IPv6 as what it is, and what it may be translated or tunnelled to on the way.
pub(super) fn leads_to(address: IpAddr) -> Vec<IpAddr> {
    let six = match address.to_canonical() {
        four @ IpAddr::V4(_) => return vec![four],
        IpAddr::V6(six) => six,
    };
    let mut all = vec![IpAddr::V6(six)];
    let four = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match six.segments() {
        // Loopback and no address look like what follows, and are themselves.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => {}
        // IPv4-compatible (RFC 4291 §2.5.5.1), and translated (RFC 2765 §2.1).
        [0, 0, 0, 0, 0, 0, g, h] | [0, 0, 0, 0, 0xffff, 0, g, h] => all.push(four(g, h)),
        // NAT64 (RFC 6052 §2.1, RFC 8215): of the local prefix, that of 96 bits.
        [0x64, 0xff9b, 0, 0, 0, 0, g, h] | [0x64, 0xff9b, 1, _, _, _, g, h] => all.push(four(g, h)),
        // 6to4 (RFC 3056 §2).
        [0x2002, b, c, ..] => all.push(four(b, c)),
        // Teredo (RFC 4380 §4): the server, and the client, which is written inverted.
        [0x2001, 0, c, d, _, _, g, h] => all.extend([four(c, d), four(!g, !h)]),
        // ISATAP (RFC 5214 §6.1), whatever network it is in.
        [_, _, _, _, 0 | 0x200, 0x5efe, g, h] => all.push(four(g, h)),
        _ => {}
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Option<Inside> {
        inside(address.parse().unwrap())
    }

    #[test]
    fn what_is_inside_is_known_in_every_form() {
        for (what, addresses) in [
            (
                Inside::ThisMachine,
                "127.0.0.1 127.255.255.255 0.0.0.0 0.1.2.3 ::1 :: ::ffff:127.0.0.1 ::127.0.0.1",
            ),
            (Inside::ThisMachine, "::ffff:0:127.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2002:0:0::1"),
            (Inside::ThisMachine, "2001:0:7f00:1:: 2001::80ff:fffe fe81::5efe:0 2a00::5efe:7f00:1"),
            (Inside::Private, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.127.255.255"),
            (Inside::Private, "fc00::1 fd00:ec2::254 fec0::1 ::ffff:10.0.0.1 64:ff9b:1::a00:1 2002:c0a8:1::"),
            (Inside::LinkLocal, "169.254.169.254 fe80::1 febf::1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe"),
            (Inside::Metadata, "100.100.100.200 168.63.129.16 192.0.0.192 2002:a83f:8110::"),
            (
                Inside::Special,
                "224.0.0.1 255.255.255.255 240.0.0.1 198.18.0.1 192.0.0.1 ff02::1 2001:db8::1 100::1 3fff::1 2001:2::1 2001:1f::1 2001:20::1",
            ),
        ] {
            for address in addresses.split(' ') {
                // What lies on the link is there first, whatever it would be translated to.
                let expected = if address == "fe81::5efe:0" { Inside::LinkLocal } else { what };
                assert_eq!(of(address), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn what_is_outside_is_let_through() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::",
            "2a00:1450::1",
        ] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
