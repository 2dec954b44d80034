use std::fmt::Write as _;

use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, WWW_AUTHENTICATE,
};
use http::{StatusCode, Version};

use super::key::{accept_for, encode_key};
use super::target::Target;
use crate::deflate::{AnswerError, Offer, Params, check_answer};
use crate::header::{Extension, Lines, is_token, lines, lists_token};

/// Headers that the handshake itself is made of, or that would make the request another one.
const RESERVED: [HeaderName; 11] = [
    HOST,
    UPGRADE,
    CONNECTION,
    SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION,
    SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_ACCEPT,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    TE,
];

/// A client's request and what the response has to match (RFC 6455 §4.1).
#[derive(Clone, Debug)]
pub struct ClientHandshake {
    target: Target,
    key: HeaderValue,
    protocols: Vec<String>,
    offers: Vec<Offer>,
    headers: HeaderMap,
}

/// What a client and a server agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Established {
    /// The subprotocol that the server chose. The RFC leaves a server free to choose none where some were requested;
    /// browsers then fail the connection.
    pub protocol: Option<String>,
    /// The compression to follow, if any.
    pub deflate: Option<Params>,
}

/// A request that can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// A header that the handshake sets itself.
    #[error("the header {0} belongs to the handshake and can't be set")]
    ReservedHeader(HeaderName),
    /// A subprotocol that is no token.
    #[error("{0:?} can't be a subprotocol: names have no spaces, commas or quotes (RFC 6455 §4.1)")]
    Protocol(String),
    /// A subprotocol that is there twice.
    #[error("the subprotocol {0} is there twice (RFC 6455 §4.1)")]
    DuplicateProtocol(String),
}

/// Why a client must fail the connection over the server's response (RFC 6455 §4.1). Close it without sending anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// A redirect. It is not followed: the request's credentials were meant for the server that was named.
    #[error("the server redirects ({status}) to {location}: connect there if you trust it")]
    Redirect {
        /// 3xx.
        status: StatusCode,
        /// `Location`, or a placeholder where it is missing.
        location: String,
    },
    /// Another status than 101.
    #[error("{}", explain_status(*.status, .detail.as_deref()))]
    Status {
        /// What the server answered.
        status: StatusCode,
        /// `Retry-After` of a 429 or 503, `WWW-Authenticate` of a 401, `Sec-WebSocket-Version` of a 426.
        detail: Option<String>,
    },
    /// HTTP other than 1.1.
    #[error("the server answered with {0:?}, a WebSocket handshake needs HTTP/1.1 (RFC 6455 §4.1)")]
    HttpVersion(Version),
    /// `Upgrade` is not `websocket`.
    #[error("the response lacks Upgrade: websocket (RFC 6455 §4.1)")]
    Upgrade,
    /// `Connection` doesn't list `Upgrade`.
    #[error("the response lacks Connection: Upgrade (RFC 6455 §4.1)")]
    Connection,
    /// `Sec-WebSocket-Accept` is missing, there twice, or for another key: an answer out of a cache or from a server
    /// that speaks no WebSocket.
    #[error("Sec-WebSocket-Accept doesn't match the key (RFC 6455 §4.1)")]
    Accept,
    /// `Sec-WebSocket-Extensions` doesn't follow its grammar, or is there twice.
    #[error("Sec-WebSocket-Extensions is malformed or there twice (RFC 6455 §9.1, §11.3.2)")]
    MalformedExtensions,
    /// An extension or a parameter that was not offered.
    #[error(transparent)]
    Extensions(#[from] AnswerError),
    /// `Sec-WebSocket-Protocol` there twice, or naming what was not requested.
    #[error("the server chose a subprotocol that was not requested: {0:?} (RFC 6455 §4.1)")]
    Protocol(String),
}

