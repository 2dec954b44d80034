//! What passed on one connection, as lines of the recording.

use super::Shared;
use super::file::{File, now};
use http::StatusCode;
use http::header::{
    CONNECTION, HeaderMap, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use socket::wire::deflate::{self, Offer, Params, Pool, check_answer};
use socket::wire::handshake::{Extension, HeadReader, RequestHead, ResponseHead, offered_protocols};
use socket::wire::{CloseCode, Limits, MessageKind, Observed, Observer, Role};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use workbench::connection::{Connection, TransportKind};
use workbench::entry::{Body, ConnectionId, Delivery, Direction, Draft, Fact, Kind, What};
use workbench::export::jsonl;
use workbench::time::Micros;

/// Memory that all transcripts may hold together, in messages that are not whole, in bytes.
const MAX_HELD: usize = 256 << 20;
/// A message above it is not written down, nor what follows it in its direction.
const MAX_MESSAGE: u64 = 64 << 20;
/// The longest head of an answer, in bytes, and the most that a client says before it.
const MAX_HEAD: usize = 64 << 10;
/// Fields of every handshake.
const USUAL: [http::HeaderName; 5] =
    [CONNECTION, UPGRADE, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, SEC_WEBSOCKET_PROTOCOL];

/// One connection's part of the recording.
#[derive(Debug)]
pub(super) struct Transcript {
    shared: Arc<Shared>,
    file: File,
    connection: Connection,
    phase: Phase,
    pool: Pool,
    /// What this one holds, as it is counted in [`Shared::held`].
    held: usize,
    lines: String,
}

#[derive(Debug)]
enum Phase {
    /// The answer is not whole. With the request's fields, and what the client said meanwhile.
    Asked { request: HeaderMap, answer: HeadReader, early: Vec<u8> },
    /// Both directions are followed as long as that is possible.
    Open { client: Option<Box<Observer>>, server: Option<Box<Observer>>, closes: u8 },
    /// There is nothing to follow.
    Unknown,
}

impl Transcript {
    /// A connection of a client that asks for `address`.
    pub(super) fn new(shared: Arc<Shared>, file: File, address: String, request: RequestHead) -> Self {
        let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let connection = Connection {
            id: ConnectionId(number),
            address,
            transport: TransportKind::Watch,
            began: now(),
            offered: offered_protocols(&request.headers).unwrap_or_default(),
            headers: fields(&request.headers),
            ..Connection::default()
        };
        let phase =
            Phase::Asked { request: request.headers, answer: HeadReader::new(MAX_HEAD), early: Vec::new() };
        let (pool, lines) = (Pool::new(1), String::new());
        Self { shared, file, connection, phase, pool, held: 0, lines }
    }

    /// The client said this.
    pub(super) fn client(&mut self, bytes: &[u8]) {
        match &mut self.phase {
            Phase::Asked { early, .. } if early.len() + bytes.len() <= MAX_HEAD => {
                early.extend_from_slice(bytes);
            }
            Phase::Asked { .. } => self.give_up("the client said much before it was answered"),
            Phase::Open { .. } => self.follow(Role::Client, bytes),
            Phase::Unknown => {}
        }
    }

    /// The server said this.
    pub(super) fn server(&mut self, mut bytes: &[u8]) {
        while let Phase::Asked { answer, .. } = &mut self.phase {
            match answer.response(bytes) {
                Ok(None) => return,
                Ok(Some((head, used))) => {
                    bytes = &bytes[used..];
                    // An interim answer comes before the answer (RFC 9110 §15.2).
                    if !head.status.is_informational() || head.status == StatusCode::SWITCHING_PROTOCOLS {
                        self.answered(&head);
                    }
                }
                Err(error) => {
                    return self.give_up(&format!("what the server answered can't be read: {error}"));
                }
            }
        }
        if !bytes.is_empty() {
            self.follow(Role::Server, bytes);
        }
    }

    /// It failed before there was anything to follow.
    pub(super) fn failed(&mut self, why: &str) {
        self.note(Kind::Error, why);
        self.phase = Phase::Unknown;
    }

    /// It is over: TCP is, or the recorder.
    pub(super) fn end(&mut self, stopped: bool) {
        let cut = matches!(self.phase, Phase::Open { closes: 0, .. });
        if stopped {
            self.note(Kind::Note, "the recorder was stopped here, and the connection with it");
        } else if cut {
            let lost = Fact::new(What::Lost);
            self.entry(Direction::Local, Kind::Disconnected, Body::Text(""), |draft| Draft {
                code: CloseCode::ABNORMAL.0,
                fact: lost,
                ..draft
            });
        }
        self.connection.ended = Some(now());
        jsonl::write_connection(&mut self.lines, &self.connection, &self.shared.privacy);
        self.phase = Phase::Unknown;
        self.count();
    }

    /// The lines that came of it since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }

    fn answered(&mut self, head: &ResponseHead) {
        let Phase::Asked { request, early, .. } = std::mem::replace(&mut self.phase, Phase::Unknown) else {
            return;
        };
        let text = |name| {
            let values = head.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.collect::<Vec<_>>().join(", ")
        };
        self.connection.protocol = text(SEC_WEBSOCKET_PROTOCOL);
        self.connection.extensions = text(SEC_WEBSOCKET_EXTENSIONS);
        self.connection.answer = fields(&head.headers);
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            return self.note(Kind::Error, &format!("the server answered {}", head.status));
        }
        let opened = now();
        self.connection.opened = Some(opened);
        jsonl::write_connection(&mut self.lines, &self.connection, &self.shared.privacy);
        let fact = Fact { millis: millis(self.connection.began, opened), ..Fact::new(What::Opened) };
        let address = self.connection.address.clone();
        self.entry(Direction::Local, Kind::Connected, Body::Text(&address), |draft| Draft { fact, ..draft });
        let compression = match agreed_compression(&request, &head.headers) {
            Ok(compression) => compression,
            Err(error) => return self.lost(&error),
        };
        let limits = Limits { frame_len: MAX_MESSAGE, message_len: MAX_MESSAGE, ..Limits::default() };
        let follow = |sender| Some(Box::new(Observer::new(sender, compression.as_ref(), limits)));
        self.phase = Phase::Open { client: follow(Role::Client), server: follow(Role::Server), closes: 0 };
        if !early.is_empty() {
            self.follow(Role::Client, &early);
        }
    }

    fn follow(&mut self, sender: Role, bytes: &[u8]) {
        let Phase::Open { client, server, .. } = &mut self.phase else { return };
        let place = if sender == Role::Client { client } else { server };
        let Some(mut observer) = place.take() else { return };
        let mut pool = std::mem::replace(&mut self.pool, Pool::new(0));
        let outcome = observer.observe(&mut pool, bytes, |seen| self.seen(sender, seen));
        self.pool = pool;
        let who = if sender == Role::Client { "client" } else { "server" };
        match outcome {
            Ok(()) => {
                if let Phase::Open { client, server, .. } = &mut self.phase {
                    *(if sender == Role::Client { client } else { server }) = Some(observer);
                }
                self.count();
                if self.shared.held.load(Ordering::Relaxed) > MAX_HELD && self.held > 0 {
                    self.lost("the recorder holds too much in messages that are not whole");
                }
            }
            Err(failure) => {
                self.note(
                    Kind::Error,
                    &format!(
                        "what the {who} says from here on is not recorded: it can't be followed ({failure})"
                    ),
                );
                self.count();
            }
        }
    }

    fn seen(&mut self, sender: Role, seen: Observed<'_>) {
        let direction = if sender == Role::Client { Direction::Out } else { Direction::In };
        let delivery = (sender == Role::Client).then_some(Delivery::Sent);
        // Control frames may hold anything; most hold text or nothing.
        let body = |bytes| std::str::from_utf8(bytes).map_or(Body::Binary(bytes), Body::Text);
        match seen {
            Observed::Message(kind, payload) => {
                let body = if kind == MessageKind::Text { body(payload) } else { Body::Binary(payload) };
                self.entry(direction, Kind::Message, body, |draft| Draft { delivery, ..draft });
            }
            Observed::Ping(payload) => self.entry(direction, Kind::Ping, body(payload), |draft| draft),
            Observed::Pong(payload) => self.entry(direction, Kind::Pong, body(payload), |draft| draft),
            Observed::Close(code, reason) => {
                let clean = match &mut self.phase {
                    Phase::Open { closes, .. } => {
                        *closes += 1;
                        *closes > 1
                    }
                    _ => false,
                };
                let what = if sender == Role::Client { What::ClosedHere } else { What::ClosedByServer };
                let code = code.unwrap_or(CloseCode::NO_STATUS).0;
                self.entry(direction, Kind::Disconnected, Body::Text(reason), |draft| Draft {
                    code,
                    clean,
                    fact: Fact::new(what),
                    ..draft
                });
            }
        }
    }

    /// Neither direction is followed any more.
    fn lost(&mut self, why: &str) {
        self.note(Kind::Error, &format!("what passes from here on is not recorded: {why}"));
        if let Phase::Open { client, server, .. } = &mut self.phase {
            (*client, *server) = (None, None);
        }
        self.count();
    }

    fn give_up(&mut self, why: &str) {
        self.failed(&format!("what passes from here on is not recorded: {why}"));
    }

    /// A line without a message. The connection's own comes first if it is not there.
    fn note(&mut self, kind: Kind, text: &str) {
        if self.connection.opened.is_none() {
            jsonl::write_connection(&mut self.lines, &self.connection, &self.shared.privacy);
        }
        self.entry(Direction::Local, kind, Body::Text(text), |draft| draft);
    }

    fn entry(
        &mut self,
        direction: Direction,
        kind: Kind,
        body: Body<'_>,
        change: impl FnOnce(Draft<'_>) -> Draft<'_>,
    ) {
        let draft = Draft::new(now(), self.connection.id, direction, kind, body);
        let entry = change(draft).entry(self.file.next_entry());
        jsonl::write_entry(&mut self.lines, &entry, &self.shared.privacy);
    }

    /// Tells the others what this one holds.
    fn count(&mut self) {
        let held = match &self.phase {
            Phase::Open { client, server, .. } => {
                [client, server].into_iter().flatten().map(|observer| observer.held_bytes()).sum()
            }
            _ => 0,
        };
        self.shared.held.fetch_add(held, Ordering::Relaxed);
        self.shared.held.fetch_sub(self.held, Ordering::Relaxed);
        self.held = held;
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        self.shared.held.fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// The compression that two heads agree on.
fn agreed_compression(request: &HeaderMap, answer: &HeaderMap) -> Result<Option<Params>, String> {
    let list = |headers| Extension::parse_all(headers).map_err(|error| error.to_string());
    let offered = list(request)?;
    let offers = offered.iter().filter(|extension| extension.name == deflate::NAME);
    let offers: Vec<Offer> = offers.filter_map(|extension| Offer::parse(extension).ok()).collect();
    check_answer(&offers, &list(answer)?).map_err(|error| error.to_string())
}

/// What a head says beside what all of them do.
fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let told = headers.iter().filter(|(name, _)| !USUAL.contains(name));
    told.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn millis(from: Micros, to: Micros) -> u64 {
    u64::try_from(to.since(from) / 1000).unwrap_or(0)
}
