use std::borrow::Cow;

use http::header::{
    ALLOW, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{Method, StatusCode, Version};

use super::host::Authority;
use super::key::{accept_for, is_key};
use super::origin::OriginError;
use super::subprotocol::{choose_protocol, offered_protocols};
use crate::deflate::{Params, ServerPolicy};
use crate::header::{Extension, Lines, lines, lists_token};

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADE_TOKEN: HeaderValue = HeaderValue::from_static("Upgrade");
const VERSION_13: HeaderValue = HeaderValue::from_static("13");

/// A request that passed every check of RFC 6455 §4.2.1: answer it with [`status`](Accepted::STATUS) and
/// [`response_headers`](Accepted::response_headers). What was chosen for the connection can only be something that the
/// client offered.
#[derive(Clone, Debug)]
pub struct Accepted {
    accept: HeaderValue,
    protocols: Vec<String>,
    extensions: Vec<Extension>,
    chosen_protocol: Option<HeaderValue>,
    chosen_extension: Option<HeaderValue>,
}

/// The answer to a request that is no handshake this end accepts. Send the text as the body and close the connection,
/// or serve the path otherwise where the status is 426.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{explanation}")]
pub struct Rejection {
    /// Why, in one line for the person at the other end.
    pub explanation: Cow<'static, str>,
    /// What was broken, for counting.
    pub reason: RejectReason,
}

/// Why a request was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// A method other than GET.
    Method,
    /// An ordinary request.
    NotAnUpgrade,
    /// HTTP other than 1.1.
    HttpVersion,
    /// `Host` is missing, there twice, or no host.
    Host,
    /// `Upgrade: websocket` without `Connection: Upgrade`.
    Connection,
    /// The request announces a body.
    Body,
    /// `Sec-WebSocket-Version` is missing, malformed or there twice.
    MalformedVersion,
    /// A version other than 13.
    UnsupportedVersion,
    /// `Sec-WebSocket-Key` is missing, there twice, or not 16 bytes in base64.
    Key,
    /// `Sec-WebSocket-Protocol` is no list of distinct tokens.
    Protocols,
    /// `Sec-WebSocket-Extensions` doesn't follow its grammar.
    Extensions,
    /// A page that may not connect.
    Origin,
}

/// Checks the head of a request in the order of RFC 6455 §4.2.1. The request target is the caller's business.
///
/// # Errors
/// The first rule that it breaks, as the answer to send.
pub fn check_request(method: &Method, version: Version, headers: &HeaderMap) -> Result<Accepted, Rejection> {
    if !lists_token(headers, UPGRADE, "websocket") {
        return Err(RejectReason::NotAnUpgrade.into());
    }
    if method != Method::GET {
        return Err(RejectReason::Method.into());
    }
    if version != Version::HTTP_11 {
        return Err(RejectReason::HttpVersion.into());
    }
    let host = |value: &HeaderValue| value.to_str().ok().and_then(Authority::parse).is_some();
    if !matches!(lines(headers, HOST), Lines::One(value) if host(value)) {
        return Err(RejectReason::Host.into());
    }
    if !lists_token(headers, CONNECTION, "upgrade") {
        return Err(RejectReason::Connection.into());
    }
    // What follows the head would be read as frames by this end and as a body by one in between.
    if headers.contains_key(TRANSFER_ENCODING) || headers.get_all(CONTENT_LENGTH).iter().any(|len| len != "0")
    {
        return Err(RejectReason::Body.into());
    }
    match lines(headers, SEC_WEBSOCKET_VERSION) {
        Lines::One(value) if value == VERSION_13 => {}
        Lines::One(value) if is_version(value.as_bytes()) => {
            return Err(RejectReason::UnsupportedVersion.into());
        }
        Lines::None | Lines::One(_) | Lines::Many => return Err(RejectReason::MalformedVersion.into()),
    }
    let accept = match lines(headers, SEC_WEBSOCKET_KEY) {
        Lines::One(key) if is_key(key.as_bytes()) => accept_for(key.as_bytes()),
        Lines::None | Lines::One(_) | Lines::Many => return Err(RejectReason::Key.into()),
    };
    Ok(Accepted {
        accept,
        protocols: offered_protocols(headers).map_err(|_| RejectReason::Protocols)?,
        extensions: Extension::parse_all(headers).map_err(|_| RejectReason::Extensions)?,
        chosen_protocol: None,
        chosen_extension: None,
    })
}

impl Accepted {
    /// 101 Switching Protocols.
    pub const STATUS: StatusCode = StatusCode::SWITCHING_PROTOCOLS;

    /// The value of `Sec-WebSocket-Accept`.
    #[must_use]
    pub fn accept(&self) -> &HeaderValue {
        &self.accept
    }

    /// Leaves out of the client's offer what is not for an endpoint to choose.
    pub fn retain_protocols(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.protocols.retain(|protocol| keep(protocol));
    }

    /// The subprotocols that the client offers, its favourite first.
    #[must_use]
    pub fn protocols(&self) -> &[String] {
        &self.protocols
    }

