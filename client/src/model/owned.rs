//! An entry of the log on its own, cheap to clone and compare.

use std::rc::Rc;

use link::Message;
use workbench::entry::{Body, ConnectionId, Delivery, Direction, Entry, EntryId, Fact, Kind, Origin, Wire};
use workbench::time::Micros;

use super::log::words;
use crate::texts::log::Log as LogTexts;
use crate::texts::texts;

/// The content of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedBody {
    /// Text, or a description of what happened.
    Text(Rc<str>),
    /// The bytes of a binary message.
    Binary(Rc<[u8]>),
}

/// An entry that outlives its store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedEntry {
    /// Its name.
    pub id: EntryId,
    /// When it happened.
    pub time: Micros,
    /// Which way.
    pub direction: Direction,
    /// What.
    pub kind: Kind,
    /// The payload.
    pub body: OwnedBody,
    /// The close code of a disconnection; 0 elsewhere.
    pub code: u16,
    /// What became of it, if it is outgoing.
    pub delivery: Option<Delivery>,
    /// What brought it about.
    pub origin: Origin,
    /// What it reports if it is no message.
    pub fact: Fact,
    /// On which connection.
    pub connection: ConnectionId,
    /// How it went over the wire, where that is seen.
    pub wire: Option<Rc<Wire>>,
    /// The other half of a request and its response.
    pub pair: Option<EntryId>,
    /// From the request to the response, in microseconds.
    pub rtt_micros: Option<u32>,
}

impl OwnedEntry {
    /// A copy of an entry.
    pub fn new(entry: &Entry<'_>) -> OwnedEntry {
        OwnedEntry {
            id: entry.id,
            time: entry.time,
            direction: entry.direction,
            kind: entry.kind,
            body: match entry.body {
                Body::Text(text) => OwnedBody::Text(text.into()),
                Body::Binary(bytes) => OwnedBody::Binary(bytes.into()),
            },
            code: entry.code,
            delivery: entry.delivery,
            origin: entry.origin,
            fact: entry.fact,
            connection: entry.connection,
            wire: entry.wire.map(|wire| Rc::new(wire.clone())),
            pair: entry.pair,
            rtt_micros: entry.rtt_micros,
        }
    }

    /// Whether it is still what the store has; payloads never change.
    pub fn is_current(&self, entry: &Entry<'_>) -> bool {
        self.id == entry.id
            && self.delivery == entry.delivery
            && self.rtt_micros == entry.rtt_micros
            && self.wire.as_deref() == entry.wire
    }

    /// What the detail pane shows: the payload, or in the language of the page what is reported.
    pub fn shown(&self) -> OwnedBody {
        let body = self.body.text().map_or("", |text| text);
        match words::sentence(self.fact, self.code, body, &texts().common) {
            Some(sentence) => OwnedBody::Text(sentence.into()),
            None => self.body.clone(),
        }
    }

    /// The payload as something to send.
    pub fn message(&self) -> Message {
        match &self.body {
            OwnedBody::Text(text) => Message::Text(text.to_string()),
            OwnedBody::Binary(bytes) => Message::Binary(bytes.to_vec()),
        }
    }

    /// A stable word for attributes and style sheets.
    pub fn slug(&self) -> &'static str {
        slug(self.kind, self.direction)
    }

    /// The word at the start of the line.
    pub fn label(&self, t: &LogTexts) -> &'static str {
        label(self.kind, self.direction, self.delivery, t)
    }
}

impl OwnedBody {
    /// The payload's bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            OwnedBody::Text(text) => text.as_bytes(),
            OwnedBody::Binary(bytes) => bytes,
        }
    }

    /// The payload, if it is text.
    pub fn text(&self) -> Option<&Rc<str>> {
        match self {
            OwnedBody::Text(text) => Some(text),
            OwnedBody::Binary(_) => None,
        }
    }
}

/// A stable word for attributes and style sheets.
pub fn slug(kind: Kind, direction: Direction) -> &'static str {
    match (kind, direction) {
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

/// The word at the start of a line.
pub fn label(kind: Kind, direction: Direction, delivery: Option<Delivery>, t: &LogTexts) -> &'static str {
    match (kind, direction, delivery) {
        (Kind::Message, Direction::Out, Some(Delivery::Queued)) => t.label_queued,
        (Kind::Message, Direction::Out, Some(Delivery::Unknown)) => t.label_unknown,
        (Kind::Message, Direction::Out, Some(Delivery::Dropped)) => t.label_dropped,
        (Kind::Message, Direction::Out, _) => t.label_sent,
        (Kind::Message, ..) => t.label_response,
        (Kind::Connected, ..) => t.label_connected,
        (Kind::Disconnected, ..) => t.label_disconnected,
        (Kind::Error, ..) => t.label_error,
        (Kind::Note, ..) => t.label_note,
        (Kind::Ping, Direction::Out, _) => t.label_ping_out,
        (Kind::Ping, ..) => t.label_ping,
        (Kind::Pong, Direction::Out, _) => t.label_pong_out,
        (Kind::Pong, ..) => t.label_pong,
    }
}

/// A word for attributes and style sheets.
pub fn delivery_slug(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Unknown => "unknown",
        Delivery::Dropped => "lost",
    }
}

/// What became of a message, in a sentence, unless it goes without saying.
pub fn delivery_sentence(delivery: Delivery, t: &LogTexts) -> Option<&'static str> {
    match delivery {
        Delivery::Queued => Some(t.delivery_queued),
        Delivery::Sent => None,
        Delivery::Unknown => Some(t.delivery_unknown),
        Delivery::Dropped => Some(t.delivery_dropped),
    }
}
