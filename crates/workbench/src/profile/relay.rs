//! What only a relay can do for a connection: a browser lets no page choose headers, certificates, proxies or frames.

use thiserror::Error;

use super::{collect, variables};
use crate::secrets::{
    LeftOut, clean_address, clean_header, is_placeholder, names_placeholders, note, sounds_secret,
};

/// How a relayed connection is made. In every text placeholders are filled when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Header fields of the request, in order.
    pub headers: Vec<(String, String)>,
    /// Certificate authorities beside those that the relay trusts, in PEM; empty for none.
    pub roots: String,
    /// A certificate to show, with its intermediates, in PEM; empty for none.
    pub certificate: String,
    /// Its key, in PEM. A secret.
    pub key: String,
    /// Takes whatever certificate the server shows.
    pub accept_invalid: bool,
    /// An HTTP proxy that is asked with CONNECT, such as `http://proxy.example:3128`; empty for none.
    pub proxy: String,
    /// What it gets as `Proxy-Authorization`; empty for nothing. A secret.
    pub proxy_authorization: String,
    /// Whether permessage-deflate is offered. True by default.
    pub compression: bool,
    /// Whether the relay answers Pings by itself. True by default.
    pub auto_pong: bool,
    /// What the person sends goes in fragments of so many bytes, at least 1; `None`: whole.
    pub fragment: Option<u64>,
}

/// Why a connection goes through a relay, where nobody said that it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need<'a> {
    /// A header field of this name is sent.
    Header(&'a str),
    /// There is a certificate to trust or to show, or any is to be taken.
    Tls,
    /// There is a proxy.
    Proxy,
    /// It has to do with frames: compression, Pongs, fragments.
    Frames,
}

/// A header that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// A line is not `Name: value`.
    #[error("{0:?} is not a header such as Name: value")]
    Form(String),
    /// The handshake sets it itself.
    #[error("{0} is set by the handshake itself")]
    Own(String),
}

impl Default for Relay {
    fn default() -> Relay {
        Relay {
            headers: Vec::new(),
            roots: String::new(),
            certificate: String::new(),
            key: String::new(),
            accept_invalid: false,
            proxy: String::new(),
            proxy_authorization: String::new(),
            compression: true,
            auto_pong: true,
            fragment: None,
        }
    }
}

impl Relay {
    /// Why a connection with these settings can only go through a relay; `None` if it can go without.
    #[must_use]
    pub fn need(&self) -> Option<Need<'_>> {
        if let Some((name, _)) = self.headers.first() {
            return Some(Need::Header(name));
        }
        let pem = [&self.roots, &self.certificate, &self.key];
        if self.accept_invalid || pem.iter().any(|pem| !pem.is_empty()) {
            return Some(Need::Tls);
        }
        if !self.proxy.is_empty() || !self.proxy_authorization.is_empty() {
            return Some(Need::Proxy);
        }
        (!self.compression || !self.auto_pong || self.fragment.is_some()).then_some(Need::Frames)
    }

    /// The names of the variables whose values the server gets.
    #[must_use]
    pub fn gives(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.headers.iter().for_each(|(_, value)| collect(&mut names, variables(value)));
        names
    }

    /// The names of the variables whose values the proxy gets.
    #[must_use]
    pub fn gives_proxy(&self) -> Vec<String> {
        variables(&self.proxy_authorization)
    }

    /// What was entered for one server and would be given to another: header fields that sound like secrets and hold no
    /// placeholders, each with a colon, and `TLS`, as whom the relay shows itself and whom it believes.
    #[must_use]
    pub fn entered(&self) -> Vec<String> {
        let literal = |value: &str| !value.is_empty() && !names_placeholders(value);
        let secret = self.headers.iter().filter(|(name, value)| sounds_secret(name) && literal(value));
        let mut names: Vec<_> = secret.map(|(name, _)| format!("{name}:")).collect();
        if self.accept_invalid || !self.certificate.is_empty() {
            names.push("TLS".to_owned());
        }
        names
    }

    /// Each text in which placeholders are filled.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let Relay { roots, certificate, key, proxy, proxy_authorization, .. } = self;
        let rest = [roots, certificate, key, proxy, proxy_authorization];
        self.headers.iter().map(|(_, value)| value).chain(rest).map(String::as_str)
    }

    /// The same with each text changed.
    #[must_use]
    pub fn map(&self, mut change: impl FnMut(&str) -> String) -> Relay {
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), change(value))).collect();
        Relay {
            headers,
            roots: change(&self.roots),
            certificate: change(&self.certificate),
            key: change(&self.key),
            proxy: change(&self.proxy),
            proxy_authorization: change(&self.proxy_authorization),
            ..*self
        }
    }

    /// The same without what is a secret or sounds like one. What was left out is added to `left_out`.
    pub(super) fn clean(&self, left_out: &mut Vec<LeftOut>) -> Relay {
        let mut clean = self.clone();
        for (name, value) in &mut clean.headers {
            *value = clean_header(name, value, left_out);
        }
        clean.proxy = clean_address(&self.proxy, left_out);
        clean.proxy_authorization = clean_header(PROXY_AUTHORIZATION, &self.proxy_authorization, left_out);
        if !self.key.is_empty() && !is_placeholder(&self.key) {
            note(left_out, LeftOut::Key);
            clean.key = "{{client_key}}".to_owned();
        }
        clean
    }
}

