//! Why a connection may have failed to open. Browsers tell a page nothing but "failed" (so that pages cannot look around
//! in networks); what is known besides narrows it down.

use super::address::{self, Origin, Space, space};
use crate::texts::common::Common;
use crate::texts::fill;

/// The first version of Chromium in which WebSockets need leave to reach the local network.
/// Source: <https://wicg.github.io/local-network-access/>.
const LOCAL_NETWORK_ACCESS: u32 = 147;

/// What is known of an attempt that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The browser believes that there is no network.
    pub offline: bool,
    /// Subprotocols were offered: these.
    pub offered: String,
    /// The directive of a Content-Security-Policy that the browser says to have kept.
    pub blocked_by: Option<String>,
    /// The version of Chromium, where the browser is made of it.
    pub chromium: Option<u32>,
    /// The browser says that the person does not let this page reach the local network.
    pub local_denied: bool,
}

/// Why it may have failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The policy that the page was served with forbids it; the directive.
    Policy(String),
    /// The person, or the browser for them, does not let this page reach the local network.
    LocalDenied,
    /// Only pages served over https may reach the local network.
    LocalInsecure,
    /// Reaching the local network needs the person's leave, which the browser asks for.
    LocalLeave,
    /// The page was served over https and this address is not encrypted.
    Mixed,
    /// There is no network.
    Offline,
    /// Nothing listens on this port of this machine.
    LocalPort(String),
    /// The host is down, or this port of it is closed.
    RemotePort(String, String),
    /// What answers is no WebSocket server, or not on this path.
    NotWebSocket,
    /// The server chose none of these subprotocols, on which browsers close.
    Subprotocols(String),
    /// The certificate is not trusted.
    Certificate,
    /// The server refuses pages from elsewhere.
    Origin,
}

/// What may have kept a page from connecting to an address that has passed [`address::check`]: what is certain alone,
/// else the likely causes, two or more.
pub fn causes(address: &str, page: &Origin, facts: &Facts) -> Vec<Cause> {
    if let Some(directive) = &facts.blocked_by {
        return vec![Cause::Policy(directive.clone())];
    }
    let secure = address.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("wss:"));
    let authority = address::host(address);
    let (host, port) = address::host_and_port(authority);
    let (from, to) = (space_of_page(page), space(host));
    let mut causes = Vec::new();
    if to > from && facts.chromium.is_some_and(|version| version >= LOCAL_NETWORK_ACCESS) {
        if !page.secure {
            return vec![Cause::LocalInsecure];
        }
        if facts.local_denied {
            return vec![Cause::LocalDenied];
        }
        causes.push(Cause::LocalLeave);
    }
    if page.secure && !secure && to != Space::Loopback {
        causes.push(Cause::Mixed);
    }
    if facts.offline && to != Space::Loopback {
        causes.push(Cause::Offline);
    }
    let port = port.unwrap_or(if secure { "443" } else { "80" }).to_owned();
    causes.push(match to {
        Space::Loopback => Cause::LocalPort(port),
        _ => Cause::RemotePort(host.to_owned(), port),
    });
    causes.push(Cause::NotWebSocket);
    if !facts.offered.is_empty() {
        causes.push(Cause::Subprotocols(facts.offered.clone()));
    }
    if secure {
        causes.push(Cause::Certificate);
    }
    if page.host != authority {
        causes.push(Cause::Origin);
    }
    causes
}

/// The causes as a sentence.
pub fn sentence(causes: &[Cause], t: &Common) -> String {
    let words: Vec<String> = causes.iter().map(|cause| words(cause, t)).collect();
    match words.split_last() {
        Some((only, [])) => only.clone(),
        Some((last, others)) => fill(t.causes, &[&others.join(t.causes_comma), last]),
        None => String::new(),
    }
}

/// The version of Chromium that a browser says to be made of.
pub fn chromium(user_agent: &str) -> Option<u32> {
    let (_, rest) = user_agent.split_once("Chrome/")?;
    rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
}

