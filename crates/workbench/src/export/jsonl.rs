//! Heartwire's own log format, version 2: JSON Lines, UTF-8, `\n` after every line.
//!
//! The first line is `{"heartwire":"log","version":2,"created":"2024-05-01T12:00:00.000Z"}`. The lines after it are
//! of three sorts. Times are milliseconds since the Unix epoch with microseconds as decimals; members marked with *
//! are left out where they do not apply.
//!
//! **A connection**, before the first entry that belongs to it. A later line with the same number takes its place.
//!
//! | member | value |
//! |---|---|
//! | `connection` | its number in this file |
//! | `address` | as it was written, placeholders included |
//! | `url`* | where that led, with placeholders filled; only where secrets are wanted |
//! | `transport`* | `stream`, `relay` or `watch`; none: the browser's WebSocket |
//! | `began`, `opened`*, `ended`* | times |
//! | `offered`* | list of subprotocols |
//! | `protocol`*, `extensions`* | what the server chose |
//! | `headers`*, `answer`* | lists of `[name, value]`: header fields of the request and of the answer |
//! | `handshake`* | what a relay tells of it: `address` that was connected to, `status`, `timings` of `name`, `tcp`, `proxy`, `tls` and `upgrade` in milliseconds, `tls` with `version`, `cipher` and `certificates`, DER in base64, the server's own first |
//!
//! **An entry:**
//!
//! | member | value |
//! |---|---|
//! | `id` | its number in this file; ascending, gaps allowed |
//! | `time` | when |
//! | `conn` | its connection's number; 0 for none |
//! | `dir` | `in`, `out`, `local` |
//! | `kind` | `message`, `connected`, `disconnected`, `error`, `note`, `ping`, `pong` |
//! | `what`* | what happened, where the entry is no message: [`crate::entry::What`] in words |
//! | `ms`*, `n`* | the duration and the number that belong to it |
//! | `data` or `base64` | the payload: text, or binary in base64 |
//! | `code`* | close code |
//! | `clean`* | `true` if the closing handshake completed |
//! | `delivery`* | `queued`, `sent`, `unknown`, `dropped` |
//! | `origin`* | `heartbeat`, `opening`, `answer`, `repeat` |
//! | `pair`* | `id` of the other half of a request and its response |
//! | `wire`* | bytes of all its frames, headers included |
//! | `compressed`* | `true` if it was |
//! | `frames`*, `fragments`* | where it went in several frames: how many, and how many bytes of the payload were in each, for the first thousand |
//! | `rtt`* | milliseconds between the two; for other readers, not read back |
//!
//! **A change** of an entry above it: `{"update":5,"conn":2,"delivery":"sent","pair":7}`, or with what is known of its frames. Only a journal, which is
//! written while the log grows, holds such lines.
//!
//! Readers ignore members and empty lines they do not know. Version 1, which is still read, has `heartbeat: true`
//! in place of `origin`, sentences in place of `what`, and its connections in the first line.

use std::fmt::Write as _;

use super::{Privacy, push_millis, push_number};
use crate::bytes::to_base64_into;
use crate::connection::{Connection, Handshake, TlsSeen, TransportKind};
use crate::entry::{Body, ConnectionId, Entry, EntryId, Origin, What, Wire};
use crate::json::{quote, quote_into};
use crate::store::Store;
use crate::time::Micros;
use crate::words::Word;

/// The version that is written; newer ones are refused when read.
pub const VERSION: u64 = 2;

/// What the line of a connection begins with.
pub const CONNECTION: &str = "{\"connection\":";

/// Appends the first line.
pub fn write_header(out: &mut String, created: Micros) {
    let created = created.iso();
    let _ = writeln!(out, "{{\"heartwire\":\"log\",\"version\":{VERSION},\"created\":\"{created}\"}}");
}