const PROXY_AUTHORIZATION: &str = "Proxy-Authorization";

/// Header fields as they are written, each on a line of its own: `Name: value`.
#[must_use]
pub fn format_headers(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

/// Reads what [`format_headers`] writes. Empty lines are left out.
///
/// # Errors
/// A line is none, or what the handshake sets itself; nothing is read by halves.
pub fn parse_headers(text: &str) -> Result<Vec<(String, String)>, HeaderError> {
    let mut headers = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| HeaderError::Form(line.to_owned()))?;
        let name = name.trim_end();
        // RFC 9110, section 5.6.2.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(HeaderError::Form(line.to_owned()));
        }
        let known = name.to_ascii_lowercase();
        if OWN.contains(&known.as_str()) || known.starts_with("sec-websocket-") {
            return Err(HeaderError::Own(name.to_owned()));
        }
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    Ok(headers)
}

/// What each handshake makes for itself, beside `Sec-WebSocket-*`.
const OWN: [&str; 5] = ["host", "connection", "upgrade", "content-length", "transfer-encoding"];

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Relay)) -> Relay {
        let mut relay = Relay::default();
        change(&mut relay);
        relay
    }

    #[test]
    fn whatever_a_browser_cannot_do_needs_the_relay() {
        assert_eq!(Relay::default().need(), None);
        let header = |relay: &mut Relay| relay.headers = vec![("Origin".into(), "null".into())];
        assert_eq!(with(header).need(), Some(Need::Header("Origin")));
        for tls in [
            with(|relay| relay.roots = "PEM".into()),
            with(|relay| relay.certificate = "PEM".into()),
            with(|relay| relay.key = "PEM".into()),
            with(|relay| relay.accept_invalid = true),
        ] {
            assert_eq!(tls.need(), Some(Need::Tls));
        }
        assert_eq!(with(|relay| relay.proxy = "http://p".into()).need(), Some(Need::Proxy));
        for frames in [
            with(|relay| relay.compression = false),
            with(|relay| relay.auto_pong = false),
            with(|relay| relay.fragment = Some(1)),
        ] {
            assert_eq!(frames.need(), Some(Need::Frames));
        }
    }

    #[test]
    fn headers_are_lines_and_what_is_none_is_named() {
        let text = "Authorization: Bearer {{token}}\n\n  X-Empty:\r\nCookie : a=b; c=d:e\n";
        let headers = parse_headers(text).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            headers,
            [pair("Authorization", "Bearer {{token}}"), pair("X-Empty", ""), pair("Cookie", "a=b; c=d:e")]
        );
        assert_eq!(parse_headers(&format_headers(&headers)), Ok(headers));
        for wrong in ["Authorization", "a b: c", ": x", "é: x"] {
            assert_eq!(parse_headers(wrong), Err(HeaderError::Form(wrong.to_owned())));
        }
        for own in ["Host", "Upgrade", "sec-websocket-KEY"] {
            assert_eq!(parse_headers(&format!("A: b\n{own}: x")), Err(HeaderError::Own(own.to_owned())));
        }
    }

    #[test]
    fn secrets_become_placeholders_and_what_names_them_stays() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let relay = Relay {
            headers: vec![
                pair("Authorization", "Bearer {{token}}"),
                pair("X-Api-Key", "AKIA1234"),
                pair("Cookie", "session={{sid}}; user={{user}}"),
                pair("Origin", "https://app.example"),
                pair("authorization", "Basic dXNlcjpwYXNz"),
                pair("X-Token", "{{a}}tail"),
            ],
            key: "-----BEGIN PRIVATE KEY-----".to_owned(),
            certificate: "-----BEGIN CERTIFICATE-----".to_owned(),
            proxy: "http://user:pw@proxy:3128".to_owned(),
            proxy_authorization: "Basic {{proxy}}".to_owned(),
            ..Relay::default()
        };
        let mut left_out = Vec::new();
        let clean = relay.clean(&mut left_out);
        let values: Vec<_> = clean.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            values,
            [
                "Bearer {{token}}",
                "{{X_Api_Key}}",
                "session={{sid}}; user={{user}}",
                "https://app.example",
                "{{authorization}}",
                "{{X_Token}}",
            ]
        );
        assert_eq!((&*clean.key, &*clean.proxy), ("{{client_key}}", "http://proxy:3128"));
        assert_eq!(clean.proxy_authorization, relay.proxy_authorization);
        assert_eq!(clean.certificate, relay.certificate);
        let header = |name: &str| LeftOut::Header(name.to_owned());
        assert_eq!(
            left_out,
            [
                header("X-Api-Key"),
                header("authorization"),
                header("X-Token"),
                LeftOut::Userinfo,
                LeftOut::Key
            ]
        );
        assert_eq!(clean.clean(&mut Vec::new()), clean, "once is enough");
        assert_eq!(relay.entered(), ["X-Api-Key:", "authorization:", "X-Token:", "TLS"]);
        assert_eq!(relay.gives(), ["a", "sid", "token", "user"]);
        assert_eq!(relay.gives_proxy(), ["proxy"]);
    }
}
