use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Hosts and ports: `api.example.com`, `*.example.com:443`, `10.0.0.0/8`, `[2001:db8::/32]:8000-8999`, `*:443`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    hosts: Hosts,
    ports: RangeInclusive<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Hosts {
    Any,
    /// This name.
    Name(String),
    /// What ends with this, which begins with a dot.
    Below(String),
    Addresses(Network),
}

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a host, a network or *, and a port or a range of ports where it is not for all, such as \
     api.example.com, *.example.com:443, 10.0.0.0/8, [2001:db8::/32]:8000-8999 or *:443"
)]
pub struct ParseRuleError;

impl Rule {
    /// Whether it is for this name and port. Names have no case, and mean the same with a dot at their end.
    #[must_use]
    pub fn has_name(&self, host: &str, port: u16) -> bool {
        let host = normal(host);
        self.ports.contains(&port)
            && match &self.hosts {
                Hosts::Any => true,
                Hosts::Name(name) => host == *name,
                Hosts::Below(domain) => host.ends_with(domain.as_str()),
                Hosts::Addresses(_) => false,
            }
    }

    /// Whether it is for this address and port by naming addresses: `*` does not.
    #[must_use]
    pub fn has_address(&self, address: IpAddr, port: u16) -> bool {
        matches!(&self.hosts, Hosts::Addresses(network) if network.has(address)) && self.ports.contains(&port)
    }

    /// Whether it names addresses, with this port.
    #[must_use]
    pub(super) fn has_addresses(&self, port: u16) -> bool {
        matches!(self.hosts, Hosts::Addresses(_)) && self.ports.contains(&port)
    }
}

impl Network {
    pub(super) const fn new(address: IpAddr, prefix: u8) -> Network {
        Network { address, prefix }
    }

    pub(super) fn has(&self, address: IpAddr) -> bool {
        let (bits, own, other) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (32, u128::from(own.to_bits()), u128::from(other.to_bits()))
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => (128, own.to_bits(), other.to_bits()),
            _ => return false,
        };
        (own ^ other).checked_shr(bits - u32::from(self.prefix)).unwrap_or(0) == 0
    }
}

impl FromStr for Network {
    type Err = ParseRuleError;

    fn from_str(text: &str) -> Result<Network, ParseRuleError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ParseRuleError)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix: u8 = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= bits).ok_or(ParseRuleError)?,
            None => bits,
        };
        // A mapped address is looked at as what it is.
        match address.to_canonical() {
            four @ IpAddr::V4(_) if bits == 128 => match prefix.checked_sub(96) {
                Some(prefix) => Ok(Network::new(four, prefix)),
                None => Err(ParseRuleError),
            },
            address => Ok(Network::new(address, prefix)),
        }
    }
}

impl FromStr for Rule {
    type Err = ParseRuleError;

    fn from_str(text: &str) -> Result<Rule, ParseRuleError> {
        // A bare IPv6 address or network has colons of its own.
        let bare = text.split('/').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
        let (host, ports) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, ports) = rest.split_once(']').ok_or(ParseRuleError)?;
                if host.split('/').next().is_none_or(|address| address.parse::<Ipv6Addr>().is_err()) {
                    return Err(ParseRuleError);
                }
                (host, ports.strip_prefix(':').or(ports.is_empty().then_some("")))
            }
            None if bare => (text, Some("")),
            None => match text.split_once(':') {
                Some((host, ports)) => (host, Some(ports).filter(|ports| !ports.is_empty())),
                None => (text, Some("")),
            },
        };
        let ports = ports.ok_or(ParseRuleError)?;
        let port = |text: &str| text.parse().map_err(|_| ParseRuleError);
        let ports = match ports.split_once('-') {
            None if ports.is_empty() => 0..=u16::MAX,
            None => port(ports)?..=port(ports)?,
            Some((first, last)) => port(first)?..=port(last)?,
        };
        if ports.is_empty() {
            return Err(ParseRuleError);
        }
        let hosts = if host == "*" {
            Hosts::Any
        } else if let Ok(network) = host.parse() {
            Hosts::Addresses(network)
        } else {
            let name = normal(host);
            let (below, plain) = match name.strip_prefix("*.") {
                Some(domain) => (true, domain),
                None => (false, &*name),
            };
            let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            // What has digits and dots alone would be an address in another form, which no name that is asked for matches.
            let is_number = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            if plain.is_empty() || plain.starts_with('.') || is_number || !plain.bytes().all(fine) {
                return Err(ParseRuleError);
            }
            if below { Hosts::Below(format!(".{plain}")) } else { Hosts::Name(plain.to_owned()) }
        };
        Ok(Rule { hosts, ports })
    }
}

/// Reads as the same rule.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hosts {
            Hosts::Any => f.write_str("*")?,
            Hosts::Name(name) => f.write_str(name)?,
            Hosts::Below(domain) => write!(f, "*{domain}")?,
            Hosts::Addresses(Network { address: address @ IpAddr::V4(_), prefix }) => {
                write!(f, "{address}/{prefix}")?;
            }
            Hosts::Addresses(Network { address, prefix }) => write!(f, "[{address}/{prefix}]")?,
        }
        match (self.ports.start(), self.ports.end()) {
            (0, &u16::MAX) => Ok(()),
            (first, last) if first == last => write!(f, ":{first}"),
            (first, last) => write!(f, ":{first}-{last}"),
        }
    }
}

/// A name as it is compared.
fn normal(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    match host.strip_suffix('.') {
        Some(without) => without.to_owned(),
        None => host,
    }
}
