//! The accept loop: from a listener to HTTP connections served by the routes, with or without TLS.

use crate::admission::{Kind, Refusal, Seat};
use crate::reply;
use crate::state::Shard;
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};
use warp::filters::BoxedFilter;
use warp::reply::Response;

/// Bounds of the wait after a failed accept. The usual cause is too many open files, which only time cures.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// What a TLS connection begins with: the type of a record that holds a handshake (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// How long a client that is refused may take to read why and to hang up.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);
/// The smallest input buffer that hyper takes.
const MIN_BUFFER: usize = 8 << 10;

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

/// Serves every connection of `listener` until the thread drains. Connections run on as tasks of `tasks`.
pub(crate) async fn accept(listener: TcpListener, routes: Routes, tasks: TaskTracker, shard: Arc<Shard>) {
    let mut draining = pin!(shard.draining.cancelled());
    let mut backoff = BACKOFF.0;
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut draining => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                backoff = BACKOFF.0;
                tasks.spawn(connection(stream, peer, routes.clone(), Arc::clone(&shard)));
            }
            Err(error) if is_the_connections_own(&error) => debug!(%error, "connection lost before accept"),
            Err(error) => {
                warn!(%error, wait_millis = backoff.as_millis(), "can't accept connections");
                tokio::select! {
                    () = &mut draining => return,
                    () = tokio::time::sleep(backoff) => {}
                }
                backoff = (backoff * 2).min(BACKOFF.1);
            }
        }
    }
}

/// One connection, from its first byte until it closes, upgrades, or is refused.
async fn connection(stream: TcpStream, peer: SocketAddr, routes: Routes, shard: Arc<Shard>) {
    // Small messages must not wait for the acknowledgement of the ones before (Nagle's algorithm).
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%peer, %error, "connection lost before its first request");
        return;
    }
    let config = &shard.shared.config;
    let is_proxy = config.trusted_proxies.iter().any(|network| network.contains(peer.ip()));
    let seat = Seat::take(&shard, Kind::Http, peer, is_proxy);
    let Some(tls) = &shard.shared.tls else {
        return match seat {
            Ok(seat) => serve(stream, peer, routes, seat).await,
            Err(refusal) => refuse(stream, &shard, peer, refusal).await,
        };
    };
    // Beyond what refusals may cost there is no handshake either.
    let permit = if seat.is_err() { shard.refusals.try_acquire().ok() } else { None };
    if seat.is_err() && permit.is_none() {
        return;
    }
    let handshake = async {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first != [TLS_HANDSHAKE] {
            let line = "this port speaks TLS: use https:// or wss://";
            return answer(stream, reply::bare(StatusCode::BAD_REQUEST, line)).await.map(|()| None);
        }
        tls.acceptor.accept(stream).await.map(Some)
    };
    let stream = match timeout(config.limits.handshake_timeout, handshake).await {
        Ok(Ok(Some(stream))) => stream,
        Ok(Ok(None)) => return debug!(%peer, "plain HTTP on a port with TLS"),
        Ok(Err(error)) => return debug!(%peer, %error, "TLS handshake failed"),
        Err(_) => return debug!(%peer, "TLS handshake took too long"),
    };
    drop(permit);
    match seat {
        Ok(seat) => serve(stream, peer, routes, seat).await,
        Err(refusal) => refuse(stream, &shard, peer, refusal).await,
    }
}

/// Serves HTTP on one connection until it closes, upgrades, or the thread drains between two requests.
async fn serve<S>(stream: S, peer: SocketAddr, routes: Routes, seat: Seat)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let routes = TowerToHyperService::new(warp::service(routes));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let arrival = Arrival { peer, version: request.version() };
        request.extensions_mut().insert(arrival);
        debug!(%peer, method = %request.method(), path = request.uri().path(), "request");
        // The target of a CONNECT names a host and no path (RFC 9112 section 3.2.3). Whoever sends one with another
        // method is mistaken, and routes can only be asked for paths.
        let answer = match request.uri().path_and_query() {
            Some(_) => Ok(routes.call(request)),
            None => Err(reply::text(
                StatusCode::BAD_REQUEST,
                "the request target has no path, as in GET / HTTP/1.1",
            )),
        };
        async {
            match answer {
                Ok(routed) => routed.await,
                Err(refusal) => Ok(refusal),
            }
        }
    });
    let limits = &seat.shard.shared.config.limits;
    // HTTP/1 alone, rather than a builder that first waits to see which version comes: this way the header
    // timeout also holds for a client that sends nothing at all.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake_timeout)
        .max_header_size(limits.max_header_size)
        .max_buf_size(limits.max_header_size.max(MIN_BUFFER))
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = seat.shard.draining.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%peer, %error, "connection failed");
    }
}

/// Says why there is no room, to as many at a time as a thread cares for.
async fn refuse<S>(stream: S, shard: &Shard, peer: SocketAddr, refusal: Refusal)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    debug!(%peer, %refusal, "connection refused");
    if let Ok(_permit) = shard.refusals.try_acquire() {
        // It is the peer's loss.
        let _ = answer(stream, reply::bare(refusal.status(), &refusal.to_string())).await;
    }
}

/// Sends a response without having read the request, and hangs up once it can have arrived.
async fn answer<S>(mut stream: S, response: String) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = async {
        stream.write_all(response.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with unread bytes resets the connection, and a reset can overtake the response.
        let mut discarded = [0; 2048];
        while stream.read(&mut discarded).await? > 0 {}
        Ok(())
    };
    timeout(REFUSAL_TIMEOUT, exchange).await.unwrap_or(Ok(()))
}

/// Whether a failed accept concerns only the connection that was about to be accepted.
fn is_the_connections_own(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}
