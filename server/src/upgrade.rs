//! From an HTTP request to a raw connection: the WebSocket upgrade as a warp filter.

use crate::admission::{Kind, Standing};
use crate::breakpoints::Gated;
use crate::callers;
use crate::forwarded;
use crate::refusals::Reason;
use crate::reply;
use crate::seat::Seat;
use crate::serve::Arrival;
use crate::state::Shard;
use crate::visit::{Raw, Visit};
use http::header::{CONNECTION, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use socket::wire::ConnectionSettings;
use socket::wire::deflate::Params;
use socket::wire::handshake::{Accepted, Addressed, OriginError, RejectReason, Rejection, check_request};
use std::fmt;
use std::io;
use std::sync::Arc;
use warp::reply::Response;
use warp::{Filter, Rejection as NotFound};

/// The methods of a WebSocket's URL.
const METHODS: &str = "GET, OPTIONS";

/// A handshake that passed, not answered yet, and what its connection will have. An endpoint may change that, and may take
/// its time to answer: who leaves meanwhile takes the handshake along.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) seat: Seat,
    /// What the client offers, and what is chosen of that.
    pub(crate) accepted: Accepted,
    /// How the connection will behave: as the server's do, unless the endpoint puts others here.
    pub(crate) settings: Arc<ConnectionSettings>,
    /// The request's headers.
    pub(crate) headers: Arc<HeaderMap>,
    /// What the 101 has beside its own.
    pub(crate) response_headers: HeaderMap,
    /// Pings, Pongs and Closes are for the endpoint to answer, with or without faults in front of it, and there is no
    /// heartbeat: it carries what somebody else says.
    pub(crate) carried: bool,
    /// Texts say with which credentials to connect elsewhere: journals have none of them.
    pub(crate) hides_texts: bool,
    /// What may hold messages of the connection.
    pub(crate) gated: Option<Arc<dyn Gated>>,
    visit: Arc<Visit>,
}

/// What a connection has behind its 101.
#[derive(Debug)]
pub(crate) struct Agreed {
    pub(crate) seat: Seat,
    pub(crate) settings: Arc<ConnectionSettings>,
    pub(crate) compression: Option<Params>,
    pub(crate) carried: bool,
}

/// Checks the WebSocket handshake of any request that it gets: method, headers, origin, limits.
///
/// It yields the handshake to be answered by an endpoint, or the finished refusal: 405, 426, 400, 403, 429 or 503.
pub(crate) fn handshake(
    shard: Arc<Shard>,
) -> impl Filter<Extract = (Result<Handshake, Box<Response>>,), Error = NotFound> + Clone {
    warp::method()
        .and(warp::ext::get::<Arrival>())
        .map(move |method: Method, arrival: Arrival| check(&shard, &method, arrival))
}

fn check(shard: &Arc<Shard>, method: &Method, arrival: Arrival) -> Result<Handshake, Box<Response>> {
    let metrics = &shard.shared.metrics;
    match *method {
        Method::GET => {}
        Method::OPTIONS => return Err(Box::new(reply::options(METHODS))),
        _ => {
            metrics.handshake_refused(Reason::Method);
            return Err(Box::new(reply::method_not_allowed(method, METHODS)));
        }
    }
    let config = &shard.shared.config;
    let headers = &*arrival.headers;
    let client = forwarded::client(arrival.peer, headers, &config.trusted_proxies);
    let accepted = check_request(method, arrival.version, headers)
        .map_err(|rejection| (rejection.reason.into(), rejection))
        .and_then(|accepted| {
            let addressed = arrival.addressed(&config.trusted_proxies);
            config.origins.check(headers, addressed).map_err(|error| refuse_origin(error, addressed))?;
            if arrival.upgradable {
                Ok(accepted)
            } else {
                Err((Reason::Malformed, RejectReason::HttpVersion.into()))
            }
        });
    let mut accepted = accepted.map_err(|(reason, rejection)| {
        shard.refuse_handshake(reason, &client, rejection.status(), &rejection);
        Box::new(reject(&rejection))
    })?;
    let is_forwarded = forwarded::is_trusted(arrival.peer.ip(), &config.trusted_proxies);
    let standing = if is_forwarded { Standing::Forwarded } else { Standing::Direct };
    let seat = Seat::take(shard, Kind::Socket, client, standing).map_err(|refusal| {
        shard.refuse_handshake(refusal.into(), &client, refusal.status(), &refusal);
        let mut response = reply::come_back(refusal.status(), refusal.to_string());
        // Where room is short, who gets none doesn't keep a connection either.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        Box::new(response)
    })?;
    // It was for this server, and is no endpoint's or target's to read.
    accepted.retain_protocols(|protocol| !callers::is_token(protocol));
    let settings = Arc::clone(&shard.shared.settings);
    Ok(Handshake {
        seat,
        accepted,
        settings,
        headers: arrival.headers,
        response_headers: HeaderMap::new(),
        carried: false,
        hides_texts: false,
        gated: None,
        visit: arrival.visit,
    })
}

