//! What passes, as lines of the log format, from the client's point of view: `out` is what it sent. So the lines of a watched
//! connection, one after the other, are a recording that can be opened in the page and replayed.

use super::{Passed, Shown, Side};
use socket::wire::MessageKind;
use std::time::{SystemTime, UNIX_EPOCH};
use workbench::connection::{Connection, TransportKind};
use workbench::entry::{Body, ConnectionId, Direction, Draft, Entry, Fact, Kind, What};
use workbench::export::jsonl;
use workbench::secrets::Privacy;
use workbench::time::Micros;

const CONNECTION: ConnectionId = ConnectionId(1);

/// Writes the lines of one connection.
#[derive(Debug, Default)]
pub(super) struct Lines {
    last: u64,
    privacy: Privacy,
}

impl Lines {
    /// The file's first line and the connection's.
    pub(super) fn begin(&self, shown: &Shown, out: &mut String) {
        let now = micros(SystemTime::now());
        jsonl::write_header(out, now);
        let began = Micros(now.0.saturating_sub((shown.seconds * 1e6) as u64));
        let connection = Connection {
            id: CONNECTION,
            address: shown.about.path.to_string(),
            transport: TransportKind::Watch,
            began,
            opened: Some(began),
            protocol: shown.about.protocol.clone().unwrap_or_default(),
            ..Connection::default()
        };
        jsonl::write_connection(out, &connection, &self.privacy);
    }

    /// Something that passed.
    pub(super) fn passed(&mut self, at: SystemTime, passed: &Passed<'_>, out: &mut String) {
        let entry =
            |kind, direction, body| Draft::new(micros(at), CONNECTION, direction, kind, body).entry(0);
        let note;
        let entry = match passed {
            Passed::Message { from, kind, payload } => {
                entry(Kind::Message, direction(*from), body(*kind, payload))
            }
            Passed::Ping { from, payload } => entry(Kind::Ping, direction(*from), Body::Binary(payload)),
            Passed::Pong { from, payload, rtt } => Entry {
                rtt_micros: rtt.and_then(|rtt| u32::try_from(rtt.as_micros()).ok()),
                ..entry(Kind::Pong, direction(*from), Body::Binary(payload))
            },
            Passed::Close { from, code, reason } => {
                let side = match from {
                    Side::Client => "client",
                    Side::Server => "server",
                };
                note = match code {
                    Some(code) => format!("the {side} sent a Close: {} {reason}", code.0),
                    None => format!("the {side} sent a Close without a code"),
                };
                Entry {
                    code: code.map_or(0, |code| code.0),
                    ..entry(Kind::Note, direction(*from), Body::Text(note.trim_end()))
                }
            }
            Passed::Raw(bytes) => entry(Kind::Note, Direction::In, Body::Binary(bytes)),
            Passed::Ended { reason, code, clean } => Entry {
                code: code.map_or(0, |code| code.0),
                clean: *clean,
                ..entry(Kind::Disconnected, Direction::Local, Body::Text(reason))
            },
        };
        self.write(entry, out);
    }

    /// So many things passed here that nobody kept.
    pub(super) fn lost(&mut self, lost: u64, out: &mut String) {
        let fact = Fact { count: lost, ..Fact::new(What::Unseen) };
        let draft = Draft::local(micros(SystemTime::now()), CONNECTION, Kind::Error, "");
        self.write(Draft { fact, ..draft }.entry(0), out);
    }

    fn write(&mut self, entry: Entry<'_>, out: &mut String) {
        self.last += 1;
        jsonl::write_entry(out, &Entry { id: self.last, ..entry }, &self.privacy);
    }
}

fn direction(from: Side) -> Direction {
    match from {
        Side::Client => Direction::Out,
        Side::Server => Direction::In,
    }
}

fn body(kind: MessageKind, payload: &[u8]) -> Body<'_> {
    match kind {
        MessageKind::Text => std::str::from_utf8(payload).map_or(Body::Binary(payload), Body::Text),
        MessageKind::Binary => Body::Binary(payload),
    }
}

fn micros(at: SystemTime) -> Micros {
    Micros(u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros()).unwrap_or(u64::MAX))
}
