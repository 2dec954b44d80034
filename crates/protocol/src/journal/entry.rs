use serde::{Serialize, Serializer};
use workbench::entry::{Body, ConnectionId, Direction as Way, Draft, Entry as Line, Kind as LineKind};
use workbench::time::Micros;

use crate::fault::{Direction, Kind, Message};

/// As much of a payload is kept, in bytes.
const KEPT: usize = 16 << 10;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its number in the journal, from 1.
    pub seq: u64,
    /// When, in microseconds since 1970.
    pub at_us: u64,
    /// On which connection, as the server numbers them.
    pub connection: u64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A request for a WebSocket came.
    Handshake {
        /// The endpoint.
        path: String,
        /// Who asks.
        peer: String,
        /// Of the label's connections this is the so-manieth, from 1.
        number: u64,
        /// The faults that it gets, as a query.
        faults: String,
        /// Where chance comes from.
        seed: u64,
        /// Parameters that are not ours.
        others: Vec<String>,
    },
    /// It was not answered with a 101.
    Refused {
        /// What happened instead: a status, `hang` or `reset`.
        with: String,
    },
    /// The connection is open.
    Open,
    /// A message came or was sent.
    Message {
        /// Which way.
        direction: Direction,
        /// Its number in that direction, from 1.
        number: u64,
        /// What was done to it.
        effects: Vec<&'static str>,
        /// What it carried.
        #[serde(flatten)]
        payload: Payload,
    },
    /// A message was dropped.
    Dropped {
        /// Which way it was going.
        direction: Direction,
        /// Its number in that direction, from 1.
        number: u64,
    },
    /// A Ping came or was sent.
    Ping {
        /// Which way.
        direction: Direction,
        /// Bytes of payload.
        size: usize,
    },
    /// A Pong came or was sent.
    Pong {
        /// Which way.
        direction: Direction,
        /// Bytes of payload.
        size: usize,
    },
    /// A Close came or was sent.
    Close {
        /// Which way.
        direction: Direction,
        /// Its code, if it had one.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// A rule was broken on purpose.
    Violation {
        /// Which.
        name: String,
    },
    /// The client said something else than in the recording that is played back to it.
    Mismatch {
        /// Of the client's messages it is the so-manieth.
        number: u64,
        /// What the difference is.
        difference: String,
    },
    /// A message was held by a breakpoint, or is not held any more.
    Hold {
        /// Which way it goes.
        direction: Direction,
        /// Its name among those that are held.
        id: u64,
        /// The number of the breakpoint.
        breakpoint: u64,
        /// Bytes of payload.
        size: usize,
        /// What became of it, by [`Fate::as_str`](crate::hold::Fate::as_str).
        fate: &'static str,
    },
    /// Somebody steered the connection.
    Steered {
        /// How.
        command: String,
    },
    /// The connection ended.
    Ended {
        /// Why, as the log has it.
        reason: String,
        /// More about it.
        detail: String,
        /// Whether both ends sent a Close.
        clean: bool,
        /// The code that came, if one did, or else the one that was sent.
        code: Option<u16>,
        /// Messages from the client.
        messages_in: u64,
        /// Messages to the client.
        messages_out: u64,
    },
}

/// A message, or as much of one as is kept: 16 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payload {
    /// Bytes of the whole.
    pub size: usize,
    /// Whether there was more than this.
    pub cut: bool,
    /// Of a text, its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of a binary message, its beginning, in hex.
    #[serde(rename = "hex", serialize_with = "as_hex", skip_serializing_if = "Option::is_none")]
    pub binary: Option<Vec<u8>>,
}

impl Event {
    /// Every event's name.
    pub const NAMES: [&'static str; 13] = [
        "handshake",
        "refused",
        "open",
        "message",
        "dropped",
        "ping",
        "pong",
        "close",
        "violation",
        "mismatch",
        "hold",
        "steered",
        "ended",
    ];

    /// A message, as much of it as is kept.
    #[must_use]
    pub fn message(
        direction: Direction,
        message: &Message,
        number: u64,
        effects: Vec<&'static str>,
    ) -> Event {
        Event::Message { direction, number, effects, payload: Payload::of(message) }
    }

    /// The same without the words of a text message, of which the size is left: they may hold secrets.
    #[must_use]
    pub fn without_text(mut self) -> Event {
        if let Event::Message { payload: Payload { text: Some(text), cut, .. }, .. } = &mut self {
            *cut |= !text.is_empty();
            text.clear();
        }
        self
    }

    /// Its name, as it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Event::Handshake { .. } => "handshake",
            Event::Refused { .. } => "refused",
            Event::Open => "open",
            Event::Message { .. } => "message",
            Event::Dropped { .. } => "dropped",
            Event::Ping { .. } => "ping",
            Event::Pong { .. } => "pong",
            Event::Close { .. } => "close",
            Event::Violation { .. } => "violation",
            Event::Mismatch { .. } => "mismatch",
            Event::Hold { .. } => "hold",
            Event::Steered { .. } => "steered",
            Event::Ended { .. } => "ended",
        }
    }

    /// Bytes that it holds beside itself.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Event::Handshake { path, peer, faults, others, .. } => {
                path.len() + peer.len() + faults.len() + others.iter().map(String::len).sum::<usize>()
            }
            Event::Message { payload, .. } => {
                payload.text.as_ref().map_or(0, String::len) + payload.binary.as_ref().map_or(0, Vec::len)
            }
            Event::Close { reason: text, .. }
            | Event::Violation { name: text }
            | Event::Refused { with: text }
            | Event::Mismatch { difference: text, .. }
            | Event::Steered { command: text } => text.len(),
            Event::Ended { reason, detail, .. } => reason.len() + detail.len(),
            Event::Open
            | Event::Dropped { .. }
            | Event::Ping { .. }
            | Event::Pong { .. }
            | Event::Hold { .. } => 0,
        }
    }
}

