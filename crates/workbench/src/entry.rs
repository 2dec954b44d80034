//! One line of the log.

use crate::time::Micros;

/// Names an entry for the life of a [`crate::store::Store`]: a sequence number that is never used twice.
pub type EntryId = u64;

/// Names a connection of a [`crate::store::Store`], see [`crate::connection::Connection`]: one socket, from the
/// attempt to its end. Numbers run from 1; 0 is before any connection.
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
    /// The connection opened; the body is its address.
    Connected,
    /// The connection ended; the code is the close code and the body the reason.
    Disconnected,
    /// Something failed.
    Error,
    /// A remark.
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

/// What brought a message about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The person, or the server by itself.
    #[default]
    Plain,
    /// The heartbeat. On a message from the server: it answers one.
    Heartbeat,
    /// It begins each connection.
    Opening,
    /// A rule that answers what comes in.
    Answer,
    /// A schedule.
    Repeat,
}

/// What an entry reports that is no message: data, from which the reader's language makes a sentence when it is
/// drawn. Together with the entry's kind, body and code that is all there is to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// What happened.
    pub what: What,
    /// A duration in milliseconds; which one, [`What`] says. 0 where it has none.
    pub millis: u64,
    /// A number; of what, [`What`] says. 0 where it has none.
    pub count: u64,
}

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum What {
    /// The body says it in words of its own, as entries from other programs' files do. Also every message.
    #[default]
    Said,
    /// [`Kind::Connected`]: it opened after `millis`, at attempt `count`. The body is the address.
    Opened,
    /// [`Kind::Disconnected`]: by the server. In this and the next seven `millis` is how long the connection was
    /// open, the body is the close reason.
    ClosedByServer,
    /// [`Kind::Disconnected`]: without a word.
    Lost,
    /// [`Kind::Disconnected`]: from here.
    ClosedHere,
    /// [`Kind::Disconnected`]: from here, and the server never confirmed.
    Unconfirmed,
    /// [`Kind::Disconnected`]: the heartbeat went unanswered.
    Unanswered,
    /// [`Kind::Disconnected`]: the page was left.
    PageLeft,
    /// [`Kind::Disconnected`]: a new connection took its place.
    Replaced,
    /// [`Kind::Disconnected`]: the transport failed.
    Broken,
    /// [`Kind::Error`]: it never opened. The body is the address.
    Unreachable,
    /// [`Kind::Error`]: it did not open in time. The body is the address.
    NoAnswer,
    /// [`Kind::Error`]: the browser did not try. The body is what it says about that.
    Refused,
    /// [`Kind::Error`]: the queue was full and gave up its oldest message.
    Overflow,
    /// [`Kind::Error`]: no answer to the heartbeat for `millis`; the connection goes on.
    Silent,
    /// [`Kind::Note`]: `count` messages were sent, and nothing shows whether they arrived.
    FateUnknown,
    /// [`Kind::Error`]: `count` things passed on a watched connection faster than its watcher could take them.
    Unseen,
    /// [`Kind::Error`]: the relay did not connect. The body is what it says about that.
    Unrelayed,
    /// [`Kind::Error`]: the relay did not do as it was told, or the target's connection broke. The body is what it says
    /// about that.
    RelaySays,
}

/// How a message went over the wire, where that is seen: on connections through a relay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// Bytes of all its frames, their headers included; 0 where that is not known.
    pub bytes: u64,
    /// It was compressed (RFC 7692).
    pub compressed: bool,
    /// How many frames it came in; at least 1.
    pub frames: u64,
    /// How many bytes of the payload were in each, for the first [`LISTED_FRAGMENTS`]; empty where it came in one.
    pub fragments: Vec<u32>,
}

/// Of a message in fragments, the length of so many is kept.
pub const LISTED_FRAGMENTS: usize = 1000;

