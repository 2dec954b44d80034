//! Where a host is.

use super::is_loopback;

/// Where a host is, as far as its name tells. Source: the table of Local Network Access, section 2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// Anywhere else.
    Public,
    /// In the network that this machine is in.
    Local,
    /// This machine.
    Loopback,
}

/// Where a host (without port) is, as far as its name tells.
pub fn space(host: &str) -> Space {
    let bare = host.trim_end_matches('.').trim_matches(['[', ']']).to_ascii_lowercase();
    if is_loopback(host) {
        return Space::Loopback;
    }
    let local = match (bare.parse::<std::net::Ipv4Addr>(), bare.contains(':')) {
        (Ok(ip), _) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_link_local() || a == 100 && (64..128).contains(&b)
        }
        // Unique local and link-local addresses.
        (Err(_), true) => {
            ["fc", "fd", "fe8", "fe9", "fea", "feb"].iter().any(|start| bare.starts_with(start))
        }
        (Err(_), false) => bare.ends_with(".local") || !bare.contains('.'),
    };
    if local { Space::Local } else { Space::Public }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_where_a_host_is() {
        for (host, expected) in [
            ("localhost", Space::Loopback),
            ("[::1]", Space::Loopback),
            ("127.8.0.1", Space::Loopback),
            ("10.1.2.3", Space::Local),
            ("172.31.0.1", Space::Local),
            ("100.64.0.1", Space::Local),
            ("169.254.0.1", Space::Local),
            ("[fe80::1]", Space::Local),
            ("[fd12::1]", Space::Local),
            ("nas", Space::Local),
            ("Printer.local.", Space::Local),
            ("172.32.0.1", Space::Public),
            ("100.128.0.1", Space::Public),
            ("[2001:db8::1]", Space::Public),
            ("fe80.example", Space::Public),
        ] {
            assert_eq!(space(host), expected, "{host}");
        }
    }
}