    /// The extensions that the client offers, its favourite first.
    #[must_use]
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The subprotocol that is chosen, if any.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.chosen_protocol.as_ref()?.to_str().ok()
    }

    /// Chooses the first subprotocol that the client offers and this end supports, and says which. Without one in
    /// common, or without a call of this, the connection goes on with none (§4.2.2 step 5.5).
    pub fn choose_protocol(&mut self, supported: &[impl AsRef<str>]) -> Option<&str> {
        let chosen = choose_protocol(&self.protocols, supported);
        self.chosen_protocol = chosen.and_then(|name| HeaderValue::from_str(name).ok());
        chosen
    }

    /// Chooses among the offers of permessage-deflate, and says what the connection then has to follow. Without an
    /// acceptable offer, or without a call of this, the connection goes on without compression.
    pub fn choose_deflate(&mut self, policy: &ServerPolicy) -> Option<Params> {
        let chosen = policy.answer(&self.extensions);
        self.chosen_extension =
            chosen.and_then(|(response, _)| HeaderValue::try_from(response.to_string()).ok());
        chosen.map(|(_, params)| params)
    }

    /// The headers of the 101 (§4.2.2 step 5).
    #[must_use]
    pub fn response_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(5);
        headers.insert(UPGRADE, WEBSOCKET);
        headers.insert(CONNECTION, UPGRADE_TOKEN);
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accept.clone());
        if let Some(protocol) = &self.chosen_protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol.clone());
        }
        if let Some(extension) = &self.chosen_extension {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, extension.clone());
        }
        headers
    }
}

impl Rejection {
    /// The status to answer with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.reason.status()
    }

    /// The headers to answer with: what an upgrade would have to name with 426 (RFC 6455 §4.4, RFC 9110 §15.5.22),
    /// `Allow` with 405, otherwise none.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let lines: &[(HeaderName, HeaderValue)] = match self.status() {
            StatusCode::UPGRADE_REQUIRED => {
                &[(UPGRADE, WEBSOCKET), (CONNECTION, UPGRADE_TOKEN), (SEC_WEBSOCKET_VERSION, VERSION_13)]
            }
            StatusCode::METHOD_NOT_ALLOWED => &[(ALLOW, HeaderValue::from_static("GET"))],
            _ => &[],
        };
        lines.iter().cloned().collect()
    }
}

impl From<RejectReason> for Rejection {
    fn from(reason: RejectReason) -> Rejection {
        Rejection { explanation: Cow::Borrowed(reason.explanation()), reason }
    }
}

impl From<OriginError> for Rejection {
    fn from(error: OriginError) -> Rejection {
        Rejection { explanation: Cow::Owned(error.to_string()), reason: RejectReason::Origin }
    }
}

impl RejectReason {
    /// 405 for another method, 426 for what should upgrade differently, 403 for a foreign page, 400 for what is broken.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            RejectReason::Method => StatusCode::METHOD_NOT_ALLOWED,
            RejectReason::NotAnUpgrade | RejectReason::UnsupportedVersion => StatusCode::UPGRADE_REQUIRED,
            RejectReason::Origin => StatusCode::FORBIDDEN,
            RejectReason::HttpVersion
            | RejectReason::Host
            | RejectReason::Connection
            | RejectReason::Body
            | RejectReason::MalformedVersion
            | RejectReason::Key
            | RejectReason::Protocols
            | RejectReason::Extensions => StatusCode::BAD_REQUEST,
        }
    }

    /// One line for the person at the other end.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        match self {
            RejectReason::Method => "a WebSocket handshake is a GET request (RFC 6455 §4.1)",
            RejectReason::NotAnUpgrade => {
                "this is a WebSocket endpoint: connect with a WebSocket client, at ws:// or wss:// (RFC 6455 §4.2.1)"
            }
            RejectReason::HttpVersion => "a WebSocket handshake needs HTTP/1.1 (RFC 6455 §4.1)",
            RejectReason::Host => {
                "the handshake needs exactly one Host header, such as Host: example.com:8080 (RFC 6455 §4.2.1)"
            }
            RejectReason::Connection => {
                "Connection: Upgrade is missing: the client left it out or a proxy in between removed it (RFC 6455 §4.2.1)"
            }
            RejectReason::Body => {
                "a WebSocket handshake carries no body: leave out Content-Length and Transfer-Encoding (RFC 6455 §4.1)"
            }
            RejectReason::MalformedVersion => {
                "the handshake needs exactly one Sec-WebSocket-Version header, with the value 13 (RFC 6455 §4.2.1)"
            }
            RejectReason::UnsupportedVersion => "Sec-WebSocket-Version must be 13 (RFC 6455 §4.4)",
            RejectReason::Key => {
                "the handshake needs exactly one Sec-WebSocket-Key header: 16 bytes in base64 (RFC 6455 §4.2.1)"
            }
            RejectReason::Protocols => {
                "Sec-WebSocket-Protocol must be a list of distinct names such as chat.v2 (RFC 6455 §11.3.4)"
            }
            RejectReason::Extensions => "Sec-WebSocket-Extensions is malformed (RFC 6455 §9.1)",
            RejectReason::Origin => "this page may not connect here (RFC 6455 §10.2)",
        }
    }
}

/// `version` of RFC 6455 §4.3: 0 to 255 without leading zeros.
fn is_version(value: &[u8]) -> bool {
    match value {
        [b'0'..=b'9'] => true,
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(value).is_ok_and(|value| value.parse::<u8>().is_ok())
        }
        _ => false,
    }
}
