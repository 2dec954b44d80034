//! Checks on the URL before a socket is made, so that each mistake gets its own sentence.
//!
//! A browser answers a wrong URL with one `SyntaxError` and everything else with close code 1006; what it
//! would refuse is told apart here. Source: the WebSocket and Fetch standards.

use crate::i18n::common::Common;
use crate::i18n::fill;

/// Where the page itself came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether the page was served over https.
    pub secure: bool,
    /// Host and, unless it is the scheme's default, port. Empty for a page opened from a file.
    pub host: String,
}

/// Why an address cannot be connected to, and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, in one or two sentences.
    pub sentence: String,
    /// An address to offer instead.
    pub suggestion: Option<String>,
}

impl Origin {
    /// The echo endpoint of the server the page came from.
    pub fn endpoint(&self) -> String {
        let host = if self.host.is_empty() { "127.0.0.1:8080" } else { &self.host };
        format!("{}://{host}/ws", if self.secure { "wss" } else { "ws" })
    }
}

impl Problem {
    fn new(sentence: impl Into<String>) -> Problem {
        Problem { sentence: sentence.into(), suggestion: None }
    }

    fn or(sentence: impl Into<String>, suggestion: String) -> Problem {
        Problem { sentence: sentence.into(), suggestion: Some(suggestion) }
    }
}

/// The address as it should be connected to: trimmed, otherwise as written.
pub fn check(input: &str, page: &Origin, t: &Common) -> Result<String, Problem> {
    let address = input.trim();
    if address.is_empty() {
        return Err(Problem::or(t.address_empty, page.endpoint()));
    }
    if address.contains(char::is_whitespace) {
        return Err(Problem::new(t.address_space));
    }
    let Some((scheme, rest)) = split_scheme(address) else {
        return Err(without_scheme(address, page, t));
    };
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "ws" => false,
        "wss" => true,
        "http" => return Err(wrong_scheme(scheme, format!("ws://{rest}"), t)),
        "https" => return Err(wrong_scheme(scheme, format!("wss://{rest}"), t)),
        _ => return Err(wrong_scheme(scheme, format!("{}://{rest}", default_scheme(rest, page)), t)),
    };
    if let Some((before, _)) = address.split_once('#') {
        return Err(Problem::or(t.address_fragment, before.to_owned()));
    }
    let (host, port) = host_and_port(rest);
    if host.is_empty() {
        return Err(Problem::new(fill(t.address_no_host, &[&scheme])));
    }
    if let Some(port) = port {
        check_port(port, t)?;
    }
    if page.secure && !secure && !is_loopback(host) {
        return Err(Problem::or(t.address_mixed, format!("wss://{rest}")));
    }
    Ok(address.to_owned())
}

/// The address without what goes without saying, for a tab.
pub fn short(address: &str) -> &str {
    let rest = split_scheme(address.trim()).map_or(address.trim(), |(_, rest)| rest);
    rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).trim_end_matches('/')
}

/// Whether a host (without port) is this machine, which browsers trust without encryption.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let v4 = || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || v4()
}

/// What to check when a browser reports a failed connection without saying why. `address` has passed
/// [`check`]; `offline` is the browser's own idea of the network.
pub fn unreachable_causes(address: &str, page: &Origin, offline: bool, t: &Common) -> String {
    let (scheme, rest) = split_scheme(address).unwrap_or(("ws", address));
    let (host, port) = host_and_port(rest);
    let secure = scheme.eq_ignore_ascii_case("wss");
    let port = port.unwrap_or(if secure { "443" } else { "80" });
    let mut causes = Vec::new();
    if offline && !is_loopback(host) {
        causes.push(t.cause_offline.to_owned());
    }
    if is_loopback(host) {
        causes.push(fill(t.cause_local_port, &[&port]));
    } else {
        causes.push(fill(t.cause_remote_port, &[&host, &port]));
    }
    causes.push(t.cause_not_websocket.to_owned());
    if secure {
        causes.push(t.cause_certificate.to_owned());
    }
    if page.host != rest.split(['/', '?']).next().unwrap_or(rest) {
        causes.push(t.cause_origin.to_owned());
    }
    let (last, others) = causes.split_last().expect("two causes are always named");
    fill(t.causes, &[&others.join(t.causes_comma), last])
}

