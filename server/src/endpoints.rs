//! The URLs behind which there are WebSockets. Each takes a plan of faults, whatever is behind it.

mod conformance;
mod game;
mod room;
mod ticker;

pub(crate) use self::conformance::conformance;
pub(crate) use self::game::game;
pub(crate) use self::room::room;
pub(crate) use self::ticker::ticker;

use crate::behind::Behind;
use crate::callers;
use crate::echo::Echo;
use crate::faults::Asking;
use crate::journal::Entry;
use crate::labels::Scribe;
use crate::refusals::Reason;
use crate::replay::Replay;
use crate::serve::Arrival;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use crate::watch::watching::Watching;
use crate::watch::{self, About, Reader};
use http::StatusCode;
use protocol::fault::{self, PlanError};
use protocol::replay::{Machine, Plan};
use socket::wire::End;
use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// What stands in front of a mounted target's name. Its queries are the target's, too.
pub(crate) const VIA: &str = "/ws/via/";

/// What is behind a connection, or why there is none.
pub(crate) type Answer = Result<(Handshake, Behind), Box<Response>>;

/// The URL that was asked for: its path and its query.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: FullPath,
    pub(crate) query: String,
    /// Writes into the journal of its label, if it asks for one.
    pub(crate) scribe: Option<Scribe>,
}

/// `GET /ws`: echoes text and binary messages.
pub(crate) fn echo(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    warp::path!("ws").and(socket(sockets.clone(), |mut handshake: Handshake, _| {
        handshake.take_any_protocol();
        ready(Ok((handshake, Behind::Echo(Echo))))
    }))
}

/// `GET /ws/replay/NAME`: does again what a recorded server did.
pub(crate) fn replay(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "replay" / String)
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .then(move |name: String, handshake, path, query: String| {
            let shard = Arc::clone(&sockets.shard);
            planned(
                sockets.clone(),
                handshake,
                path,
                Plan::from_query(&query),
                move |handshake, plan, scribe| play(&shard, handshake, &name, plan, scribe),
            )
        })
}

fn play(shard: &Shard, mut handshake: Handshake, name: &str, plan: Plan, scribe: Option<Scribe>) -> Answer {
    let client = handshake.seat.client;
    let mounted = shard.shared.replays.get(name).ok_or_else(|| {
        let error =
            "no replay has this name: mount one with --replay, or upload one; GET /api/replays lists them";
        handshake.refuse(Reason::Parameters, StatusCode::NOT_FOUND, &error)
    })?;
    let conversations = mounted.recording.conversations();
    let number = plan.connection.map_or_else(|| mounted.next(), |number| number.get() - 1);
    let Some(conversation) = conversations.get(number) else {
        let (asked, there) = (number + 1, conversations.len());
        let error =
            format_args!("connection={asked} can't be followed: the recording has {there}, counted from 1");
        return Err(handshake.refuse(Reason::Parameters, StatusCode::BAD_REQUEST, &error));
    };
    if let Some(protocol) = conversation.choose_protocol(handshake.accepted.protocols()) {
        handshake.accepted.choose_protocol(&[protocol]);
    }
    let machine = Machine::new(Arc::clone(&mounted.recording), number, plan);
    Ok((handshake, Behind::new(Replay::new(machine, mounted.name.clone(), client, scribe))))
}

