//! From an HTTP request to a raw connection: the WebSocket upgrade as a warp filter.

use crate::accept::Arrival;
use crate::handshake::{self, Accepted, HandshakeError};
use crate::origin::OriginPolicy;
use crate::reply;
use bytes::Bytes;
use http::header::{
    CONNECTION, HeaderMap, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{Method, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpStream;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// A handshake that passed, not answered yet.
pub(crate) struct Handshake {
    /// The other end of the connection.
    pub(crate) peer: SocketAddr,
    accepted: Accepted,
    on_upgrade: OnUpgrade,
}

/// The connection once the 101 is on its way.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    /// What arrived behind the handshake: the first bytes to read.
    pub(crate) leftover: Bytes,
}

/// Checks the WebSocket handshake of any request that it gets: method, headers, origin.
///
/// It yields the handshake to be answered by an endpoint, or the finished refusal: 405, 426, 400 or 403.
pub(crate) fn handshake(
    origins: Arc<OriginPolicy>,
) -> impl Filter<Extract = (Result<Handshake, Box<Response>>,), Error = Rejection> + Clone {
    warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Arrival>())
        .and(warp::ext::optional::<OnUpgrade>())
        .map(move |method: Method, headers: HeaderMap, arrival: Arrival, on_upgrade| {
            check(&origins, &method, &headers, arrival, on_upgrade)
        })
}

fn check(
    origins: &OriginPolicy,
    method: &Method,
    headers: &HeaderMap,
    arrival: Arrival,
    on_upgrade: Option<OnUpgrade>,
) -> Result<Handshake, Box<Response>> {
    if method != Method::GET {
        return Err(Box::new(reply::method_not_allowed(method, "GET")));
    }
    let accepted = handshake::check(arrival.version, headers).map_err(|error| Box::new(refuse(error)))?;
    origins
        .check(headers)
        .map_err(|error| Box::new(reply::text(StatusCode::FORBIDDEN, error.to_string())))?;
    let on_upgrade =
        on_upgrade.ok_or(HandshakeError::HttpVersion).map_err(|error| Box::new(refuse(error)))?;
    Ok(Handshake { peer: arrival.peer, accepted, on_upgrade })
}

fn refuse(error: HandshakeError) -> Response {
    let mut response = reply::text(error.status(), error.to_string());
    if error.status() == StatusCode::UPGRADE_REQUIRED {
        // RFC 9110 section 15.5.22 and RFC 6455 section 4.4.
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

impl Handshake {
    /// The subprotocols that the client offered, in its order of preference.
    pub(crate) fn protocols(&self) -> &[HeaderValue] {
        &self.accepted.protocols
    }

    /// The 101, and the connection that it leads to once it is sent.
    ///
    /// `protocol` must be one of [`protocols`](Self::protocols): naming another makes clients fail.
    ///
    /// # Errors
    /// The future fails when the client leaves before it got the 101.
    pub(crate) fn accept(
        self,
        protocol: Option<HeaderValue>,
    ) -> (Response, impl Future<Output = io::Result<Raw>> + Send + use<>) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(SEC_WEBSOCKET_ACCEPT, self.accepted.accept);
        if let Some(protocol) = protocol {
            headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        let on_upgrade = self.on_upgrade;
        let raw = async move {
            let upgraded = on_upgrade.await.map_err(io::Error::other)?;
            let parts = upgraded
                .downcast::<TokioIo<TcpStream>>()
                .map_err(|_| io::Error::other("the connection is not the one that was accepted"))?;
            Ok(Raw { stream: parts.io.into_inner(), leftover: parts.read_buf })
        };
        (response, raw)
    }
}
