//! All URLs of this server.

use crate::echo::{Echo, EchoOptions};
use crate::forwarded::{is_forwarded, is_trusted};
use crate::journal::Entry;
use crate::metrics;
use crate::refusals::Reason;
use crate::reply;
use crate::serve::{Arrival, Routes};
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use socket::wire::End;
use std::convert::Infallible;
use std::sync::Arc;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// All URLs of the server. Each route answers every method and error of its own.
pub(crate) fn routes(sockets: &Sockets) -> Routes {
    let shard = &sockets.shard;
    let inside = Arc::clone(shard);
    let metrics = get("metrics", move |arrival| {
        let allowed = known(&inside, arrival).and_then(|()| insider(&inside, arrival));
        allowed.map_or_else(|refusal| *refusal, |()| metrics_page(&inside))
    });
    echo(sockets).or(health(shard)).unify().or(metrics).unify().or(assets(shard)).unify().boxed()
}

/// The URLs of a listener that is there for metrics. Whoever reaches it may have them; where that is this machine alone,
/// names are looked at, because a page of another site may reach as far.
pub(crate) fn metrics_routes(shard: &Arc<Shard>, only_this_machine: bool) -> Routes {
    let page = Arc::clone(shard);
    let metrics = get("metrics", move |arrival| {
        let allowed = if only_this_machine { known(&page, arrival) } else { Ok(()) };
        allowed.map_or_else(|refusal| *refusal, |()| metrics_page(&page))
    });
    let nothing = warp::any()
        .map(|| reply::text(StatusCode::NOT_FOUND, "nothing here but /metrics, /healthz and /readyz"));
    health(shard).or(metrics).unify().or(nothing).unify().boxed()
}

/// `GET /healthz` and `GET /readyz`, for anybody by any name: probes come from everywhere.
fn health(shard: &Arc<Shard>) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let shard = Arc::clone(shard);
    get("healthz", |_| reply::text(StatusCode::OK, "ok")).or(get("readyz", move |_| readyz(&shard))).unify()
}

/// A resource that is read and nothing else.
fn get(
    name: &'static str,
    answer: impl Fn(&Arrival) -> Response + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path(name).and(warp::path::end()).and(warp::method()).and(warp::ext::get::<Arrival>()).map(
        move |method: Method, arrival: Arrival| match method {
            Method::GET | Method::HEAD => answer(&arrival),
            Method::OPTIONS => reply::options(reply::READ_ONLY),
            other => reply::method_not_allowed(&other, reply::READ_ONLY),
        },
    )
}

/// `GET /readyz`: whether to send clients here; 503 from the request to stop on.
fn readyz(shard: &Shard) -> Response {
    if shard.stop.has_begun() {
        reply::come_back(StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else {
        reply::text(StatusCode::OK, "ready")
    }
}

fn metrics_page(shard: &Shard) -> Response {
    let page = shard.shared.metrics.page(&shard.shared.admission);
    let mut response = reply::text(StatusCode::OK, page.trim_end());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
    response
}

/// Refuses a request for another name than the server's: a page of another site, whose name was led here, would read the
/// answer as its own (DNS rebinding).
fn known(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    let config = &shard.shared.config;
    let addressed = arrival.addressed(&config.trusted_proxies);
    match addressed.authority.filter(|_| !config.origins.knows(addressed)) {
        None => Ok(()),
        Some(authority) => {
            let explanation = reply::unknown_name(&authority.host.to_string());
            shard.refuse(Reason::Host, &arrival.peer, Some(StatusCode::FORBIDDEN), &explanation);
            Err(Box::new(reply::text(StatusCode::FORBIDDEN, explanation)))
        }
    }
}

/// Refuses who is not on this machine, or came through a proxy that is.
fn insider(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    let config = &shard.shared.config;
    let peer = arrival.peer.ip().to_canonical();
    let direct =
        peer.is_loopback() && !is_forwarded(&arrival.headers) && !is_trusted(peer, &config.trusted_proxies);
    if direct || config.metrics_public {
        return Ok(());
    }
    let explanation = "metrics are for this machine only: serve them on an address of their own with --metrics-listen, \
                       or to everybody with --metrics-public";
    shard.refuse(Reason::Metrics, &arrival.peer, Some(StatusCode::FORBIDDEN), &explanation);
    Err(Box::new(reply::text(StatusCode::FORBIDDEN, explanation)))
}

/// `GET /ws`: echoes text and binary messages.
fn echo(sockets: &Sockets) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws").and(upgrade::handshake(Arc::clone(&sockets.shard))).and(query()).map(
        move |handshake: Result<Handshake, Box<Response>>, query: String| {
            let mut handshake = match handshake {
                Ok(handshake) => handshake,
                Err(refusal) => return *refusal,
            };
            match EchoOptions::from_query(&query) {
                Ok(options) => {
                    handshake.take_any_protocol();
                    open(&sockets, handshake, Echo::new(options))
                }
                Err(error) => {
                    let status = StatusCode::BAD_REQUEST;
                    let client = &handshake.seat.client;
                    sockets.shard.refuse_handshake(Reason::Parameters, client, status, &error);
                    reply::text(status, error.to_string())
                }
            }
        },
    )
}

/// Answers with 101 and puts `endpoint` behind the connection.
fn open(sockets: &Sockets, handshake: Handshake, endpoint: Echo) -> Response {
    let sockets = sockets.clone();
    let entry = Entry::open(handshake.seat.client);
    handshake.accept(move |raw, compression, seat| match raw {
        Ok(raw) => sockets.host(raw, compression, endpoint, seat, entry),
        Err(error) => {
            seat.shard.shared.metrics.cut_off(End::SendFailed);
            entry.never_upgraded(seat.client, &error);
        }
    })
}

/// The page and everything it loads; 404 for the rest.
fn assets(shard: &Arc<Shard>) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let shard = Arc::clone(shard);
    warp::method().and(warp::path::full()).and(warp::ext::get::<Arrival>()).map(
        move |method: Method, path: FullPath, arrival: Arrival| match known(&shard, &arrival) {
            Ok(()) => shard.shared.bundle.respond(&method, path.as_str(), &arrival.headers),
            Err(refusal) => *refusal,
        },
    )
}

/// The query part of the URL; empty when there is none.
fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) })
}