/// A URL behind which there are sockets. `answer` gets each handshake that passed, and gives what is to be behind the
/// connection, or a refusal. It may await what it has to know first, which the client's `--handshake-timeout` does not bound;
/// it is dropped when the client leaves. What the query asks to go wrong goes wrong in front of it.
pub(crate) fn socket<F>(
    sockets: Sockets,
    answer: impl Fn(Handshake, Asked) -> F + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone
where
    F: Future<Output = Answer> + Send + 'static,
{
    let handshakes = upgrade::handshake(Arc::clone(&sockets.shard));
    handshakes.and(warp::path::full()).and(query()).then(
        move |handshake: Result<Handshake, Box<Response>>, path: FullPath, query: String| {
            respond(sockets.clone(), handshake, Asked { path, query, scribe: None }, answer.clone())
        },
    )
}

/// Answers where the query has more than faults in it: `read` is that, and what is left of the query for those.
async fn planned<P>(
    sockets: Sockets,
    handshake: Result<Handshake, Box<Response>>,
    path: FullPath,
    read: Result<(P, String), PlanError>,
    answer: impl FnOnce(Handshake, P, Option<Scribe>) -> Answer,
) -> Response {
    let (plan, handshake, query) = match (read, handshake) {
        (Ok((plan, query)), handshake) => (plan, handshake, query),
        (Err(error), Ok(handshake)) => return *misunderstood(&handshake, &error),
        (Err(_), Err(refusal)) => return *refusal,
    };
    let asked = Asked { path, query, scribe: None };
    respond(sockets, handshake, asked, |handshake, asked| ready(answer(handshake, plan, asked.scribe))).await
}

async fn respond<F>(
    sockets: Sockets,
    handshake: Result<Handshake, Box<Response>>,
    asked: Asked,
    answer: impl FnOnce(Handshake, Asked) -> F,
) -> Response
where
    F: Future<Output = Answer> + Send + 'static,
{
    let answered = async {
        let handshake = handshake?;
        // Most are for the echo and have nothing to tell.
        let about = About::default();
        let about = match asked.path.as_str() {
            path if path == about.path => about,
            path => About { path: path.to_owned().into(), ..about },
        };
        let Some(asking) = ask(&sockets, &handshake, &asked)? else {
            let (handshake, behind) = answer(handshake, asked).await?;
            return Ok(open(&sockets, handshake, behind, about, None));
        };
        // Few have faults, and the others' answers should stay small.
        Box::pin(async {
            if let Some(response) = asking.in_place_of_101(&handshake).await {
                return Err(Box::new(response));
            }
            let asked = Asked { scribe: asking.scribe(), ..asked };
            let answered = answer(handshake, asked).await;
            let (handshake, behind) =
                answered.inspect_err(|refusal| asking.note_refusal(refusal.status().as_str()))?;
            Ok(open(&sockets, handshake, behind, about, Some(asking)))
        })
        .await
    };
    answered.await.unwrap_or_else(|refusal: Box<Response>| *refusal)
}

/// `GET /ws/watch/NUMBER`: what passes on another connection, for who may steer those with a label.
pub(crate) fn watch(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "watch" / String)
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .and(warp::ext::get::<Arrival>())
        .then(move |number: String, handshake, path, query, arrival: Arrival| {
            let sockets = sockets.clone();
            async move {
                let shard = Arc::clone(&sockets.shard);
                if let Err(refusal) = callers::steerer(&shard, &arrival) {
                    return *refusal;
                }
                let asked = Asked { path, query, scribe: None };
                respond(sockets, handshake, asked, |handshake, _| find(shard, handshake, number)).await
            }
        })
}

async fn find(shard: Arc<Shard>, mut handshake: Handshake, number: String) -> Answer {
    let refuse = |status, error: &dyn fmt::Display| Err(handshake.refuse(Reason::Parameters, status, error));
    let Ok(number) = number.parse() else {
        let error =
            format_args!("{number} is no connection: use a number, as GET /api/connections lists them");
        return refuse(StatusCode::BAD_REQUEST, &error);
    };
    let reader = Reader::new(&shard.shared.watching);
    let shown = match shard.shared.threads.watch(number, reader.watcher()).await {
        Some(Ok(shown)) => shown,
        Some(Err(error)) => {
            return refuse(StatusCode::CONFLICT, &format_args!("connection {number}: {error}"));
        }
        None => {
            let error =
                format_args!("there is no connection {number}: GET /api/connections lists those there are");
            return refuse(StatusCode::NOT_FOUND, &error);
        }
    };
    handshake.accepted.choose_protocol(&[watch::PROTOCOL]);
    Ok((handshake, Behind::new(Watching::new(reader, shown))))
}

