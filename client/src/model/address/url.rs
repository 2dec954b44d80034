//! The parts of an address as a browser takes it apart (URL standard, "URL parsing"), as far as they matter before it
//! does.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An address in its parts, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// In front of `://`.
    pub(super) scheme: &'a str,
    /// Everything behind `://`.
    pub(super) rest: &'a str,
    /// Host and port, without user and password.
    pub(super) authority: &'a str,
    /// The host; an IPv6 address keeps its brackets.
    pub(super) host: &'a str,
    /// Behind the colon.
    pub(super) port: Option<&'a str>,
    /// From the end of the authority on.
    pub(super) path: &'a str,
}

/// Takes an address apart; `None` where it has no scheme.
pub(super) fn parts(address: &str) -> Option<Parts<'_>> {
    let (scheme, rest) = split_scheme(address)?;
    let (authority, path) = split_authority(rest);
    let (host, port) = host_and_port(authority);
    Some(Parts { scheme, rest, authority, host, port, path })
}

/// Scheme and the rest after `://`.
pub(super) fn split_scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let mut chars = scheme.chars();
    let valid = chars.next()?.is_ascii_alphabetic()
        && chars.all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'));
    valid.then_some((scheme, rest))
}

/// Where the authority ends, user and password included. To a browser a backslash is a slash.
pub(super) fn authority_end(rest: &str) -> usize {
    rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len())
}

/// Host and port, and what follows them, of what stands behind `://`. Only an @ inside of the authority ends a user's
/// name: one in the path says nothing about the host.
pub(super) fn split_authority(rest: &str) -> (&str, &str) {
    let (authority, path) = rest.split_at(authority_end(rest));
    (authority.rsplit_once('@').map_or(authority, |(_, host)| host), path)
}

/// Host, and port as written.
pub fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_brackets..].find(':') {
        Some(colon) => (&authority[..after_brackets + colon], Some(&authority[after_brackets + colon + 1..])),
        None => (authority, None),
    }
}

/// An IPv6 address that lacks its brackets, with what may be the port behind it.
pub(super) fn bare_ipv6(authority: &str) -> Option<(&str, Option<&str>)> {
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Some((authority, None));
    }
    let (host, port) = authority.rsplit_once(':')?;
    host.parse::<Ipv6Addr>().is_ok().then_some((host, Some(port)))
}

/// Whether a browser could look a host up.
pub(super) fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[') {
        return inner.strip_suffix(']').is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok());
    }
    // "Forbidden domain code points", and the marks that browsers write as %.. and then refuse.
    let forbidden =
        |char: char| char.is_ascii_control() || char.is_whitespace() || "\"#%/:<>?@[\\]^`{|}".contains(char);
    !host.is_empty() && !host.contains(forbidden) && host != "." && is_ipv4_if_numeric(host)
}

/// A host whose last label is a number must be an IPv4 address (URL standard, "ends-in-a-number checker").
fn is_ipv4_if_numeric(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    let is_numeric =
        !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) || number(last).is_some();
    if !is_numeric || host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let parts: Option<Vec<u64>> = host.split('.').map(number).collect();
    match parts.as_deref() {
        // The last part fills what the others leave of 32 bits.
        Some([first @ .., last]) if first.len() < 4 => {
            first.iter().all(|part| *part < 256) && *last < 256_u64.pow(4 - first.len() as u32)
        }
        _ => false,
    }
}

/// Decimal, octal or hexadecimal, as C writes them.
fn number(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hex, text.strip_prefix('0')) {
        (Some(""), _) => return Some(0),
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (text, 10),
    };
    let is_number = digits.chars().all(|char| char.is_digit(radix));
    is_number.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(address: &str) -> &str {
        parts(address).expect(address).host
    }

    #[test]
    fn the_host_is_what_a_browser_would_connect_to() {
        for (address, expected) in [
            ("ws://good.example/?next=@bank.example", "good.example"),
            ("ws://good.example?@bank.example", "good.example"),
            ("ws://good.example#@bank.example", "good.example"),
            ("ws://good.example\\@bank.example", "good.example"),
            ("ws://bank.example@evil.example/", "evil.example"),
            ("ws://a@b@c:90/x", "c"),
            ("ws://user:[pw]@[::1]:90/", "[::1]"),
            ("wss://h:8443", "h"),
        ] {
            assert_eq!(host(address), expected, "{address}");
            let parsed = url::Url::parse(address).expect(address);
            assert_eq!(parsed.host_str(), Some(expected), "{address}");
        }
    }

    #[test]
    fn hosts_are_judged_as_the_url_standard_does() {
        let hosts = [
            "h",
            "a.b",
            "a..b",
            "例え.jp",
            "1.2.3.4",
            "1.2.3",
            "1",
            "0x7f.1",
            "0x",
            "08",
            "1.2.3.4.5",
            "1.2.3.256",
            "a.1",
            "a.0x1",
            "4294967296",
            "4294967295",
            "1.2.3.4.",
            "a.b.",
            "[::1]",
            "[::1",
            "::1",
            "[1.2.3.4]",
            "a b",
            "a<b",
            "a>b",
            "a[b",
            "a^b",
            "a|b",
            "a%b",
            "a_b",
            "a!b",
            "a'b",
            "a$b",
            "a*b",
            "-a",
            "a{b",
            "a}b",
            "a`b",
            "a\"b",
        ];
        for host in hosts {
            // The library follows the standard's letter, and browsers refuse these marks as well.
            let is_refused = ["{", "}", "`", "\""].iter().any(|mark| host.contains(mark));
            let expected = url::Host::parse(host).is_ok() && !is_refused;
            assert_eq!(is_host(host), expected, "{host}");
        }
    }
}