/// Scheme and the rest after `://`.
fn split_scheme(address: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let mut chars = scheme.chars();
    let valid = chars.next()?.is_ascii_alphabetic()
        && chars.all(|char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.'));
    valid.then_some((scheme, rest))
}

/// Host without credentials, and port as written, of what follows `://`.
fn host_and_port(rest: &str) -> (&str, Option<&str>) {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_brackets..].find(':') {
        Some(colon) => (&authority[..after_brackets + colon], Some(&authority[after_brackets + colon + 1..])),
        None => (authority, None),
    }
}

fn without_scheme(address: &str, page: &Origin, t: &Common) -> Problem {
    let sentence = t.address_scheme;
    if address.starts_with('/') && !address.starts_with("//") && !page.host.is_empty() {
        let scheme = if page.secure { "wss" } else { "ws" };
        return Problem::or(sentence, format!("{scheme}://{}{address}", page.host));
    }
    // "ws:/host", "ws:host" and "//host" are slips of the same address.
    let rest = address.trim_start_matches('/');
    let (scheme, rest) = match rest.split_once(':') {
        Some((scheme @ ("ws" | "wss"), rest)) => (scheme, rest.trim_start_matches('/')),
        _ => (default_scheme(rest, page), rest),
    };
    if rest.is_empty() { Problem::new(sentence) } else { Problem::or(sentence, format!("{scheme}://{rest}")) }
}

fn wrong_scheme(scheme: &str, suggestion: String, t: &Common) -> Problem {
    Problem::or(fill(t.address_other_scheme, &[&scheme]), suggestion)
}

fn default_scheme(rest: &str, page: &Origin) -> &'static str {
    if page.secure && !is_loopback(host_and_port(rest).0) { "wss" } else { "ws" }
}

fn check_port(port: &str, t: &Common) -> Result<(), Problem> {
    match port.parse::<u16>() {
        // "ws://host:/path" means the default port.
        _ if port.is_empty() => Ok(()),
        Ok(0) => Err(Problem::new(t.port_zero)),
        Ok(number) if BLOCKED_PORTS.contains(&number) => Err(Problem::new(fill(t.port_blocked, &[&number]))),
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::new(fill(t.port_invalid, &[&port]))),
    }
}

/// Fetch standard, "port blocking".
const BLOCKED_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
    526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
    3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

#[cfg(test)]
mod tests {
    use super::*;

    const T: &Common = &Common::EN;

    fn http() -> Origin {
        Origin { secure: false, host: "127.0.0.1:8080".to_owned() }
    }

    fn https() -> Origin {
        Origin { secure: true, host: "bench.example".to_owned() }
    }

    fn suggestion(input: &str, page: &Origin) -> Option<String> {
        check(input, page, T).expect_err(input).suggestion
    }

    #[test]
    fn good_addresses_pass_as_written() {
        for address in [
            "ws://127.0.0.1:8080/ws",
            "wss://example.com",
            "WS://Example.com:81/a%20b?x=1&y=ws://z",
            "ws://[::1]:9001/",
            "ws://user:pass@host:90/..",
            "ws://host:/path",
            "ws://例え.jp/",
        ] {
            assert_eq!(check(&format!("  {address}\n"), &http(), T).as_deref(), Ok(address));
        }
    }

    #[test]
    fn the_default_is_the_server_the_page_came_from() {
        assert_eq!(http().endpoint(), "ws://127.0.0.1:8080/ws");
        assert_eq!(https().endpoint(), "wss://bench.example/ws");
        assert_eq!(suggestion(" ", &https()).as_deref(), Some("wss://bench.example/ws"));
        assert_eq!(check(&http().endpoint(), &http(), T), Ok(http().endpoint()));
    }

