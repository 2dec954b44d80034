//! The server's side of the opening handshake as pure checks (RFC 6455 section 4.2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, TRANSFER_ENCODING, UPGRADE,
};
use http::{StatusCode, Version};
use sha1::{Digest as _, Sha1};

/// Appended to the key before hashing (RFC 6455 section 1.3).
const ACCEPT_GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A handshake that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The value of `Sec-WebSocket-Accept`.
    pub accept: HeaderValue,
    /// Subprotocols in the client's order of preference; empty when it asked for none.
    pub protocols: Vec<HeaderValue>,
}

/// Why a request is not the handshake we speak. The texts are sent to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// An ordinary request: tell it to upgrade.
    #[error(
        "this is a WebSocket endpoint: connect to it with a WebSocket client, at ws:// instead of http://"
    )]
    NotAnUpgrade,
    /// A version other than 13 (section 4.4).
    #[error("Sec-WebSocket-Version must be 13, the version of RFC 6455")]
    Version,
    /// HTTP before 1.1 can't upgrade.
    #[error("a WebSocket handshake needs HTTP/1.1")]
    HttpVersion,
    /// A handshake is a GET without a body; what follows the head are frames.
    #[error("a WebSocket handshake carries no body: remove Content-Length and Transfer-Encoding")]
    Body,
    /// `Host` is missing or repeated.
    #[error("the handshake needs exactly one Host header")]
    Host,
    /// `Upgrade: websocket` without `Connection: Upgrade`.
    #[error("Connection: Upgrade is missing: either the client left it out or a proxy in between removed it")]
    Connection,
    /// `Sec-WebSocket-Version` is missing or repeated.
    #[error("the handshake needs exactly one Sec-WebSocket-Version header, with the value 13")]
    VersionCount,
    /// `Sec-WebSocket-Key` is missing, repeated, or does not decode to 16 bytes.
    #[error("the handshake needs exactly one Sec-WebSocket-Key header: 16 bytes in base64")]
    Key,
    /// `Sec-WebSocket-Protocol` is not a list of tokens, or names one twice.
    #[error("Sec-WebSocket-Protocol must be a list of distinct names such as chat.v2")]
    Protocol,
}

impl HandshakeError {
    /// The status that answers it: 426 for a request that should upgrade differently, 400 for a broken one.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotAnUpgrade | Self::Version => StatusCode::UPGRADE_REQUIRED,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

/// Checks the head of a GET request in the order of RFC 6455 section 4.2.1.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(version: Version, headers: &HeaderMap) -> Result<Accepted, HandshakeError> {
    if !lists_token(headers, UPGRADE, "websocket") {
        return Err(HandshakeError::NotAnUpgrade);
    }
    if version < Version::HTTP_11 {
        return Err(HandshakeError::HttpVersion);
    }
    only(headers, HOST).ok_or(HandshakeError::Host)?;
    if !lists_token(headers, CONNECTION, "upgrade") {
        return Err(HandshakeError::Connection);
    }
    if headers.contains_key(TRANSFER_ENCODING) || headers.get(CONTENT_LENGTH).is_some_and(|n| n != "0") {
        return Err(HandshakeError::Body);
    }
    let version = only(headers, SEC_WEBSOCKET_VERSION).ok_or(HandshakeError::VersionCount)?;
    if version != "13" {
        return Err(HandshakeError::Version);
    }
    let key = only(headers, SEC_WEBSOCKET_KEY).ok_or(HandshakeError::Key)?;
    if BASE64.decode(key).map(|key| key.len()) != Ok(16) {
        return Err(HandshakeError::Key);
    }
    Ok(Accepted { accept: accept(key.as_bytes()), protocols: protocols(headers)? })
}

/// `Sec-WebSocket-Accept` for a key (RFC 6455 section 4.2.2).
fn accept(key: &[u8]) -> HeaderValue {
    let digest = Sha1::new().chain_update(key).chain_update(ACCEPT_GUID).finalize();
    HeaderValue::from_str(&BASE64.encode(digest)).expect("base64 is made of header characters")
}