/// Appends the line of a connection.
pub fn write_connection(out: &mut String, connection: &Connection, privacy: &Privacy) {
    let _ = write!(out, "{CONNECTION}{},\"address\":", connection.id.0);
    quote_into(out, &privacy.address(connection));
    let url = privacy.url(connection);
    word(out, "url", url);
    if connection.transport != TransportKind::Browser {
        word(out, "transport", connection.transport.word());
    }
    time(out, "began", connection.began);
    for (name, at) in [("opened", connection.opened), ("ended", connection.ended)] {
        if let Some(at) = at {
            time(out, name, at);
        }
    }
    if !connection.offered.is_empty() {
        out.push_str(",\"offered\":[");
        for (i, name) in connection.offered.iter().enumerate() {
            out.push_str(if i > 0 { "," } else { "" });
            quote_into(out, &privacy.text(name));
        }
        out.push(']');
    }
    word(out, "protocol", &privacy.text(&connection.protocol));
    word(out, "extensions", &connection.extensions);
    for (member, fields) in [("headers", &connection.headers), ("answer", &connection.answer)] {
        if fields.is_empty() {
            continue;
        }
        let _ = write!(out, ",\"{member}\":[");
        for (i, (name, value)) in fields.iter().enumerate() {
            out.push_str(if i > 0 { ",[" } else { "[" });
            quote_into(out, name);
            out.push(',');
            quote_into(out, &privacy.header(name, value));
            out.push(']');
        }
        out.push(']');
    }
    if let Some(handshake) = &connection.handshake {
        out.push_str(",\"handshake\":");
        write_handshake(out, handshake);
    }
    out.push_str("}\n");
}

/// Appends what a relay tells of a handshake, as an object.
pub(super) fn write_handshake(out: &mut String, handshake: &Handshake) {
    let Handshake { address, status, timings, tls } = handshake;
    let _ = write!(out, "{{\"status\":{status}");
    word(out, "address", address);
    out.push_str(",\"timings\":{");
    let mut comma = "";
    for (name, micros) in timings.steps() {
        if let Some(micros) = micros {
            let _ = write!(out, "{comma}\"{name}\":");
            push_millis(out, Micros(micros));
            comma = ",";
        }
    }
    out.push('}');
    if let Some(TlsSeen { version, cipher, certificates }) = tls {
        out.push_str(",\"tls\":{\"version\":");
        quote_into(out, version);
        word(out, "cipher", cipher);
        let certificates = certificates.iter().map(|der| quote(der)).collect::<Vec<_>>().join(",");
        let _ = write!(out, ",\"certificates\":[{certificates}]}}");
    }
    out.push('}');
}

/// Appends what is known of an entry's frames, where something is: members whose names begin with `mark`.
pub(super) fn write_wire(out: &mut String, mark: &str, wire: Option<&Wire>) {
    let Some(Wire { bytes, compressed, frames, fragments }) = wire else { return };
    let _ = write!(out, ",\"{mark}wire\":{bytes}");
    if *compressed {
        let _ = write!(out, ",\"{mark}compressed\":true");
    }
    if *frames > 1 {
        let fragments = fragments.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let _ = write!(out, ",\"{mark}frames\":{frames},\"{mark}fragments\":[{fragments}]");
    }
}

/// Appends the line of an entry.
pub fn write_entry(out: &mut String, entry: &Entry<'_>, privacy: &Privacy) {
    out.push_str("{\"id\":");
    push_number(out, entry.id);
    out.push_str(",\"time\":");
    push_millis(out, entry.time);
    number(out, "conn", entry.connection.0.into());
    word(out, "dir", entry.direction.word());
    word(out, "kind", entry.kind.word());
    let fact = entry.fact;
    if fact.what != What::Said {
        word(out, "what", fact.what.word());
    }
    for (name, value) in [("ms", fact.millis), ("n", fact.count), ("code", entry.code.into())] {
        if value != 0 {
            number(out, name, value);
        }
    }
    match entry.body {
        Body::Text(text) => {
            out.push_str(",\"data\":");
            quote_into(out, &privacy.body(fact.what, text));
        }
        Body::Binary(bytes) => {
            out.push_str(",\"base64\":\"");
            to_base64_into(out, &privacy.bytes(bytes));
            out.push('"');
        }
    }
    if entry.clean {
        out.push_str(",\"clean\":true");
    }
    if let Some(delivery) = entry.delivery {
        word(out, "delivery", delivery.word());
    }
    if entry.origin != Origin::Plain {
        word(out, "origin", entry.origin.word());
    }
    write_wire(out, "", entry.wire);
    if let Some(pair) = entry.pair {
        number(out, "pair", pair);
    }
    if let Some(rtt) = entry.rtt_micros {
        time(out, "rtt", Micros(rtt.into()));
    }
    out.push_str("}\n");
}

