//! Heartwire's own log format, version 1: JSON Lines, UTF-8, `\n` after every line.
//!
//! The first line is `{"heartwire":"log","version":1,"created":"2024-05-01T12:00:00.000Z",
//! "connections":[{"id":1,"url":"wss://…"}]}`. Each further line is one entry with these members; those marked
//! with * are left out where they do not apply:
//!
//! | member | value |
//! |---|---|
//! | `id` | its number in this file; ascending, gaps allowed |
//! | `time` | milliseconds since the Unix epoch, microseconds as decimals |
//! | `conn` | the connection's number |
//! | `dir` | `in`, `out`, `local` |
//! | `kind` | `message`, `connected`, `disconnected`, `error`, `note`, `ping`, `pong` |
//! | `data` or `base64` | the payload: text, or binary in base64 |
//! | `code`* | close code |
//! | `clean`* | `true` if the closing handshake completed |
//! | `delivery`* | `queued`, `sent`, `unknown`, `dropped` |
//! | `heartbeat`* | `true` for heartbeats and their answers |
//! | `pair`* | `id` of the other half of a request and its response |
//! | `rtt`* | milliseconds between the two; for other readers, not read back |
//!
//! A line `{"update":5,"delivery":"sent"}` changes an entry above it; only a journal, which is written while the
//! log grows, holds such lines. Readers ignore members and empty lines they do not know.

use std::fmt::Write as _;

use super::{ConnectionInfo, delivery_word, direction_word, kind_word, push_millis};
use crate::bytes::to_base64_into;
use crate::entry::{Body, Entry, EntryId};
use crate::json::quote_into;
use crate::store::Store;
use crate::time::Micros;

/// The version that is written; newer ones are refused when read.
pub const VERSION: u64 = 1;

/// Appends the first line.
pub fn write_header(out: &mut String, created: Micros, connections: &[ConnectionInfo]) {
    let _ = write!(
        out,
        "{{\"heartwire\":\"log\",\"version\":{VERSION},\"created\":\"{}\",\"connections\":[",
        created.iso()
    );
    for (i, connection) in connections.iter().enumerate() {
        let _ = write!(out, "{}{{\"id\":{},\"url\":", if i > 0 { "," } else { "" }, connection.id.0);
        quote_into(out, &connection.url);
        out.push('}');
    }
    out.push_str("]}\n");
}

/// Appends the line of an entry.
pub fn write_entry(out: &mut String, entry: &Entry<'_>) {
    let _ = write!(out, "{{\"id\":{},\"time\":", entry.id);
    push_millis(out, entry.time);
    let (dir, kind) = (direction_word(entry.direction), kind_word(entry.kind));
    let _ = write!(out, ",\"conn\":{},\"dir\":\"{dir}\",\"kind\":\"{kind}\"", entry.connection.0);
    match entry.body {
        Body::Text(text) => {
            out.push_str(",\"data\":");
            quote_into(out, text);
        }
        Body::Binary(bytes) => {
            out.push_str(",\"base64\":\"");
            to_base64_into(out, bytes);
            out.push('"');
        }
    }
    if entry.code != 0 {
        let _ = write!(out, ",\"code\":{}", entry.code);
    }
    if entry.clean {
        out.push_str(",\"clean\":true");
    }
    if let Some(delivery) = entry.delivery {
        let _ = write!(out, ",\"delivery\":\"{}\"", delivery_word(delivery));
    }
    if entry.heartbeat {
        out.push_str(",\"heartbeat\":true");
    }
    if let Some(pair) = entry.pair {
        let _ = write!(out, ",\"pair\":{pair}");
    }
    if let Some(rtt) = entry.rtt_micros {
        out.push_str(",\"rtt\":");
        push_millis(out, Micros(rtt.into()));
    }
    out.push_str("}\n");
}

/// A log written while it grows, so that a crash loses only what was not yet taken.
#[derive(Debug, Default)]
pub struct Journal {
    next: EntryId,
    updates: Vec<EntryId>,
}

impl Journal {
    /// A journal of the entries from `first` on. Write a header before its first piece.
    #[must_use]
    pub fn new(first: EntryId) -> Self {
        Self { next: first, updates: Vec::new() }
    }

    /// The delivery of an entry changed.
    pub fn delivery_changed(&mut self, id: EntryId) {
        if id < self.next {
            self.updates.push(id);
        }
    }

    /// The lines for what is new, about `max_bytes` at most, or `None` if nothing is. Call again until `None`.
    pub fn take(&mut self, store: &Store, max_bytes: usize) -> Option<String> {
        let mut out = String::new();
        for id in self.updates.drain(..) {
            if let Some(delivery) = store.get(id).and_then(|entry| entry.delivery) {
                let _ = writeln!(out, "{{\"update\":{id},\"delivery\":\"{}\"}}", delivery_word(delivery));
            }
        }
        for entry in store.range(self.next..EntryId::MAX) {
            if out.len() >= max_bytes {
                break;
            }
            write_entry(&mut out, &entry);
            self.next = entry.id + 1;
        }
        (!out.is_empty()).then_some(out)
    }
}
