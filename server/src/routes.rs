//! All URLs of this server.

use crate::behind::Behind;
use crate::echo::EchoOptions;
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
use std::future::ready;
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
    let answering = sockets.clone();
    let answer = move |mut handshake: Handshake, query: String| {
        ready(match EchoOptions::from_query(&query) {
            Ok(options) => {
                handshake.take_any_protocol();
                open(&answering, handshake, options.into())
            }
            Err(error) => {
                let status = StatusCode::BAD_REQUEST;
                let client = &handshake.seat.client;
                answering.shard.refuse_handshake(Reason::Parameters, client, status, &error);
                reply::text(status, error.to_string())
            }
        })
    };
    warp::path!("ws").and(socket(Arc::clone(&sockets.shard), answer))
}

/// A URL behind which there are sockets. `answer` gets each handshake that passed, with the query of its URL, and gives the
/// response: [`open`]'s, or a refusal. It may await what it has to know first, which the client's `--handshake-timeout` does
/// not bound; it is dropped when the client leaves.
fn socket<F>(
    shard: Arc<Shard>,
    answer: impl Fn(Handshake, String) -> F + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone
where
    F: Future<Output = Response> + Send + 'static,
{
    upgrade::handshake(shard).and(query()).then(
        move |handshake: Result<Handshake, Box<Response>>, query: String| {
            let answer = handshake.map(|handshake| answer(handshake, query));
            async move {
                match answer {
                    Ok(answer) => answer.await,
                    Err(refusal) => *refusal,
                }
            }
        },
    )
}

/// Answers with 101 and puts `endpoint` behind the connection.
fn open(sockets: &Sockets, handshake: Handshake, endpoint: Behind) -> Response {
    let sockets = sockets.clone();
    let entry = Entry::open(handshake.seat.client);
    handshake.accept(move |raw, agreed| match raw {
        Ok(raw) => sockets.host(raw, agreed, endpoint, entry),
        Err(error) => {
            let seat = agreed.seat;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accept::{Service, accept};
    use crate::admission::Kind;
    use crate::assets::Bundle;
    use crate::config::Config;
    use crate::lazy::Listener;
    use crate::sockets::plain;
    use crate::state::Shared;
    use crate::stop::Stop;
    use socket::wire::{ConnectionSettings, Message, Outgoing};
    use socket::{Control, Endpoint};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::{Mutex, oneshot};
    use tokio_util::task::TaskTracker;

    const REQUEST: &str = "GET /ask HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: a, b\r\n\r\n";

    /// Answers no Ping.
    struct Mute;

    impl Endpoint for Mute {
        fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}

        fn opened(&mut self, _: &dyn Fn() -> socket::Mailbox, out: &mut Outgoing<'_>) {
            out.auto_pong(false);
        }

        fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
            if let Control::Ping(payload) = control {
                let _ = out.send(socket::wire::MessageKind::Binary, payload);
            }
        }
    }

    /// What the answer has to wait for: the protocol, or a refusal.
    type Asked = oneshot::Receiver<Result<&'static str, StatusCode>>;

    /// A server whose only URL asks elsewhere before it answers.
    struct Asking {
        sockets: Sockets,
        client: TcpStream,
        /// Whom it asks.
        elsewhere: oneshot::Sender<Result<&'static str, StatusCode>>,
    }

    async fn ask(plain: Option<plain::Plain>) -> Asking {
        let config = Config::default();
        let shared = Arc::new(Shared::new(config, Bundle::new(&[]), None));
        let sockets = Sockets::new(Arc::new(Shard::new(shared, 0, Stop::default())), plain);
        let announcer = sockets.clone();
        tokio::spawn(async move { announcer.announce().await });
        let (elsewhere, asked) = oneshot::channel();
        let (asked, answering): (_, _) = (Arc::new(Mutex::new(Some(asked))), sockets.clone());
        let answer = move |mut handshake: Handshake, _: String| {
            let (asked, sockets): (Arc<Mutex<Option<Asked>>>, _) = (Arc::clone(&asked), answering.clone());
            async move {
                let asked = asked.lock().await.take().unwrap();
                match asked.await.unwrap() {
                    Ok(protocol) => {
                        handshake.accepted.choose_protocol(&[protocol]);
                        handshake.settings = Arc::new(ConnectionSettings {
                            ping_interval: Some(Duration::from_millis(1)),
                            ..(*handshake.settings).clone()
                        });
                        open(&sockets, handshake, Behind::new(Mute))
                    }
                    Err(status) => reply::text(status, "not there"),
                }
            }
        };
        let routes = warp::path!("ask").and(socket(Arc::clone(&sockets.shard), answer)).boxed();
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let listener = Listener::new(socket).unwrap();
        let service = Service { routes, tls: None };
        tokio::spawn(accept(listener, service, TaskTracker::new(), Arc::clone(&sockets.shard)));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUEST.as_bytes()).await.unwrap();
        while sockets.shard.shared.admission.count(Kind::Socket) == 0 {
            tokio::task::yield_now().await;
        }
        Asking { sockets, client, elsewhere }
    }

    /// Both drivers, each with what its test needs to run.
    async fn with_both_drivers(test: impl AsyncFn(Asking)) {
        test(ask(None).await).await;
        if cfg!(unix) {
            let (plain, work) = plain::new().unwrap();
            let thread = std::thread::spawn(move || work.run());
            test(ask(Some(plain.clone())).await).await;
            plain.end();
            thread.join().unwrap().unwrap();
        }
    }

    async fn read_until(client: &mut TcpStream, end: &[u8]) -> String {
        let mut read = Vec::new();
        while !read.ends_with(end) {
            read.push(client.read_u8().await.unwrap());
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    #[tokio::test]
    async fn an_endpoint_may_ask_elsewhere_before_it_answers_and_chooses_protocol_and_settings() {
        with_both_drivers(async |Asking { mut client, elsewhere, .. }| {
            elsewhere.send(Ok("b")).unwrap();
            let head = read_until(&mut client, b"\r\n\r\n").await;
            assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
            assert!(head.contains("sec-websocket-protocol: b\r\n"), "{head}");
            // The heartbeat of these settings.
            assert_eq!(client.read_u8().await.unwrap(), 0x89);
            client.read_exact(&mut [0; 5]).await.unwrap();
            client.write_all(&[0x89, 0x82, 0, 0, 0, 0, b'h', b'i']).await.unwrap();
            // What this endpoint says to a Ping, which gets no Pong. Pings of its own may come before.
            loop {
                let mut header = [0; 2];
                client.read_exact(&mut header).await.unwrap();
                let mut payload = vec![0; header[1].into()];
                client.read_exact(&mut payload).await.unwrap();
                match header[0] {
                    0x89 => {}
                    first => break assert_eq!((first, &payload[..]), (0x82, &b"hi"[..])),
                }
            }
        })
        .await;
    }

    #[tokio::test]
    async fn an_endpoint_may_refuse_once_it_has_asked() {
        with_both_drivers(async |Asking { sockets, mut client, elsewhere }| {
            elsewhere.send(Err(StatusCode::BAD_GATEWAY)).unwrap();
            let head = read_until(&mut client, b"\r\n\r\n").await;
            assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
            assert_eq!(sockets.shard.shared.admission.count(Kind::Socket), 0);
        })
        .await;
    }

    #[tokio::test]
    async fn who_leaves_before_the_answer_takes_its_seat_along() {
        with_both_drivers(async |Asking { sockets, client, mut elsewhere }| {
            drop(client);
            elsewhere.closed().await;
            while sockets.shard.shared.admission.count(Kind::Socket) > 0 {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}
