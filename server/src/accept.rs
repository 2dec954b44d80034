//! The accept loop: from a listener to HTTP connections, with or without TLS.

use crate::admission::{Kind, Refusal, Standing};
use crate::forwarded::is_trusted;
use crate::lazy::{Lazy, Listener};
use crate::listen;
use crate::refusals::Reason;
use crate::reply;
use crate::seat::Seat;
use crate::serve::{Routes, serve};
use crate::state::Shard;
use http::StatusCode;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

/// Bounds of the wait after a failed accept. The usual cause is too many open files, which only time cures.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// What a TLS connection begins with: the type of a record that holds a handshake (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 22;
/// How long a client that is refused may take to read why and to hang up.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);

/// What the connections of one listener get.
#[derive(Clone)]
pub(crate) struct Service {
    /// All its URLs.
    pub(crate) routes: Routes,
    /// With TLS.
    pub(crate) tls: Option<TlsAcceptor>,
}

/// Serves every connection of `listener` until the thread drains. Connections run on as tasks of `tasks`.
pub(crate) async fn accept(listener: Listener, service: Service, tasks: TaskTracker, shard: Arc<Shard>) {
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
                admit(stream, peer, &service, &tasks, &shard);
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

/// Begins to serve a connection, or to refuse it. What serves HTTP is some kilobytes, which a task would copy each time that
/// it moves on; so it has a box.
fn admit(stream: Lazy, peer: SocketAddr, service: &Service, tasks: &TaskTracker, shard: &Arc<Shard>) {
    if let Err(error) = undelayed(&stream) {
        return debug!(%peer, %error, "connection lost before its first request");
    }
    let is_proxy = is_trusted(peer.ip(), &shard.shared.config.trusted_proxies);
    let standing = if is_proxy { Standing::Proxy } else { Standing::Direct };
    let seat = Seat::take(shard, Kind::Http, peer, standing);
    let (routes, shard) = (service.routes.clone(), Arc::clone(shard));
    match (&service.tls, seat) {
        (Some(tls), seat) => tasks.spawn(Box::pin(secured(stream, peer, tls.clone(), routes, seat, shard))),
        (None, Ok(seat)) => tasks.spawn(Box::pin(serve(stream, peer, false, routes, seat))),
        (None, Err(refusal)) => tasks.spawn(async move { refuse(stream, &shard, peer, refusal).await }),
    };
}

/// Has small messages not wait for the acknowledgement of the ones before (Nagle's algorithm). Where connections have that
/// from their listener there is nothing to do.
fn undelayed(stream: &Lazy) -> io::Result<()> {
    if listen::GIVES_NODELAY { Ok(()) } else { stream.set_nodelay() }
}

/// A connection with TLS, from its first byte until it closes, upgrades, or is refused.
async fn secured(
    stream: Lazy,
    peer: SocketAddr,
    tls: TlsAcceptor,
    routes: Routes,
    seat: Result<Seat, Refusal>,
    shard: Arc<Shard>,
) {
    let config = &shard.shared.config;
    // Beyond what refusals may cost there is no handshake either.
    let permit = if seat.is_err() { shard.shared.refused.try_acquire().ok() } else { None };
    if let (Err(refusal), None) = (&seat, &permit) {
        return shard.refuse((*refusal).into(), &peer, None, refusal);
    }
    let handshake = async {
        let stream = stream.into_tokio()?;
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first != [TLS_HANDSHAKE] {
            let line = "this port speaks TLS: use https:// or wss://";
            shard.refuse(Reason::Tls, &peer, Some(StatusCode::BAD_REQUEST), &line);
            return answer(stream, reply::bare(StatusCode::BAD_REQUEST, line)).await.map(|()| None);
        }
        tls.accept(stream).await.map(Some)
    };
    let shaken = tokio::select! {
        shaken = timeout(config.limits.handshake_timeout, handshake) => shaken,
        // It has not asked for anything yet.
        () = shard.draining.cancelled() => return debug!(%peer, "stopping in the middle of its TLS handshake"),
    };
    let stream = match shaken {
        Ok(Ok(Some(stream))) => stream,
        Ok(Ok(None)) => return,
        // What it said could not be agreed to.
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
            return shard.refuse(Reason::Tls, &peer, None, &format_args!("TLS handshake failed: {error}"));
        }
        Ok(Err(error)) => return debug!(%peer, %error, "connection lost in its TLS handshake"),
        Err(_) => {
            let explanation = "its TLS handshake took longer than --handshake-timeout";
            return shard.refuse(Reason::Tls, &peer, None, &explanation);
        }
    };
    drop(permit);
    match seat {
        Ok(seat) => serve(stream, peer, true, routes, seat).await,
        Err(refusal) => refuse(stream, &shard, peer, refusal).await,
    }
}

/// Says why there is no room. Only so many may take their time to read it.
async fn refuse<S>(stream: S, shard: &Shard, peer: SocketAddr, refusal: Refusal)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    shard.refuse(refusal.into(), &peer, Some(refusal.status()), &refusal);
    let answer = answer(stream, reply::bare(refusal.status(), &refusal.to_string()));
    let permit = shard.shared.refused.try_acquire();
    // Without a place only what the system takes at once may arrive.
    let patience = if permit.is_ok() { REFUSAL_TIMEOUT } else { Duration::ZERO };
    tokio::select! {
        // Whether it arrives is the peer's business.
        _ = timeout(patience, answer) => {}
        () = shard.draining.cancelled() => {}
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
