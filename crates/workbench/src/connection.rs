//! What is known of each connection, as data: where to, how, and when.

use crate::entry::{ConnectionId, EntryId};
use crate::time::Micros;

/// The subprotocol of a server that tells what passes on another connection: each message is one or more lines of the format
/// in [`crate::export::jsonl`].
pub const WATCH_PROTOCOL: &str = "heartwire.watch.v1";

/// A connection of a [`crate::store::Store`]: one socket, from the attempt to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connection {
    /// Its name in the store.
    pub id: ConnectionId,
    /// The address as it was written, placeholders included.
    pub address: String,
    /// Where that led, with all placeholders filled: it may hold secrets. Empty if it is the same as `address`.
    pub url: String,
    /// What carries it.
    pub transport: TransportKind,
    /// When the attempt began.
    pub began: Micros,
    /// When it opened, if it did.
    pub opened: Option<Micros>,
    /// When it ended, if it did.
    pub ended: Option<Micros>,
    /// Subprotocols that were offered, the preferred one first.
    pub offered: Vec<String>,
    /// The subprotocol the server chose; empty if none.
    pub protocol: String,
    /// The extensions the server agreed to, as its header names them; empty if none.
    pub extensions: String,
    /// Header fields of the request beside those of every handshake, in order. They may hold secrets.
    pub headers: Vec<(String, String)>,
    /// Header fields of the answer, in order; empty where the transport does not show them, as browsers do not.
    pub answer: Vec<(String, String)>,
    /// How it came about, where a relay told that.
    pub handshake: Option<Box<Handshake>>,
}

/// What a relay tells of a handshake, beside its headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The address that was connected to, the proxy's where there is one; empty where there was no connection.
    pub address: String,
    /// The status of the answer; 0 if there was none.
    pub status: u16,
    /// How long each step took.
    pub timings: Timings,
    /// What TLS agreed on, if there is any.
    pub tls: Option<TlsSeen>,
}

/// How long each step of connecting took, in microseconds; `None` for one that there was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name.
    pub name: Option<u64>,
    /// TCP.
    pub tcp: Option<u64>,
    /// The proxy's answer.
    pub proxy: Option<u64>,
    /// TLS.
    pub tls: Option<u64>,
    /// The WebSocket handshake.
    pub upgrade: Option<u64>,
}

/// What TLS agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsSeen {
    /// Such as `TLSv1_3`.
    pub version: String,
    /// Such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The server's certificates, its own first, each DER in base64.
    pub certificates: Vec<String>,
}

/// What carries a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransportKind {
    /// The browser's `WebSocket`.
    #[default]
    Browser,
    /// The browser's `WebSocketStream`, which has backpressure.
    Stream,
    /// A relay of our server, which adds headers, control frames and fragments.
    Relay,
    /// Somebody else's connection, only looked at.
    Watch,
}

/// The connections of a store, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    all: Vec<Kept>,
    last: ConnectionId,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    /// Where the log ended when its latest entry was appended, or when it began.
    until: EntryId,
}

impl Connection {
    /// Where it led: the address with all placeholders filled.
    #[must_use]
    pub fn target(&self) -> &str {
        if self.url.is_empty() { &self.address } else { &self.url }
    }
}

impl Timings {
    /// Each step with its stable word, in their order.
    #[must_use]
    pub fn steps(&self) -> [(&'static str, Option<u64>); 5] {
        let Timings { name, tcp, proxy, tls, upgrade } = *self;
        [("name", name), ("tcp", tcp), ("proxy", proxy), ("tls", tls), ("upgrade", upgrade)]
    }

    /// What [`Timings::steps`] gives.
    #[must_use]
    pub fn of(step: impl Fn(&str) -> Option<u64>) -> Timings {
        Timings {
            name: step("name"),
            tcp: step("tcp"),
            proxy: step("proxy"),
            tls: step("tls"),
            upgrade: step("upgrade"),
        }
    }
}

impl TransportKind {
    /// Every kind.
    pub const ALL: [TransportKind; 4] =
        [TransportKind::Browser, TransportKind::Stream, TransportKind::Relay, TransportKind::Watch];

    /// Its word in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            TransportKind::Browser => "browser",
            TransportKind::Stream => "stream",
            TransportKind::Relay => "relay",
            TransportKind::Watch => "watch",
        }
    }

    /// The kind by its word.
    #[must_use]
    pub fn named(word: &str) -> Option<TransportKind> {
        TransportKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Connections {
    pub(crate) fn add(&mut self, connection: Connection, end: EntryId) -> ConnectionId {
        self.last = ConnectionId(self.last.0.wrapping_add(1));
        let id = self.last;
        self.all.push(Kept { connection: Connection { id, ..connection }, until: end });
        id
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.find(id).map(|at| &self.all[at].connection)
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.find(id).map(|at| &mut self.all[at].connection)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.all.iter().map(|kept| &kept.connection)
    }

    /// An entry of this connection was appended.
    pub(crate) fn used(&mut self, id: ConnectionId, entry: EntryId) {
        // Nearly all entries belong to the newest.
        let newest = self.all.last().filter(|kept| kept.connection.id == id).map(|_| self.all.len() - 1);
        if let Some(at) = newest.or_else(|| self.find(id)) {
            self.all[at].until = entry;
        }
    }

    /// Entries before this one are gone, and with them connections that have no others. The newest stays: more may
    /// come.
    pub(crate) fn drop_before(&mut self, start: EntryId) {
        let newest = self.last;
        self.all.retain(|kept| kept.until >= start || kept.connection.id == newest);
    }

    fn find(&self, id: ConnectionId) -> Option<usize> {
        self.all.binary_search_by_key(&id, |kept| kept.connection.id).ok()
    }
}
