//! Checks on the URL before a socket is made, so that each mistake gets its own sentence.
//!
//! A browser answers a wrong URL with one `SyntaxError` and everything else with close code 1006; what it
//! would refuse is told apart here. Source: the WebSocket and Fetch standards.

mod space;
mod url;

pub use self::space::{Space, space};
pub use self::url::host_and_port;
use self::url::{Parts, authority_end, bare_ipv6, is_host, parts, split_authority, split_scheme};
use super::visible::{self, Unseen, unseen};
use crate::texts::common::Common;
use crate::texts::fill;

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

    /// Whether an address leads to the server the page came from.
    pub fn is_own(&self, address: &str) -> bool {
        server(address) == server(&self.endpoint())
    }

    /// Whether an address is that of the endpoint, whatever it asks of it: of the one server that is known to echo.
    pub fn is_echo(&self, address: &str) -> bool {
        self.own_path(address) == Some("/ws")
    }

    /// Whether an address is for who is on the server's machine or knows its token: that of a connection that is watched.
    pub fn wants_token(&self, address: &str) -> bool {
        self.own_path(address).is_some_and(|path| path.starts_with("/ws/watch/"))
    }

    /// The path of an address, without what it asks of it, where that leads to the server the page came from.
    fn own_path<'a>(&self, address: &'a str) -> Option<&'a str> {
        let path = parts(address.trim())?.path.split(['?', '#']).next();
        path.filter(|_| self.is_own(address))
    }
}

impl Problem {
    fn new(sentence: impl Into<String>) -> Problem {
        Problem { sentence: sentence.into(), suggestion: None }
    }
}

/// The address as it should be connected to: trimmed, otherwise as written. What is suggested instead of a wrong one
/// passes itself.
pub fn check(input: &str, page: &Origin, t: &Common) -> Result<String, Problem> {
    Check { page, t, depth: 0 }.check(input)
}

/// The address without what goes without saying, for a tab: host, port and path, or what is written where that is no
/// address.
pub fn short(address: &str) -> String {
    let address = address.trim();
    let shown = match parts(address) {
        Some(Parts { authority, path, .. }) => format!("{authority}{path}"),
        None => address.to_owned(),
    };
    visible::line(shown.trim_end_matches('/'), usize::MAX)
}

/// Scheme, host and port of an address, by which servers are told apart; empty where it is no address.
pub fn server(address: &str) -> String {
    let Some(Parts { scheme, host, port, .. }) = parts(address.trim()) else { return String::new() };
    let scheme = scheme.to_ascii_lowercase();
    let usual = if scheme == "wss" { "443" } else { "80" };
    let port = port.filter(|port| *port != usual).map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{}{port}", host.to_ascii_lowercase())
}

/// Host, and port where one is written, of an address.
pub fn host(address: &str) -> &str {
    parts(address.trim()).map_or("", |parts| parts.authority)
}

/// Whether a host (without port) is this machine, which browsers trust without encryption.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let v4 = || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    host == "localhost" || host.ends_with(".localhost") || host == "[::1]" || v4()
}

/// One look at an address, or at what could be suggested instead of another.
#[derive(Clone, Copy)]
struct Check<'a> {
    page: &'a Origin,
    t: &'a Common,
    /// How many suggestions led here.
    depth: u8,
}

/// An address with more slips than this gets no suggestion.
const MAX_DEPTH: u8 = 4;

