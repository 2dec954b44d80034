//! HTTP on one connection: hyper, and what it leaves to its user.

use crate::forwarded::{self, Network};
use crate::pace::{Abort, Paced};
use crate::refusals::Reason;
use crate::reply;
use crate::seat::Seat;
use crate::state::Shard;
use crate::visit::{Raw, Transport, Visit};
use http::header::{HOST, HeaderMap, HeaderValue};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Parts};
use hyper::service::{Service as _, service_fn};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket::wire::handshake::{Addressed, Authority, addressed_to};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tracing::debug;
use warp::filters::BoxedFilter;
use warp::reply::Response;

/// The smallest input buffer that hyper takes.
const MIN_BUFFER: usize = 8 << 10;

/// What every route answers to: all URLs of a listener.
pub(crate) type Routes = BoxedFilter<(Response,)>;

/// How a request got here. It is attached to each request, whose `Host` is then good, and what its target names where that
/// names something.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    /// The other end of the connection.
    pub(crate) peer: SocketAddr,
    /// The request's HTTP version.
    pub(crate) version: Version,
    /// The connection uses TLS.
    pub(crate) secure: bool,
    /// The request's headers, which are here instead of in the request: a filter is lent nothing, and copying all of them
    /// for each route that looks at some costs more than looking.
    pub(crate) headers: Arc<HeaderMap>,
    /// The request asks for an upgrade, and hyper will not stand in the way.
    pub(crate) upgradable: bool,
    /// The connection.
    pub(crate) visit: Arc<Visit>,
}

impl Arrival {
    /// How the client addressed this server, as far as that is known.
    pub(crate) fn addressed(&self, trusted: &[Network]) -> Addressed<'_> {
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        let own = Addressed { authority: host.and_then(Authority::parse), secure: self.secure };
        forwarded::addressed(self.peer, &self.headers, trusted, own)
    }
}

/// Serves HTTP on one connection until it closes, upgrades, or the thread drains while no answer is on its way.
pub(crate) async fn serve<S>(stream: S, peer: SocketAddr, secure: bool, routes: Routes, seat: Seat)
where
    S: AsyncRead + AsyncWrite + Abort + Into<Transport> + Send + Unpin + 'static,
{
    let shard = Arc::clone(&seat.shard);
    let config = &shard.shared.config;
    let stream = Paced::new(stream, config.socket.send_timeout);
    let seen = stream.seen();
    let visit = Arc::new(Visit::new(Arc::clone(&seen)));

    let routes = TowerToHyperService::new(warp::service(routes));
    let (requests, visited, noted) = (Arc::clone(&shard), Arc::clone(&visit), Arc::clone(&seen));
    let service = service_fn(move |mut request: Request<Incoming>| {
        // What has arrived is this request, as far as anybody can tell.
        noted.take_input();
        debug!(%peer, method = %request.method(), path = request.uri().path(), "request");
        let method = request.method().clone();
        let answer = match check(&mut request) {
            Ok(()) => {
                let headers = Arc::new(std::mem::take(request.headers_mut()));
                let upgradable = request.extensions().get::<OnUpgrade>().is_some();
                let (version, visit) = (request.version(), Arc::clone(&visited));
                let arrival = Arrival { peer, version, secure, headers, upgradable, visit };
                request.extensions_mut().insert(arrival);
                Ok(routes.call(request))
            }
            Err(explanation) => {
                let status = StatusCode::BAD_REQUEST;
                requests.refuse(Reason::Malformed, &peer, Some(status), &explanation);
                Err(reply::text(status, explanation))
            }
        };
        visited.answer_begins();
        let (visit, shard) = (Arc::clone(&visited), Arc::clone(&requests));
        Box::pin(async move {
            let response = match answer {
                Ok(routed) => routed.await,
                Err(refusal) => Ok(refusal),
            };
            visit.answer_ends();
            if let Ok(response) = &response
                && response.status() == StatusCode::METHOD_NOT_ALLOWED
            {
                let status = Some(response.status());
                shard.refuse(Reason::Method, &peer, status, &format_args!("{method} is not for its URL"));
            }
            response
        })
    });
    let limits = &config.limits;
    // HTTP/1 alone, rather than a builder that first waits to see which version comes: this way the header
    // timeout also holds for a client that sends nothing at all.
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.handshake_timeout)
        .max_header_size(limits.max_header_size)
        .max_buf_size(limits.max_header_size.max(MIN_BUFFER))
        .serve_connection(TokioIo::new(stream), service);
    // Polled like this, hyper leaves the stream behind, and whoever takes it over needs no task of its own to wait for it.
    let served = tokio::select! {
        served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
        () = shard.draining.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            // Who waits for an answer gets it. Who is about to ask for one has been promised nothing.
            poll_fn(|cx| match connection.poll_without_shutdown(cx) {
                Poll::Pending if !visit.is_answering() && !seen.is_stalled() => Poll::Ready(Ok(())),
                polled => polled,
            })
            .await
        }
    };
    let successor = visit.successor();
    let Err(error) = served else {
        let Parts { io, read_buf: early, .. } = connection.into_parts();
        let mut stream = io.into_inner();
        if let Some(successor) = successor {
            return successor(Ok(Raw { transport: stream.into_inner().into(), early }));
        }
        if stream.shutdown().await.is_err() && seen.has_timed_out() {
            slow_reader(&shard, peer);
        }
        return;
    };
    if let Some(successor) = successor {
        successor(Err(io::Error::other(error.to_string())));
    }
    if seen.has_timed_out() {
        slow_reader(&shard, peer);
    } else if error.is_timeout() && seen.take_input() {
        let explanation = "the head of its request took longer than --handshake-timeout";
        shard.refuse(Reason::SlowHead, &peer, None, &explanation);
    } else if error.is_parse_too_large() {
        let explanation =
            "the head of its request is larger than --max-header-size, or has more than 100 lines";
        shard.refuse(
            Reason::HeadSize,
            &peer,
            Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE),
            &explanation,
        );
    } else if error.is_parse() {
        shard.refuse(Reason::Malformed, &peer, Some(StatusCode::BAD_REQUEST), &error);
    } else {
        debug!(%peer, %error, "connection failed");
    }
}

fn slow_reader(shard: &Shard, peer: SocketAddr) {
    let explanation = "it did not read its answer for longer than --send-timeout";
    shard.refuse(Reason::SlowReader, &peer, None, &explanation);
}

/// Checks what a request is addressed to, and has its `Host` say just that.
fn check(request: &mut Request<Incoming>) -> Result<(), String> {
    // The target of a CONNECT names a host and no path (RFC 9112 section 3.2.3). Whoever sends one with another
    // method is mistaken, and routes can only be asked for paths.
    if request.uri().path_and_query().is_none() {
        return Err("the request target has no path, as in GET / HTTP/1.1".to_owned());
    }
    let addressed = addressed_to(request.version(), request.uri(), request.headers());
    let authority = addressed.map_err(|error| error.to_string())?;
    if let (Some(authority), Some(_)) = (authority, request.uri().scheme()) {
        let host = HeaderValue::try_from(authority.to_string()).map_err(|error| error.to_string())?;
        request.headers_mut().insert(HOST, host);
    }
    Ok(())
}
