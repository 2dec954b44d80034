//! The accept loop: from a listener to HTTP connections served by the routes.

use crate::stop::Stop;
use http::{Request, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};
use warp::filters::BoxedFilter;
use warp::reply::Response;

/// Bounds of the wait after a failed accept. The usual cause is too many open files, which only time cures.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// What every route answers to: all of this server's URLs.
pub(crate) type Routes = BoxedFilter<(Response,)>;

/// How a request got here; the accept loop attaches it to each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// The other end of the connection.
    pub(crate) peer: SocketAddr,
    /// The request's HTTP version.
    pub(crate) version: Version,
}

/// Serves every connection of `listener` until the server stops. Connections run on as tasks of `tasks`.
pub(crate) async fn accept(
    listener: TcpListener,
    routes: Routes,
    header_timeout: Duration,
    tasks: TaskTracker,
    stop: Stop,
) {
    let mut stopping = pin!(stop.begun());
    let mut backoff = BACKOFF.0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopping => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                backoff = BACKOFF.0;
                tasks.spawn(serve(stream, peer, routes.clone(), header_timeout, stop.clone()));
            }
            Err(error) if is_the_connections_own(&error) => debug!(%error, "connection lost before accept"),
            Err(error) => {
                warn!(%error, wait_millis = backoff.as_millis(), "can't accept connections");
                tokio::select! {
                    () = &mut stopping => return,
                    () = tokio::time::sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(BACKOFF.1);
            }
        }
    }
}

/// Serves one connection until it closes, upgrades, or the server stops between two requests.
async fn serve(stream: TcpStream, peer: SocketAddr, routes: Routes, header_timeout: Duration, stop: Stop) {
    // Small messages must not wait for the acknowledgement of the ones before (Nagle's algorithm).
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "connection lost before its first request");
        return;
    }
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let arrival = Arrival { peer, version: request.version() };
        request.extensions_mut().insert(arrival);
        debug!(%peer, method = %request.method(), path = request.uri().path(), "request");
        routes.call(request)
    });
    // HTTP/1 alone, rather than a builder that first waits to see which version comes: this way the header
    // timeout also holds for a client that sends nothing at all.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%peer, %error, "connection failed");
    }
}

/// Whether a failed accept concerns only the connection that was about to be accepted.
fn is_the_connections_own(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