impl ClientHandshake {
    /// A handshake for `target` with a key of 16 bytes, which must be random and fresh for each connection (§4.1).
    #[must_use]
    pub fn new(target: Target, nonce: [u8; 16]) -> ClientHandshake {
        ClientHandshake {
            target,
            key: encode_key(nonce),
            protocols: Vec::new(),
            offers: Vec::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Requests subprotocols, the favourite first.
    ///
    /// # Errors
    /// A name that is no token or that is there twice.
    pub fn protocols<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<ClientHandshake, RequestError> {
        for name in names {
            let name = name.into();
            if !is_token(name.as_bytes()) {
                return Err(RequestError::Protocol(name));
            }
            if self.protocols.contains(&name) {
                return Err(RequestError::DuplicateProtocol(name));
            }
            self.protocols.push(name);
        }
        Ok(self)
    }

    /// Offers permessage-deflate, the favourite first; a server passes over those it can't accept. Without offers the
    /// server must not compress.
    #[must_use]
    pub fn offers(mut self, offers: impl IntoIterator<Item = Offer>) -> ClientHandshake {
        self.offers.extend(offers);
        self
    }

    /// Adds a header such as `Origin`, `Cookie` or `Authorization`, on a line of its own each time.
    ///
    /// # Errors
    /// One of the headers that the handshake sets itself, or that would give the request a body.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Result<ClientHandshake, RequestError> {
        ClientHandshake::check_header(&name)?;
        self.headers.append(name, value);
        Ok(self)
    }

    /// Whether [`header`](Self::header) takes it, for who wants to know before there is a request.
    ///
    /// # Errors
    /// One of the headers that the handshake sets itself, or that would give the request a body.
    pub fn check_header(name: &HeaderName) -> Result<(), RequestError> {
        if RESERVED.contains(name) || name == TRAILER {
            return Err(RequestError::ReservedHeader(name.clone()));
        }
        Ok(())
    }

    /// Where to connect.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// All headers of the request.
    #[must_use]
    pub fn request_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8 + self.headers.len());
        headers.insert(HOST, ascii(self.target.host_header()));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(SEC_WEBSOCKET_KEY, self.key.clone());
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        if !self.protocols.is_empty() {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, ascii(self.protocols.join(", ")));
        }
        if !self.offers.is_empty() {
            let offers: Vec<String> = self.offers.iter().map(ToString::to_string).collect();
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, ascii(offers.join(", ")));
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers
    }

    /// The whole request as it goes over the wire.
    #[must_use]
    pub fn request(&self) -> Vec<u8> {
        let mut request = format!("GET {} HTTP/1.1\r\n", self.target.resource()).into_bytes();
        for (name, value) in &self.request_headers() {
            request.extend_from_slice(conventional_name(name).as_bytes());
            request.extend_from_slice(b": ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }

    /// Checks the head of the response in the order of §4.1.
    ///
    /// # Errors
    /// What the connection has to be failed for.
    pub fn check_response(
        &self,
        status: StatusCode,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<Established, ResponseError> {
        check_status(status, headers)?;
        if version != Version::HTTP_11 {
            return Err(ResponseError::HttpVersion(version));
        }
        if !matches!(lines(headers, UPGRADE), Lines::One(value) if value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        {
            return Err(ResponseError::Upgrade);
        }
        if !lists_token(headers, CONNECTION, "upgrade") {
            return Err(ResponseError::Connection);
        }
        let expected = accept_for(self.key.as_bytes());
        if !matches!(lines(headers, SEC_WEBSOCKET_ACCEPT), Lines::One(accept) if accept.as_bytes().trim_ascii() == expected.as_bytes())
        {
            return Err(ResponseError::Accept);
        }
        if matches!(lines(headers, SEC_WEBSOCKET_EXTENSIONS), Lines::Many) {
            return Err(ResponseError::MalformedExtensions);
        }
        let answered = Extension::parse_all(headers).map_err(|_| ResponseError::MalformedExtensions)?;
        Ok(Established {
            deflate: check_answer(&self.offers, &answered)?,
            protocol: self.check_protocol(headers)?,
        })
    }

    fn check_protocol(&self, headers: &HeaderMap) -> Result<Option<String>, ResponseError> {
        match lines(headers, SEC_WEBSOCKET_PROTOCOL) {
            Lines::None => Ok(None),
            Lines::One(chosen) => match self.protocols.iter().find(|name| chosen == name.as_str()) {
                Some(name) => Ok(Some(name.clone())),
                None => Err(ResponseError::Protocol(text(chosen))),
            },
            Lines::Many => {
                let all: Vec<String> = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().map(text).collect();
                Err(ResponseError::Protocol(all.join(", ")))
            }
        }
    }
}

fn check_status(status: StatusCode, headers: &HeaderMap) -> Result<(), ResponseError> {
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return Ok(());
    }
    if status.is_redirection() {
        let location = headers.get(LOCATION).map_or_else(|| "an unnamed place".to_owned(), text);
        return Err(ResponseError::Redirect { status, location });
    }
    let name = match status {
        StatusCode::UNAUTHORIZED => Some(WWW_AUTHENTICATE),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER),
        StatusCode::UPGRADE_REQUIRED => Some(SEC_WEBSOCKET_VERSION),
        _ => None,
    };
    Err(ResponseError::Status { status, detail: name.and_then(|name| headers.get(name)).map(text) })
}

fn explain_status(status: StatusCode, detail: Option<&str>) -> String {
    let mut line = format!("the server answered {status}");
    line.push_str(match status {
        StatusCode::OK => ": this is no WebSocket endpoint",
        StatusCode::BAD_REQUEST => ": it found the handshake malformed",
        StatusCode::UNAUTHORIZED => ": it wants credentials, send them in an Authorization header",
        StatusCode::FORBIDDEN => ": it refuses this client, perhaps for its Origin header",
        StatusCode::NOT_FOUND => ": check the path of the URL",
        StatusCode::UPGRADE_REQUIRED => ": it speaks another version of WebSocket",
        StatusCode::TOO_MANY_REQUESTS => ": it limits how often a client may connect, try again later",
        StatusCode::SERVICE_UNAVAILABLE => ": it is overloaded or restarting, try again later",
        _ => " instead of 101",
    });
    if let Some(detail) = detail {
        // Writing to a string can't fail.
        let _ = write!(line, " ({detail})");
    }
    line
}

/// The name as people write it. Names have no case (RFC 9110 §5.1), but some hand-written servers think otherwise.
fn conventional_name(name: &HeaderName) -> String {
    if let Some(rest) = name.as_str().strip_prefix("sec-websocket-") {
        return format!("Sec-WebSocket-{}", capitalized(rest));
    }
    name.as_str().split('-').map(capitalized).collect::<Vec<_>>().join("-")
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    format!("{}{rest}", first.to_ascii_uppercase())
}

/// What other ends send is shown as far as it is text.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn ascii(value: String) -> HeaderValue {
    HeaderValue::try_from(value).expect("made of tokens, digits and a parsed host")
}
