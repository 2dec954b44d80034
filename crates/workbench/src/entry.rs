//! One line of the log.

use crate::time::Micros;

/// Names an entry for the life of a [`crate::store::Store`]: a sequence number that is never used twice.
pub type EntryId = u64;

/// Names a connection (a tab of the page).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u32);

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the server.
    In,
    /// To the server.
    Out,
    /// Neither: something that happened here.
    Local,
}

/// What an entry reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text or binary message.
    Message,
    /// The connection opened; the body says to what.
    Connected,
    /// The connection ended; the code is the close code and the body the reason.
    Disconnected,
    /// Something failed; the body says what.
    Error,
    /// A remark of the page, such as a phase or an attempt.
    Note,
    /// A ping frame, where control frames are visible (through a relay).
    Ping,
    /// A pong frame.
    Pong,
}

/// What became of an outgoing message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Waiting for the connection to open.
    Queued,
    /// Handed to the socket.
    Sent,
    /// Handed to a socket that then dropped: it may have arrived or not.
    Unknown,
    /// Given up; it was never handed to a socket.
    Dropped,
}

/// The payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Text (opcode 1), or the words of an entry that is not a message.
    Text(&'a str),
    /// Binary (opcode 2).
    Binary(&'a [u8]),
}

/// An entry to append: fill what applies, for instance
/// `Draft { code: 1006, ..Draft::new(now, connection, Direction::In, Kind::Disconnected, Body::Text("")) }`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draft<'a> {
    /// When it happened.
    pub time: Micros,
    /// On which connection.
    pub connection: ConnectionId,
    /// Which way.
    pub direction: Direction,
    /// What.
    pub kind: Kind,
    /// The payload.
    pub body: Body<'a>,
    /// The close code of a [`Kind::Disconnected`]; 0 elsewhere.
    pub code: u16,
    /// Outgoing messages only.
    pub delivery: Option<Delivery>,
    /// A heartbeat or its answer.
    pub heartbeat: bool,
    /// [`Kind::Disconnected`]: the closing handshake completed.
    pub clean: bool,
}

impl<'a> Draft<'a> {
    /// An entry with the five things every entry has.
    #[must_use]
    pub fn new(
        time: Micros,
        connection: ConnectionId,
        direction: Direction,
        kind: Kind,
        body: Body<'a>,
    ) -> Self {
        Self {
            time,
            connection,
            direction,
            kind,
            body,
            code: 0,
            delivery: None,
            heartbeat: false,
            clean: false,
        }
    }

    /// A message from the server.
    #[must_use]
    pub fn received(time: Micros, connection: ConnectionId, body: Body<'a>) -> Self {
        Self::new(time, connection, Direction::In, Kind::Message, body)
    }

    /// A message to the server.
    #[must_use]
    pub fn sent(time: Micros, connection: ConnectionId, body: Body<'a>, delivery: Delivery) -> Self {
        Self { delivery: Some(delivery), ..Self::new(time, connection, Direction::Out, Kind::Message, body) }
    }

    /// Words of the page itself.
    #[must_use]
    pub fn local(time: Micros, connection: ConnectionId, kind: Kind, text: &'a str) -> Self {
        Self::new(time, connection, Direction::Local, kind, Body::Text(text))
    }
}

/// An entry of the store, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<'a> {
    /// Its name.
    pub id: EntryId,
    /// When it happened.
    pub time: Micros,
    /// On which connection.
    pub connection: ConnectionId,
    /// Which way.
    pub direction: Direction,
    /// What.
    pub kind: Kind,
    /// The payload.
    pub body: Body<'a>,
    /// The close code of a [`Kind::Disconnected`]; 0 elsewhere.
    pub code: u16,
    /// What became of it, if it is outgoing.
    pub delivery: Option<Delivery>,
    /// A heartbeat or its answer.
    pub heartbeat: bool,
    /// [`Kind::Disconnected`]: the closing handshake completed.
    pub clean: bool,
    /// The other half of a request and its response. It may have been dropped from the store since.
    pub pair: Option<EntryId>,
    /// On both halves: microseconds from the request to the response, at most 71 minutes.
    pub rtt_micros: Option<u32>,
}

impl<'a> Entry<'a> {
    /// Bytes of the payload.
    #[must_use]
    pub fn size(&self) -> usize {
        self.body.bytes().len()
    }

    /// The stable word for this sort of entry: `connected`, `sent`, `response`, `disconnected`, `error`,
    /// `note`, `ping` or `pong`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match (self.kind, self.direction) {
            (Kind::Message, Direction::Out) => "sent",
            (Kind::Message, _) => "response",
            (Kind::Connected, _) => "connected",
            (Kind::Disconnected, _) => "disconnected",
            (Kind::Error, _) => "error",
            (Kind::Note, _) => "note",
            (Kind::Ping, _) => "ping",
            (Kind::Pong, _) => "pong",
        }
    }

    /// The same as a draft, for appending elsewhere. The pairing is left out.
    #[must_use]
    pub fn draft(&self) -> Draft<'a> {
        Draft {
            time: self.time,
            connection: self.connection,
            direction: self.direction,
            kind: self.kind,
            body: self.body,
            code: self.code,
            delivery: self.delivery,
            heartbeat: self.heartbeat,
            clean: self.clean,
        }
    }
}

impl<'a> Body<'a> {
    /// The payload's bytes.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The payload, if it is text.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }
}
