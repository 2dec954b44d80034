//! What of a request is changed on its way to another server: where it is addressed to, and nothing else.

use socket::wire::handshake::{Authority, Target};

/// The request head as the target is to get it, byte by byte the client's but for these values:
///
/// - `Host` names the target.
/// - `Origin` is the target's own where it was the recorder's own, as a page's is that was opened through it. Others' stay.
///   It stays, too, where the client came by a name that somebody else could have led here (DNS rebinding).
/// - The path and query are the target's, if it has any.
pub(super) fn readdress(head: &[u8], target: &Target) -> Vec<u8> {
    let host = value_of(head, "host").unwrap_or_default();
    let own = Authority::parse(host).is_some_and(|authority| !authority.host.can_be_rebound());
    let mut out = Vec::with_capacity(head.len() + 64);
    for (at, line) in head.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (text, ending) = line.split_at(end);
        let changed = match split(text) {
            _ if at == 0 => request_line(text, target),
            Some((name, _)) if name.eq_ignore_ascii_case("host") => {
                Some(format!("{name}: {}", target.host_header()))
            }
            Some((name, value)) if own && name.eq_ignore_ascii_case("origin") => {
                let same = value.split_once("://").is_some_and(|(_, of)| of.eq_ignore_ascii_case(host));
                let scheme = if target.secure() { "https" } else { "http" };
                same.then(|| format!("{name}: {scheme}://{}", target.host_header()))
            }
            _ => None,
        };
        match changed {
            Some(changed) => out.extend_from_slice(changed.as_bytes()),
            None => out.extend_from_slice(text),
        }
        out.extend_from_slice(ending);
    }
    out
}

/// Where a head ends, with the empty line behind it.
pub(super) fn end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    bytes.split_inclusive(|byte| *byte == b'\n').find_map(|piece| {
        line += piece.len();
        matches!(piece, b"\r\n" | b"\n").then_some(line)
    })
}

fn request_line(line: &[u8], target: &Target) -> Option<String> {
    if target.resource() == "/" {
        return None;
    }
    let line = std::str::from_utf8(line).ok()?;
    let (method, rest) = line.split_once(' ')?;
    let (_, version) = rest.rsplit_once(' ')?;
    Some(format!("{method} {} {version}", target.resource()))
}

fn value_of<'h>(head: &'h [u8], name: &str) -> Option<&'h str> {
    let lines = head.split(|byte| *byte == b'\n').skip(1);
    lines.filter_map(split).find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn split(line: &[u8]) -> Option<(&str, &str)> {
    let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
    Some((name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readdressed(head: &str, target: &str) -> String {
        String::from_utf8(readdress(head.as_bytes(), &target.parse().unwrap())).unwrap()
    }

    #[test]
    fn only_the_address_changes() {
        let head = "GET /feed?a=1 HTTP/1.1\r\nhOst: 127.0.0.1:9000\r\nX-Odd:  two  spaces \r\nOrigin: http://127.0.0.1:9000\r\n\r\n";
        assert_eq!(
            readdressed(head, "wss://api.example"),
            "GET /feed?a=1 HTTP/1.1\r\nhOst: api.example\r\nX-Odd:  two  spaces \r\nOrigin: https://api.example\r\n\r\n"
        );
        assert_eq!(
            readdressed(head, "ws://api.example:81/live?b=2"),
            "GET /live?b=2 HTTP/1.1\r\nhOst: api.example:81\r\nX-Odd:  two  spaces \r\nOrigin: http://api.example:81\r\n\r\n"
        );
    }

    #[test]
    fn origins_of_others_stay_and_so_do_those_of_names_that_were_led_here() {
        for (host, origin) in [
            ("127.0.0.1:9000", "https://app.example"),
            ("127.0.0.1:9000", "http://127.0.0.1:9001"),
            ("evil.example:9000", "http://evil.example:9000"),
            ("127.0.0.1:9000", "null"),
        ] {
            let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\n\r\n");
            assert!(
                readdressed(&head, "wss://api.example").contains(&format!("Origin: {origin}\r\n")),
                "{host} {origin}"
            );
        }
        let local = "GET / HTTP/1.1\nHost: localhost:9000\nOrigin: http://localhost:9000\n\n";
        assert_eq!(
            readdressed(local, "wss://api.example"),
            "GET / HTTP/1.1\nHost: api.example\nOrigin: https://api.example\n\n"
        );
    }

    #[test]
    fn a_head_ends_with_its_empty_line() {
        assert_eq!(end(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\x81\n\n"), Some(27));
        assert_eq!(end(b"GET / HTTP/1.1\nHost: a\n\nrest"), Some(24));
        assert_eq!(end(b"GET / HTTP/1.1\r\nHost: a\r\n\r"), None);
    }
}
