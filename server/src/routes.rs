//! All URLs of this server.

use crate::api::api;
use crate::callers::{insider, known};
use crate::conformance::{FILES, File};
use crate::endpoints;
use crate::metrics;
use crate::relay::{relay, via};
use crate::reply;
use crate::serve::{Arrival, Routes};
use crate::sockets::Sockets;
use crate::state::Shard;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
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
    let others = via(sockets)
        .or(relay(sockets))
        .unify()
        .or(endpoints::watch(sockets))
        .unify()
        .or(endpoints::replay(sockets))
        .unify()
        .or(endpoints::room(sockets))
        .unify()
        .or(endpoints::ticker(sockets))
        .unify()
        .or(endpoints::game(sockets))
        .unify()
        .or(endpoints::conformance(sockets))
        .unify()
        .or(api(shard))
        .unify()
        .or(conformance(shard))
        .unify()
        .or(health(shard))
        .unify()
        .or(metrics)
        .unify()
        .or(assets(shard))
        .unify();
    // `or` clones its second filter for each request: all of the others, unless they are in a box.
    endpoints::echo(sockets).or(others.boxed()).unify().boxed()
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

/// `GET /conformance` and the files it loads.
fn conformance(shard: &Arc<Shard>) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let file = |file: File| {
        let shard = Arc::clone(shard);
        get(file.name, move |arrival| match known(&shard, arrival) {
            Ok(()) => file.respond(),
            Err(refusal) => *refusal,
        })
    };
    let [page, script, style, client] = FILES;
    file(page).or(file(script)).unify().or(file(style)).unify().or(file(client)).unify()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that is not local may be asked for by who comes through a proxy, which is what the page's is while somebody
    /// works on it.
    #[test]
    fn trunk_serve_passes_every_url_on_as_if_nobody_stood_between() {
        let proxies = include_str!("../../Trunk.toml").split("[[proxy]]").skip(1);
        let proxies: Vec<_> = proxies
            .filter_map(|proxy| {
                let backend = proxy.lines().find_map(|line| line.strip_prefix("backend = \""))?;
                let (_, path) = backend.trim_end_matches('"').split_once(":8080/")?;
                Some((path, proxy.contains("x-forwarded-host = \"\", x-forwarded-proto = \"\"")))
            })
            .collect();
        for (path, for_locals) in [("ws", true), ("api", true), ("metrics", true)] {
            assert!(proxies.contains(&(path, for_locals)), "{path}");
        }
        for path in FILES.map(|file| file.name).into_iter().chain(["healthz", "readyz"]) {
            assert!(proxies.iter().any(|(there, _)| *there == path), "{path}");
        }
    }
}