    #[test]
    fn other_schemes_get_the_address_they_meant() {
        assert_eq!(suggestion("http://h/p?q", &http()).as_deref(), Some("ws://h/p?q"));
        assert_eq!(suggestion("HTTPS://h", &http()).as_deref(), Some("wss://h"));
        assert_eq!(suggestion("ftp://h/p", &http()).as_deref(), Some("ws://h/p"));
        assert_eq!(suggestion("ftp://h/p", &https()).as_deref(), Some("wss://h/p"));
    }

    #[test]
    fn a_missing_scheme_is_added() {
        assert_eq!(suggestion("localhost:9001/x", &https()).as_deref(), Some("ws://localhost:9001/x"));
        assert_eq!(suggestion("example.com", &https()).as_deref(), Some("wss://example.com"));
        assert_eq!(suggestion("//example.com", &http()).as_deref(), Some("ws://example.com"));
        assert_eq!(suggestion("/chat", &https()).as_deref(), Some("wss://bench.example/chat"));
        assert_eq!(suggestion("wss:/h/x", &http()).as_deref(), Some("wss://h/x"));
        assert_eq!(suggestion("ws:", &http()), None);
    }

    #[test]
    fn every_suggestion_is_itself_a_good_address() {
        for page in [http(), https()] {
            for input in ["", "/p", "h", "http://h", "https://h:8443/x", "ftp://h", "ws:h", "ws://h/#f"] {
                let mut address = suggestion(input, &page).expect(input);
                // A page served over https turns the ws:// of a slip into wss:// in a second step.
                if let Err(problem) = check(&address, &page, T) {
                    address = problem.suggestion.expect(&address);
                }
                assert_eq!(check(&address, &page, T), Ok(address.clone()), "{input}");
            }
        }
    }

    #[test]
    fn addresses_that_a_browser_would_reject_are_explained() {
        for (input, word) in [
            ("ws://", "no server"),
            ("ws:///path", "no server"),
            ("ws://:8080", "no server"),
            ("ws://h:99999", "99999"),
            ("ws://h:80a", "80a"),
            ("ws://h:0", "Port 0"),
            ("ws://h:6667/", "6667"),
            ("ws://h/a b", "space"),
            ("ws://h/#part", "fragment"),
            ("not a url", "space"),
        ] {
            let problem = check(input, &http(), T).expect_err(input);
            assert!(problem.sentence.contains(word), "{input}: {}", problem.sentence);
        }
    }

    #[test]
    fn mixed_content_is_explained_before_it_is_tried() {
        let problem = check("ws://example.com/x", &https(), T).expect_err("mixed content");
        assert!(problem.sentence.contains("https") && problem.sentence.contains("mixed content"));
        assert_eq!(problem.suggestion.as_deref(), Some("wss://example.com/x"));
        for address in
            ["ws://localhost:1234", "ws://127.0.0.1", "ws://127.8.0.1:90", "ws://[::1]:90/", "wss://h"]
        {
            assert_eq!(check(address, &https(), T).as_deref(), Ok(address));
        }
        assert_eq!(check("ws://example.com/x", &http(), T).as_deref(), Ok("ws://example.com/x"));
    }

    #[test]
    fn names_that_only_look_like_loopback_are_not() {
        for host in ["localhost.example.com", "127.0.0.1.example.com", "notlocalhost", "128.0.0.1"] {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(is_loopback("app.localhost") && is_loopback("LOCALHOST."));
    }

    #[test]
    fn causes_fit_the_address() {
        let local = unreachable_causes("ws://127.0.0.1:9/x", &http(), true, T);
        assert!(
            local.contains("port 9 of this machine")
                && !local.contains("certificate")
                && !local.contains("no network")
        );
        assert!(local.contains("origin"));
        let remote = unreachable_causes("wss://h.example/x", &http(), true, T);
        assert!(
            remote.contains("port 443") && remote.contains("certificate") && remote.contains("no network")
        );
        assert!(!unreachable_causes("ws://127.0.0.1:8080/ws", &http(), false, T).contains("origin"));
    }
}