impl Check<'_> {
    fn check(self, input: &str) -> Result<String, Problem> {
        let (page, t) = (self.page, self.t);
        let address = input.trim();
        if address.is_empty() {
            return Err(self.or(t.address_empty, page.endpoint()));
        }
        self.characters(address)?;
        let Some(Parts { scheme, rest, authority, host, port, path }) = parts(address) else {
            return Err(self.without_scheme(address));
        };
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "ws" => false,
            "wss" => true,
            other => {
                let meant = match other {
                    "http" => "ws",
                    "https" => "wss",
                    _ => default_scheme(rest, page),
                };
                let sentence = fill(t.address_other_scheme, &[&visible::foreign(scheme)]);
                return Err(self.or(sentence, format!("{meant}://{rest}")));
            }
        };
        if let Some((before, _)) = address.split_once('#') {
            return Err(self.or(t.address_fragment, before.to_owned()));
        }
        if let Some((host, port)) = bare_ipv6(authority) {
            let user = &rest[..rest.len() - path.len() - authority.len()];
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            return Err(self.or(t.address_ipv6, format!("{scheme}://{user}[{host}]{port}{path}")));
        }
        if host.is_empty() {
            return Err(Problem::new(fill(t.address_no_host, &[&scheme])));
        }
        if !is_host(host) {
            return Err(Problem::new(fill(t.address_host, &[&visible::foreign(host)])));
        }
        if let Some(port) = port {
            check_port(port, t)?;
        }
        // In the local network newer browsers allow it with the person's leave; they say so themselves where they do not.
        if page.secure && !secure && space(host) == Space::Public {
            return Err(self.or(t.address_mixed, format!("wss://{rest}")));
        }
        Ok(address.to_owned())
    }

    /// What came along when an address was copied from somewhere.
    fn characters(self, address: &str) -> Result<(), Problem> {
        let t = self.t;
        let is_unseen = |char: char| !char.is_whitespace() && unseen(char).is_some();
        let found: Vec<char> = address.chars().filter(|char| is_unseen(*char)).collect();
        if !found.is_empty() {
            let clean: String = address.chars().filter(|char| !is_unseen(*char)).collect();
            return Err(self.or(fill(t.address_unseen, &[&names(&found, t)]), clean));
        }
        let unquoted = address.trim_matches(is_quote);
        if unquoted.len() < address.len() {
            return Err(self.or(t.address_quotes, unquoted.to_owned()));
        }
        if let Some(narrow) = narrowed(address) {
            return Err(self.or(t.address_wide, narrow));
        }
        if address.contains(char::is_whitespace) {
            let lines: String = address.split(['\r', '\n']).map(str::trim).collect();
            // Spaces in a path have a way to be written; elsewhere it is not known what was meant.
            let start =
                split_scheme(&lines).map_or(0, |(scheme, rest)| scheme.len() + 3 + authority_end(rest));
            let (front, path) = lines.split_at(start);
            return Err(match front.is_empty() || front.contains(char::is_whitespace) {
                true => Problem::new(t.address_space),
                false => self.or(t.address_space, format!("{front}{}", path.replace(' ', "%20"))),
            });
        }
        Ok(())
    }

    fn without_scheme(self, address: &str) -> Problem {
        let (page, sentence) = (self.page, self.t.address_scheme);
        if address.starts_with('/') && !address.starts_with("//") && !page.host.is_empty() {
            let scheme = if page.secure { "wss" } else { "ws" };
            return self.or(sentence, format!("{scheme}://{}{address}", page.host));
        }
        // "ws:/host", "ws:host", "ws:\\host" and "//host" are slips of the same address.
        let rest = address.trim_start_matches(['/', '\\']);
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if matches!(scheme.to_ascii_lowercase().as_str(), "ws" | "wss") => {
                (scheme, rest.trim_start_matches(['/', '\\']))
            }
            _ => (default_scheme(rest, page), rest),
        };
        self.or(sentence, format!("{scheme}://{rest}"))
    }

    /// A problem with the suggestion that `candidate` is or leads to, if either is right.
    fn or(self, sentence: impl Into<String>, candidate: String) -> Problem {
        let next = Check { depth: self.depth + 1, ..self };
        let suggestion = (next.depth <= MAX_DEPTH).then(|| match next.check(&candidate) {
            Ok(address) => Some(address),
            Err(problem) => problem.suggestion,
        });
        Problem { sentence: sentence.into(), suggestion: suggestion.flatten() }
    }
}

/// The characters by code and kind, each once.
fn names(found: &[char], t: &Common) -> String {
    let mut names: Vec<String> = Vec::new();
    for char in found {
        let kind = match unseen(*char) {
            Some(Unseen::Control) | None => t.unseen_control,
            Some(Unseen::Direction) => t.unseen_direction,
            Some(Unseen::ZeroWidth) => t.unseen_zero_width,
        };
        let name = fill(kind, &[&format_args!("U+{:04X}", *char as u32)]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(t.causes_comma)
}

fn is_quote(char: char) -> bool {
    "\"'`<>\u{ab}\u{bb}\u{2039}\u{203a}\u{201e}\u{201a}「」『』《》〈〉".contains(char)
        || ('\u{2018}'..='\u{201f}').contains(&char)
}

/// The address with plain characters in place of those that an East Asian keyboard writes wide, where they keep it
/// from being one. In a path they may be meant.
fn narrowed(address: &str) -> Option<String> {
    let narrow = |char: char| match char {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(char as u32 - 0xfee0).unwrap_or(char),
        '。' => '.',
        '、' => '/',
        other => other,
    };
    let all: String = address.chars().map(narrow).collect();
    let wide = |char: char| narrow(char) != char && narrow(char).is_ascii_punctuation();
    let (scheme, rest) = split_scheme(&all)?;
    let front = all[..scheme.len() + 3 + authority_end(rest)].chars().count();
    let end = address.char_indices().nth(front).map_or(address.len(), |(end, _)| end);
    let (before, path) = address.split_at(end);
    // The first character behind may be the slash that ends the authority. A wide full stop alone is no slip: hosts may
    // be written with it.
    let is_wide = before.chars().filter(|char| *char != '。').any(wide) || path.starts_with(wide);
    let first = path.chars().next().map(narrow);
    let others = path.chars().skip(1);
    is_wide.then(|| all.chars().take(front).chain(first).chain(others).collect())
}

fn default_scheme(rest: &str, page: &Origin) -> &'static str {
    let (authority, _) = split_authority(rest);
    if page.secure && !is_loopback(host_and_port(authority).0) { "wss" } else { "ws" }
}

fn check_port(port: &str, t: &Common) -> Result<(), Problem> {
    match port.parse::<u16>() {
        // "ws://host:/path" means the default port.
        _ if port.is_empty() => Ok(()),
        Ok(0) => Err(Problem::new(t.port_zero)),
        Ok(number) if BLOCKED_PORTS.contains(&number) => Err(Problem::new(fill(t.port_blocked, &[&number]))),
        // "+80" is a number to Rust and no port to a browser.
        Ok(_) if port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        Ok(_) | Err(_) => Err(Problem::new(fill(t.port_invalid, &[&visible::foreign(port)]))),
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
mod tests;