impl Entry {
    /// The entry as the page's filters see it: an `open` is CONNECTED, an `ended` DISCONNECTED; what the page does not have is
    /// a note that begins with the event's name.
    pub(super) fn with_line<R>(&self, f: impl FnOnce(&Line<'_>) -> R) -> R {
        let way = |direction: &Direction| match direction {
            Direction::In => Way::In,
            Direction::Out => Way::Out,
        };
        let note = |text: String, direction: Way| (LineKind::Note, direction, Some(text));
        let (kind, direction, text) = match &self.event {
            Event::Open => (LineKind::Connected, Way::Local, None),
            Event::Message { direction, .. } => (LineKind::Message, way(direction), None),
            Event::Ping { direction, .. } => (LineKind::Ping, way(direction), None),
            Event::Pong { direction, .. } => (LineKind::Pong, way(direction), None),
            Event::Ended { reason, detail, .. } => {
                (LineKind::Disconnected, Way::Local, Some(format!("{reason} {detail}")))
            }
            Event::Close { direction, reason, .. } => note(format!("close {reason}"), way(direction)),
            Event::Dropped { direction, number } => note(format!("dropped {number}"), way(direction)),
            Event::Handshake { path, peer, faults, .. } => {
                note(format!("handshake {path} {peer} {faults}"), Way::Local)
            }
            Event::Refused { with } => note(format!("refused {with}"), Way::Local),
            Event::Violation { name } => note(format!("violation {name}"), Way::Out),
            Event::Mismatch { difference, .. } => note(format!("mismatch {difference}"), Way::In),
            Event::Hold { direction, id, fate, .. } => note(format!("hold {id} {fate}"), way(direction)),
            Event::Steered { command } => note(format!("steered {command}"), Way::Local),
        };
        let body = match &self.event {
            Event::Message { payload: Payload { binary: Some(bytes), .. }, .. } => Body::Binary(bytes),
            Event::Message { payload: Payload { text: Some(text), .. }, .. } => Body::Text(text),
            _ => Body::Text(text.as_deref().unwrap_or_default()),
        };
        let (code, clean) = match self.event {
            Event::Ended { code, clean, .. } => (code.unwrap_or(0), clean),
            Event::Close { code, .. } => (code.unwrap_or(0), false),
            _ => (0, false),
        };
        let connection = ConnectionId(u32::try_from(self.connection).unwrap_or(u32::MAX));
        let draft = Draft::new(Micros(self.at_us), connection, direction, kind, body);
        f(&Draft { code, clean, ..draft }.entry(self.seq))
    }
}

impl Payload {
    /// As much of a message as is kept.
    #[must_use]
    pub fn of(message: &Message) -> Payload {
        Payload::up_to(message, KEPT)
    }

    /// The whole of a message.
    #[must_use]
    pub fn whole(message: &Message) -> Payload {
        Payload::up_to(message, usize::MAX)
    }

    fn up_to(message: &Message, most: usize) -> Payload {
        let (size, kept) = (message.payload.len(), &message.payload[..message.payload.len().min(most)]);
        let (text, binary) = match message.kind {
            Kind::Text => {
                // Cut within a character, it ends before that.
                let whole = match std::str::from_utf8(kept) {
                    Ok(text) => text,
                    Err(error) => std::str::from_utf8(&kept[..error.valid_up_to()]).unwrap_or_default(),
                };
                (Some(whole.to_owned()), None)
            }
            Kind::Binary => (None, Some(kept.to_vec())),
        };
        Payload { size, cut: size > most, text, binary }
    }
}

fn as_hex<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in bytes.iter().flatten() {
        // A string takes everything.
        let _ = write!(hex, "{byte:02x}");
    }
    serializer.serialize_str(&hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_cut_at_a_character() {
        let text = "é".repeat(KEPT);
        let payload = Payload::of(&Message::text(format!("x{text}")));
        assert!(payload.cut);
        assert_eq!((payload.size, payload.text.unwrap().len()), (2 * KEPT + 1, KEPT - 1));
    }

    #[test]
    fn entries_are_written_flat() {
        let message = Event::message(Direction::In, &Message::binary([1, 0xab]), 3, vec!["delayed"]);
        let entry = Entry { seq: 7, at_us: 5, connection: 2, event: message };
        assert_eq!(
            serde_json::to_string(&entry).unwrap(),
            r#"{"seq":7,"at_us":5,"connection":2,"event":"message","direction":"in","number":3,"effects":["delayed"],"size":2,"cut":false,"hex":"01ab"}"#
        );
    }
}