fn words(cause: &Cause, t: &Common) -> String {
    match cause {
        Cause::Policy(directive) => fill(t.cause_policy, &[directive]),
        Cause::LocalDenied => t.cause_local_denied.to_owned(),
        Cause::LocalInsecure => t.cause_local_insecure.to_owned(),
        Cause::LocalLeave => t.cause_local_leave.to_owned(),
        Cause::Mixed => t.cause_mixed.to_owned(),
        Cause::Offline => t.cause_offline.to_owned(),
        Cause::LocalPort(port) => fill(t.cause_local_port, &[port]),
        Cause::RemotePort(host, port) => fill(t.cause_remote_port, &[host, port]),
        Cause::NotWebSocket => t.cause_not_websocket.to_owned(),
        Cause::Subprotocols(offered) => fill(t.cause_subprotocols, &[offered]),
        Cause::Certificate => t.cause_certificate.to_owned(),
        Cause::Origin => t.cause_origin.to_owned(),
    }
}

fn space_of_page(page: &Origin) -> Space {
    // A page out of a file is on this machine.
    if page.host.is_empty() { Space::Loopback } else { space(address::host_and_port(&page.host).0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    fn page(address: &str) -> Origin {
        let (scheme, host) = address.split_once("://").expect("an origin");
        Origin { secure: scheme == "https", host: host.to_owned() }
    }

    fn chrome() -> Facts {
        Facts { chromium: Some(147), ..Facts::default() }
    }

    #[test]
    fn what_is_certain_stands_alone() {
        let blocked = Facts { blocked_by: Some("connect-src".to_owned()), ..chrome() };
        let found = causes("wss://api.test/x", &page("https://bench.test"), &blocked);
        assert_eq!(found, [Cause::Policy("connect-src".to_owned())]);
        let silent = causes("ws://192.168.1.7:81/", &page("http://bench.test"), &chrome());
        assert_eq!(silent, [Cause::LocalInsecure], "Chromium refuses without a word");
        let denied = Facts { local_denied: true, ..chrome() };
        assert_eq!(causes("ws://localhost:81/", &page("https://bench.test"), &denied), [Cause::LocalDenied]);
    }

    #[test]
    fn the_local_network_needs_leave_where_the_browser_asks_for_it() {
        let asks =
            |from: &str, to: &str, facts: &Facts| causes(to, &page(from), facts).contains(&Cause::LocalLeave);
        for to in
            ["ws://127.0.0.1:1/", "wss://10.0.0.1/", "wss://printer.local/", "wss://[fd00::1]/", "wss://nas/"]
        {
            assert!(asks("https://bench.test", to, &chrome()), "{to}");
            let older = Facts { chromium: Some(146), ..Facts::default() };
            assert!(
                !asks("https://bench.test", to, &older) && !asks("https://bench.test", to, &Facts::default())
            );
        }
        assert!(asks("https://192.168.0.2", "ws://localhost:1/", &chrome()));
        for (from, to) in [
            ("https://bench.test", "wss://api.test/"),
            ("http://127.0.0.1:8080", "ws://192.168.0.2/"),
            ("http://localhost:8080", "ws://127.0.0.1:9/"),
            ("https://192.168.0.2", "wss://192.168.0.3/"),
        ] {
            assert!(!asks(from, to, &chrome()), "{from} to {to}");
        }
    }

    #[test]
    fn causes_fit_the_address() {
        let own = page("http://127.0.0.1:8080");
        assert_eq!(
            causes("ws://127.0.0.1:8080/ws", &own, &chrome()),
            [Cause::LocalPort("8080".to_owned()), Cause::NotWebSocket]
        );
        let facts = Facts { offline: true, offered: "a, b".to_owned(), ..chrome() };
        assert_eq!(
            causes("wss://h.test/x", &own, &facts),
            [
                Cause::Offline,
                Cause::RemotePort("h.test".to_owned(), "443".to_owned()),
                Cause::NotWebSocket,
                Cause::Subprotocols("a, b".to_owned()),
                Cause::Certificate,
                Cause::Origin,
            ]
        );
        assert!(causes("ws://192.168.0.9/", &page("https://192.168.0.2"), &chrome()).contains(&Cause::Mixed));
    }

    #[test]
    fn every_cause_has_words() {
        for t in [&Common::EN, &texts_in(Lang::Zh).common] {
            let facts = Facts { offline: true, offered: "a".to_owned(), ..chrome() };
            let several = sentence(&causes("wss://10.0.0.1:7/x", &page("https://bench.test"), &facts), t);
            assert!(several.contains("10.0.0.1") && several.contains('7'), "{several}");
            assert!(sentence(&[Cause::Policy("connect-src".to_owned())], t).contains("connect-src"));
        }
    }

    #[test]
    fn chromium_is_told_by_its_version() {
        assert_eq!(
            chromium("Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36"),
            Some(147)
        );
        assert_eq!(chromium("Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Firefox/140.0"), None);
    }
}
