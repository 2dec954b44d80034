//! All URLs of this server.

use crate::accept::Routes;
use crate::assets::Bundle;
use crate::config::Config;
use crate::echo::EchoOptions;
use crate::journal::{End, Journal};
use crate::reply;
use crate::socket;
use crate::stop::Stop;
use crate::upgrade::{self, Handshake};
use http::{HeaderMap, Method, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use tokio_util::task::TaskTracker;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// What the endpoints of one thread share.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) bundle: Arc<Bundle>,
    /// Everything that a shutdown waits for.
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: Stop,
}

/// The routes, each of which answers every method and error of its own URLs.
pub(crate) fn routes(context: &Context) -> Routes {
    healthz().or(echo(context)).unify().or(page(context)).unify().boxed()
}

/// `GET /healthz`: the process answers.
fn healthz() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("healthz").and(warp::method()).map(|method: Method| match method {
        Method::GET | Method::HEAD => reply::text(StatusCode::OK, "ok"),
        other => reply::method_not_allowed(&other, "GET, HEAD"),
    })
}

/// `GET /ws`: echoes text and binary messages.
fn echo(context: &Context) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let origins = Arc::new(context.config.origins.clone());
    let context = context.clone();
    warp::path!("ws").and(upgrade::handshake(origins)).and(query()).map(
        move |handshake: Result<Handshake, Box<Response>>, query: String| {
            let handshake = match handshake {
                Ok(handshake) => handshake,
                Err(refusal) => return *refusal,
            };
            match EchoOptions::from_query(&query) {
                Ok(options) => start_echo(&context, handshake, options),
                Err(error) => reply::text(StatusCode::BAD_REQUEST, error.to_string()),
            }
        },
    )
}

fn start_echo(context: &Context, handshake: Handshake, options: EchoOptions) -> Response {
    let mut journal = Journal::open(handshake.peer);
    // An echo speaks every subprotocol, and browsers fail a connection that leaves all their offers unanswered.
    let protocol = handshake.protocols().first().cloned();
    let (response, raw) = handshake.accept(protocol);
    let (config, stop) = (Arc::clone(&context.config), context.stop.clone());
    context.tasks.spawn(async move {
        match raw.await {
            Ok(raw) => {
                socket::echo(raw.stream, raw.leftover, &options, &config.socket, &stop, &mut journal).await;
            }
            Err(error) => journal.end(&End::ReceiveFailed { code: None, detail: error.to_string() }),
        }
    });
    response
}

/// The page and everything it loads; 404 for the rest.
fn page(context: &Context) -> impl Filter<Extract = (Response,), Error = Infallible> + Clone + use<> {
    let bundle = Arc::clone(&context.bundle);
    warp::method().and(warp::path::full()).and(warp::header::headers_cloned()).map(
        move |method: Method, path: FullPath, headers: HeaderMap| {
            bundle.respond(&method, path.as_str(), &headers)
        },
    )
}

/// The query part of the URL; empty when there is none.
fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) })
}