fn protocols(headers: &HeaderMap) -> Result<Vec<HeaderValue>, HandshakeError> {
    let mut offered = Vec::new();
    for value in headers.get_all(SEC_WEBSOCKET_PROTOCOL) {
        for name in value.to_str().map_err(|_| HandshakeError::Protocol)?.split(',').map(str::trim) {
            let name = HeaderValue::from_str(name).map_err(|_| HandshakeError::Protocol)?;
            if !is_token(name.as_bytes()) || offered.contains(&name) {
                return Err(HandshakeError::Protocol);
            }
            offered.push(name);
        }
    }
    Ok(offered)
}

/// The header's value when it is there exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

/// Whether a comma-separated header, possibly repeated, contains `token` in any case.
fn lists_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
}

/// `token` of RFC 9110 section 5.6.2.
fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        ("host", "example.com"),
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    /// The good handshake with one header replaced, or removed when `value` is empty.
    fn with(name: &'static str, value: &str) -> Result<Accepted, HandshakeError> {
        let mut headers = headers(GOOD);
        if value.is_empty() {
            headers.remove(name);
        } else {
            headers.insert(name, value.parse().unwrap());
        }
        check(Version::HTTP_11, &headers)
    }

    fn with_second(name: &'static str, value: &str) -> Result<Accepted, HandshakeError> {
        let mut headers = headers(GOOD);
        headers.append(name, value.parse().unwrap());
        check(Version::HTTP_11, &headers)
    }

    #[test]
    fn rfc6455_section_1_3_the_sample_key_gives_the_sample_accept() {
        let accepted = check(Version::HTTP_11, &headers(GOOD)).unwrap();
        assert_eq!(accepted.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(accepted.protocols.is_empty());
    }

    #[test]
    fn lists_and_cases_are_read_as_http_reads_them() {
        for (name, value) in [
            ("upgrade", "WebSocket"),
            ("upgrade", "h2c, websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("connection", "upgrade"),
            ("content-length", "0"),
        ] {
            assert!(with(name, value).is_ok(), "{name}: {value}");
        }
        assert!(with_second("connection", "keep-alive").is_ok());
    }

    #[test]
    fn each_broken_rule_has_its_error() {
        use HandshakeError::*;
        for (name, value, error) in [
            ("upgrade", "", NotAnUpgrade),
            ("upgrade", "h2c", NotAnUpgrade),
            ("host", "", Host),
            ("connection", "", Connection),
            ("connection", "keep-alive", Connection),
            ("content-length", "5", Body),
            ("transfer-encoding", "chunked", Body),
            ("sec-websocket-version", "", VersionCount),
            ("sec-websocket-version", "8", Version),
            ("sec-websocket-version", "013", Version),
            ("sec-websocket-key", "", Key),
            ("sec-websocket-key", "not base64!", Key),
            ("sec-websocket-key", "c2hvcnQ=", Key),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ", Key),
            ("sec-websocket-protocol", "a,,b", Protocol),
            ("sec-websocket-protocol", "a b", Protocol),
            ("sec-websocket-protocol", "a, a", Protocol),
        ] {
            assert_eq!(with(name, value), Err(error), "{name}: {value}");
        }
        assert_eq!(with_second("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="), Err(Key));
        assert_eq!(with_second("sec-websocket-version", "13"), Err(VersionCount));
        assert_eq!(with_second("host", "example.com"), Err(Host));
        assert_eq!(check(http::Version::HTTP_10, &headers(GOOD)), Err(HttpVersion));
    }

    #[test]
    fn only_a_wrong_version_or_no_upgrade_at_all_is_426() {
        use HandshakeError::*;
        for error in [NotAnUpgrade, Version] {
            assert_eq!(error.status(), StatusCode::UPGRADE_REQUIRED);
        }
        for error in [HttpVersion, Body, Host, Connection, VersionCount, Key, Protocol] {
            assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        }
    }

    #[test]
    fn subprotocols_keep_their_order() {
        assert_eq!(with("sec-websocket-protocol", "chat.v2, chat").unwrap().protocols, ["chat.v2", "chat"]);
    }
}
