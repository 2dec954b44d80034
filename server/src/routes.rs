//! All URLs of this server.

use crate::accept::Routes;
use crate::echo::{Echo, EchoOptions};
use crate::hosted::Hosted;
use crate::journal::Entry;
use crate::metrics;
use crate::reply;
use crate::sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// The routes, each of which answers every method and error of its own URLs. Upgrades in progress are tasks of `tasks`.
pub(crate) fn routes(shard: &Arc<Shard>, tasks: &TaskTracker) -> Routes {
    let (ready, page) = (Arc::clone(shard), Arc::clone(shard));
    let own = get("healthz", || reply::text(StatusCode::OK, "ok"))
        .or(get("readyz", move || readyz(&ready)))
        .unify()
        .or(get("metrics", move || metrics_page(&page)))
        .unify();
    own.or(echo(shard, tasks)).unify().or(assets(shard)).unify().boxed()
}

/// A resource that is read and nothing else.
fn get(
    name: &'static str,
    answer: impl Fn() -> Response + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path(name).and(warp::path::end()).and(warp::method()).map(move |method: Method| match method {
        Method::GET | Method::HEAD => answer(),
        other => reply::method_not_allowed(&other, "GET, HEAD"),
    })
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

/// `GET /ws`: echoes text and binary messages.
fn echo(
    shard: &Arc<Shard>,
    tasks: &TaskTracker,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let tasks = tasks.clone();
    warp::path!("ws").and(upgrade::handshake(Arc::clone(shard))).and(query()).map(
        move |handshake: Result<Handshake, Box<Response>>, query: String| {
            let mut handshake = match handshake {
                Ok(handshake) => handshake,
                Err(refusal) => return *refusal,
            };
            match EchoOptions::from_query(&query) {
                Ok(options) => {
                    handshake.take_any_protocol();
                    open(&tasks, handshake, Echo::new(options))
                }
                Err(error) => {
                    handshake.seat.shard.shared.metrics.handshake(metrics::Handshake::Parameters);
                    reply::text(StatusCode::BAD_REQUEST, error.to_string())
                }
            }
        },
    )
}

/// Answers with 101 and puts `endpoint` behind the connection.
fn open(tasks: &TaskTracker, handshake: Handshake, endpoint: Echo) -> Response {
    let (response, compression, seat, raw) = handshake.accept();
    let entry = Entry::open(seat.client);
    tasks.spawn(async move {
        match raw.await {
            Ok(raw) => {
                let shard = Arc::clone(&seat.shard);
                sockets::host(raw, compression, &shard, Hosted::new(endpoint, seat, entry));
            }
            Err(error) => entry.never_upgraded(seat.client, &error),
        }
    });
    response
}

/// The page and everything it loads; 404 for the rest.
fn assets(shard: &Arc<Shard>) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + use<> {
    let shared = Arc::clone(&shard.shared);
    warp::method().and(warp::path::full()).and(warp::header::headers_cloned()).map(
        move |method: Method, path: FullPath, headers: HeaderMap| {
            shared.bundle.respond(&method, path.as_str(), &headers)
        },
    )
}

/// The query part of the URL; empty when there is none.
fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) })
}