/// A member with a text, unless that is empty.
fn word(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        member(out, name);
        quote_into(out, value);
    }
}

fn number(out: &mut String, name: &str, value: u64) {
    member(out, name);
    push_number(out, value);
}

fn time(out: &mut String, name: &str, at: Micros) {
    member(out, name);
    push_millis(out, at);
}

/// What stands in front of a member's value; names are plain words.
fn member(out: &mut String, name: &str) {
    for part in [",\"", name, "\":"] {
        out.push_str(part);
    }
}

/// The connections that a file has met, by their ids.
#[derive(Debug, Default)]
pub(super) struct Mentioned(Vec<Span>);

/// A connection, and the rows between which its entries stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) id: ConnectionId,
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Mentioned {
    /// Notes the connection of a row; says whether it was not there before.
    pub(super) fn is_new(&mut self, id: ConnectionId, row: usize) -> bool {
        match self.0.binary_search_by_key(&id, |span| span.id) {
            Ok(at) => self.0[at].last = row,
            Err(at) => {
                self.0.insert(at, Span { id, first: row, last: row });
                return true;
            }
        }
        false
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, number: usize) -> Option<Span> {
        self.0.get(number).copied()
    }

    /// Appends the line of an entry's connection unless there is one.
    pub(super) fn mention(&mut self, out: &mut String, entry: &Entry<'_>, store: &Store, privacy: &Privacy) {
        if self.is_new(entry.connection, 0)
            && let Some(connection) = store.connection(entry.connection)
        {
            write_connection(out, connection, privacy);
        }
    }
}

/// A log written while it grows, so that a crash loses only what was not yet taken. It stays on the person's
/// machine: secrets are kept.
#[derive(Debug, Default)]
pub struct Journal {
    next: EntryId,
    changed: Vec<EntryId>,
}

impl Journal {
    /// A journal of the entries from `first` on. Write a header before its first piece.
    #[must_use]
    pub fn new(first: EntryId) -> Self {
        Self { next: first, changed: Vec::new() }
    }

    /// An entry changed after it was appended: its delivery, its connection or its pair.
    pub fn changed(&mut self, id: EntryId) {
        // Several changes of one entry between two pieces need one line.
        if id < self.next && self.changed.last() != Some(&id) {
            self.changed.push(id);
        }
    }

    /// The lines for what is new, about `max_bytes` at most, or `None` if nothing is. Call again until `None`.
    ///
    /// Each piece begins with the connections its entries belong to, so that those are still known when the pieces
    /// before it are given up.
    pub fn take(&mut self, store: &Store, max_bytes: usize) -> Option<String> {
        let mut out = String::new();
        let (mut mentioned, all) = (Mentioned::default(), Privacy::default());
        for id in self.changed.drain(..) {
            let Some(entry) = store.get(id) else { continue };
            mentioned.mention(&mut out, &entry, store, &all);
            let _ = write!(out, "{{\"update\":{id},\"conn\":{}", entry.connection.0);
            if let Some(delivery) = entry.delivery {
                word(&mut out, "delivery", delivery.word());
            }
            write_wire(&mut out, "", entry.wire);
            if let Some(pair) = entry.pair {
                let _ = write!(out, ",\"pair\":{pair}");
            }
            out.push_str("}\n");
        }
        for entry in store.range(self.next..EntryId::MAX) {
            if out.len() >= max_bytes {
                break;
            }
            mentioned.mention(&mut out, &entry, store, &all);
            write_entry(&mut out, &entry, &all);
            self.next = entry.id + 1;
        }
        (!out.is_empty()).then_some(out)
    }
}