/// What the query asks to go wrong, if anything.
fn ask(sockets: &Sockets, handshake: &Handshake, asked: &Asked) -> Result<Option<Asking>, Box<Response>> {
    let Asked { path, query, .. } = asked;
    if query.is_empty() {
        return Ok(None);
    }
    let asked = fault::Asked::from_query(query).map_err(|error| match &error {
        PlanError::Misspelt { name, .. } | PlanError::Unknown { names: name }
            if path.as_str().starts_with(VIA) =>
        {
            let status = StatusCode::BAD_REQUEST;
            let explanation = format_args!("{error}; if it is the target's own, write target.{name}");
            handshake.refuse(Reason::Parameters, status, &explanation)
        }
        _ => misunderstood(handshake, &error),
    })?;
    Asking::new(&sockets.shard.shared.labels, asked, path.as_str(), handshake)
        .map_err(|error| handshake.refuse_for_now(&error))
}

fn misunderstood(handshake: &Handshake, error: &PlanError) -> Box<Response> {
    handshake.refuse(Reason::Parameters, StatusCode::BAD_REQUEST, error)
}

/// Answers with 101 and puts `behind` behind the connection.
fn open(
    sockets: &Sockets,
    handshake: Handshake,
    behind: Behind,
    about: About,
    asking: Option<Asking>,
) -> Response {
    let sockets = sockets.clone();
    let about = About {
        label: asking.as_ref().and_then(Asking::label),
        faults: asking.as_ref().map_or(String::new(), Asking::faults),
        protocol: handshake.accepted.protocol().map(ToOwned::to_owned),
        ..about
    };
    let entry = Entry::open(handshake.seat.client);
    if let Some(gated) = &handshake.gated {
        gated.is_numbered(entry.number());
    }
    let asks_protocols = !handshake.accepted.protocols().is_empty();
    let altered = asking.as_ref().map(Asking::altered_answer);
    let mut response = handshake.accept(move |raw, agreed| match raw {
        Ok(raw) => {
            let compressed = agreed.compression.is_some();
            let behind = match asking {
                Some(asking) => asking.stand_before(behind, compressed, agreed.carried),
                None => behind,
            };
            sockets.host(raw, agreed, behind.with_about(about), entry);
        }
        Err(error) => {
            let seat = agreed.seat;
            seat.shard.shared.metrics.cut_off(End::SendFailed);
            entry.never_upgraded(seat.client, &error);
        }
    });
    if let Some(altered) = altered {
        altered.alter(&mut response, asks_protocols);
    }
    response
}

/// The query part of the URL; empty when there is none.
pub(crate) fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
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
    use crate::mounts::Mounts;
    use crate::replay::Replays;
    use crate::reply;
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
    type Answer = oneshot::Receiver<Result<&'static str, StatusCode>>;

    /// A server whose only URL asks elsewhere before it answers.
    struct Asking {
        sockets: Sockets,
        client: TcpStream,
        /// Whom it asks.
        elsewhere: oneshot::Sender<Result<&'static str, StatusCode>>,
    }

    async fn ask(plain: Option<plain::Plain>) -> Asking {
        let config = Config::default();
        let shared = Shared::new(config, Bundle::new(&[]), None, Replays::default(), Mounts::default());
        let shared = Arc::new(shared.unwrap());
        let sockets = Sockets::new(Arc::new(Shard::new(shared, 0, Stop::default())), plain);
        let announcer = sockets.clone();
        tokio::spawn(async move { announcer.announce().await });
        let (elsewhere, asked) = oneshot::channel();
        let asked = Arc::new(Mutex::new(Some(asked)));
        let answer = move |mut handshake: Handshake, _| {
            let asked: Arc<Mutex<Option<Answer>>> = Arc::clone(&asked);
            async move {
                let asked = asked.lock().await.take().unwrap();
                match asked.await.unwrap() {
                    Ok(protocol) => {
                        handshake.accepted.choose_protocol(&[protocol]);
                        handshake.settings = Arc::new(ConnectionSettings {
                            ping_interval: Some(Duration::from_millis(1)),
                            ..(*handshake.settings).clone()
                        });
                        Ok((handshake, Behind::new(Mute)))
                    }
                    Err(status) => Err(Box::new(reply::text(status, "not there"))),
                }
            }
        };
        let routes = warp::path!("ask").and(socket(sockets.clone(), answer)).boxed();
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