/// The refusal of a page, which names the flag that would let it in.
fn refuse_origin(error: OriginError, addressed: Addressed<'_>) -> (Reason, Rejection) {
    let host = addressed.authority.map_or_else(|| "no host".to_owned(), |authority| authority.to_string());
    let (reason, explanation) = match &error {
        OriginError::Foreign(origin) => (
            Reason::Origin,
            format!(
                "origin {origin} is not allowed at {host}; start the server with --allow-origin {origin} to let it in, \
                 or have the proxy in between, if there is one, pass on the Host that it was asked for"
            ),
        ),
        OriginError::Name(name) => (Reason::Host, reply::unknown_name(name)),
        OriginError::Unreadable => (Reason::Origin, error.to_string()),
    };
    (reason, Rejection { explanation: explanation.into(), reason: RejectReason::Origin })
}

fn reject(rejection: &Rejection) -> Response {
    let mut response = reply::text(rejection.status(), rejection.to_string());
    response.headers_mut().extend(rejection.headers());
    response
}

impl Handshake {
    /// Takes the first subprotocol that the client offers, whatever it is. For endpoints that don't look into messages:
    /// browsers fail a connection that leaves all their offers unanswered.
    pub(crate) fn take_any_protocol(&mut self) {
        let offered = self.accepted.protocols().to_vec();
        self.accepted.choose_protocol(&offered);
    }

    /// Larger messages, in bytes, close the connection with 1009, whatever else is allowed.
    pub(crate) fn take_messages_up_to(&mut self, bytes: u64) {
        self.settings = self.seat.shard.shared.settings_up_to(bytes);
    }

    /// A refusal that says why, which is counted and logged.
    pub(crate) fn refuse(
        &self,
        reason: Reason,
        status: StatusCode,
        explanation: &dyn fmt::Display,
    ) -> Box<Response> {
        self.seat.shard.refuse_handshake(reason, &self.seat.client, status, explanation);
        Box::new(reply::text(status, explanation.to_string()))
    }

    /// The refusal where there is room for no more, counted and logged: 503, to come back later.
    pub(crate) fn refuse_for_now(&self, explanation: &dyn fmt::Display) -> Box<Response> {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        self.seat.shard.refuse_handshake(Reason::Full, &self.seat.client, status, explanation);
        Box::new(reply::come_back(status, explanation.to_string()))
    }

    /// Has the connection reset once so many bytes of the answer are written.
    pub(crate) fn cut_answer(&self, bytes: usize) {
        self.visit.stream.cut_after(bytes);
    }

    /// The 101. `successor` gets what was agreed on, and the connection once the 101 is sent, or the error that kept it from
    /// being sent.
    pub(crate) fn accept(
        mut self,
        successor: impl FnOnce(io::Result<Raw>, Agreed) + Send + 'static,
    ) -> Response {
        let shared = &self.seat.shard.shared;
        let compression = shared.deflate.as_ref().and_then(|policy| self.accepted.choose_deflate(policy));
        shared.metrics.handshake_accepted();
        let mut response = Response::default();
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = self.response_headers;
        response.headers_mut().extend(self.accepted.response_headers());
        let agreed = Agreed { seat: self.seat, settings: self.settings, compression, carried: self.carried };
        self.visit.hand_over(move |raw| successor(raw, agreed));
        response
    }
}