/// The payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Text (opcode 1), or the words of an entry that is not a message.
    Text(&'a str),
    /// Binary (opcode 2).
    Binary(&'a [u8]),
}

/// An entry to append: fill what applies, for instance
/// `Draft { code: 1006, ..Draft::local(now, connection, Kind::Disconnected, "") }`.
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
    /// What brought it about.
    pub origin: Origin,
    /// [`Kind::Disconnected`]: the closing handshake completed.
    pub clean: bool,
    /// What it reports if it is no message.
    pub fact: Fact,
    /// How it went over the wire, where that is seen.
    pub wire: Option<&'a Wire>,
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
            origin: Origin::Plain,
            clean: false,
            fact: Fact::default(),
            wire: None,
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

    /// Something that happened here.
    #[must_use]
    pub fn local(time: Micros, connection: ConnectionId, kind: Kind, text: &'a str) -> Self {
        Self::new(time, connection, Direction::Local, kind, Body::Text(text))
    }

    /// The same as an entry of this name, for writing it down without a store. It has no other half.
    #[must_use]
    pub fn entry(self, id: EntryId) -> Entry<'a> {
        let Self { time, connection, direction, kind, body, code, delivery, origin, clean, fact, wire } =
            self;
        Entry {
            id,
            time,
            connection,
            direction,
            kind,
            body,
            code,
            delivery,
            origin,
            clean,
            fact,
            wire,
            pair: None,
            rtt_micros: None,
        }
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
    /// What brought it about.
    pub origin: Origin,
    /// [`Kind::Disconnected`]: the closing handshake completed.
    pub clean: bool,
    /// What it reports if it is no message.
    pub fact: Fact,
    /// How it went over the wire, where that is seen.
    pub wire: Option<&'a Wire>,
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

    /// Whether it is a heartbeat or the answer to one.
    #[must_use]
    pub fn is_heartbeat(&self) -> bool {
        self.origin == Origin::Heartbeat
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
            origin: self.origin,
            clean: self.clean,
            fact: self.fact,
            wire: self.wire,
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

impl Fact {
    /// Without a duration or a number.
    #[must_use]
    pub fn new(what: What) -> Self {
        Self { what, millis: 0, count: 0 }
    }
}

impl Wire {
    /// A message of so many bytes to a server in frames of `piece` bytes, uncompressed: each has a header (RFC 6455,
    /// section 5.2) with a mask.
    #[must_use]
    pub fn sent(len: u64, piece: Option<u64>) -> Self {
        let piece = piece.unwrap_or(len).max(1);
        let frames = len.div_ceil(piece).max(1);
        let last = len - (frames - 1) * piece;
        let header = |len: u64| {
            6 + if len > 65_535 {
                8
            } else if len > 125 {
                2
            } else {
                0
            }
        };
        let bytes = len + (frames - 1) * header(piece) + header(last);
        let listed = if frames > 1 { frames.min(LISTED_FRAGMENTS as u64) } else { 0 };
        let size = |number| if number + 1 == frames { last } else { piece };
        let fragments = (0..listed).map(|number| u32::try_from(size(number)).unwrap_or(u32::MAX)).collect();
        Self { bytes, compressed: false, frames, fragments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_client_are_counted_with_their_headers() {
        for (len, piece, bytes, fragments) in [
            (5, None, 11, &[][..]),
            (0, None, 6, &[]),
            (0, Some(4), 6, &[]),
            (126, None, 134, &[]),
            (65_536, None, 65_550, &[]),
            (11, Some(4), 11 + 18, &[4, 4, 3]),
            (8, Some(4), 8 + 12, &[4, 4]),
            (300, Some(200), 300 + 8 + 6, &[200, 100]),
            (3, Some(4), 9, &[]),
        ] {
            let wire = Wire::sent(len, piece);
            assert_eq!((wire.bytes, &wire.fragments[..]), (bytes, fragments), "{len} {piece:?}");
            assert_eq!(wire.frames, fragments.len().max(1) as u64);
        }
        let many = Wire::sent(5_000, Some(1));
        assert_eq!((many.frames, many.fragments.len()), (5_000, LISTED_FRAGMENTS));
    }
}
