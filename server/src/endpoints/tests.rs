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
