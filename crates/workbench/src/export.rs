//! The log as a file, written in chunks.
//!
//! | format | keeps | for |
//! |---|---|---|
//! | JSON Lines | everything | reading back here, `jq` |
//! | CSV (RFC 4180, UTF-8, header row) | everything | spreadsheets |
//! | HAR 1.2 with `_webSocketMessages` | messages, pings, pongs and errors by connection | Chromium's DevTools |
//!
//! An [`Export`] works on a [`Snapshot`] of the rows; what the store drops meanwhile is missing from the file
//! and counted. CSV holds data exactly as it was: a spreadsheet may take text that begins with `=` for a formula.

mod csv;
mod har;
pub mod jsonl;

use crate::entry::{ConnectionId, Delivery, Direction, Entry, Kind};
use crate::rows::Snapshot;
use crate::small_map::SmallMap;
use crate::store::Store;
use crate::time::Micros;

pub(crate) use csv::COLUMNS;

/// Entries looked at per chunk even if few of them are written.
const ENTRIES_PER_CHUNK: usize = 10_000;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Our own, see [`jsonl`].
    JsonLines,
    /// Comma-separated values.
    Csv,
    /// HTTP Archive as Chromium writes it.
    Har,
}

/// What a file says about a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionInfo {
    /// Its id in the store.
    pub id: ConnectionId,
    /// Its URL. Leave secrets out: the file may be passed on.
    pub url: String,
}

/// A file being written.
#[derive(Debug)]
pub struct Export {
    format: FileFormat,
    rows: Snapshot,
    connections: Vec<ConnectionInfo>,
    created: Micros,
    at: usize,
    stage: Stage,
    missed: u64,
}

#[derive(Clone, Debug)]
enum Stage {
    Header,
    /// HAR only: which connections there are.
    Survey(SmallMap<ConnectionId, ()>),
    Rows,
    /// HAR only: the beginning of a connection.
    Open(usize),
    /// HAR only: the rows of a connection; whether the next message is its first.
    Connection {
        number: usize,
        first: bool,
    },
    Footer,
    Done,
}

impl FileFormat {
    /// The end of a file name, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Har => "har",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv;charset=utf-8",
            Self::Har => "application/json",
        }
    }
}

impl Export {
    /// Starts a file of these rows. `connections` gives the URLs; connections that it lacks are written without.
    #[must_use]
    pub fn new(format: FileFormat, rows: Snapshot, connections: Vec<ConnectionInfo>, now: Micros) -> Self {
        Self { format, rows, connections, created: now, at: 0, stage: Stage::Header, missed: 0 }
    }

    /// The next piece of the file, about `target_bytes` long (one entry may exceed it; a piece may be empty), or
    /// `None` after the last. The pieces together are the file.
    pub fn next_chunk(&mut self, store: &Store, target_bytes: usize) -> Option<String> {
        let mut out = String::with_capacity(target_bytes + 1024);
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Done => return None,
            Stage::Header => {
                match self.format {
                    FileFormat::JsonLines => jsonl::write_header(&mut out, self.created, &self.connections),
                    FileFormat::Csv => csv::write_header(&mut out),
                    FileFormat::Har => har::write_header(&mut out),
                }
                let har = self.format == FileFormat::Har;
                self.stage = if har { Stage::Survey(SmallMap::new()) } else { Stage::Rows };
            }
            Stage::Survey(mut seen) => {
                let finished = self.each(store, usize::MAX, &mut out, |entry, _| {
                    seen.insert(entry.connection, ());
                });
                self.stage = if finished { self.list_connections(&seen) } else { Stage::Survey(seen) };
            }
            Stage::Rows => {
                let lines = self.format == FileFormat::JsonLines;
                let finished = self.each(store, target_bytes, &mut out, |entry, out| {
                    if lines {
                        jsonl::write_entry(out, entry);
                    } else {
                        csv::write_entry(out, entry);
                    }
                });
                self.stage = if finished { Stage::Footer } else { Stage::Rows };
            }
            Stage::Open(number) => self.open_connection(store, number, &mut out),
            Stage::Connection { number, first } => {
                self.har_rows(store, number, first, target_bytes, &mut out);
            }
            Stage::Footer => {
                if self.format == FileFormat::Har {
                    har::write_footer(&mut out);
                }
            }
        }
        Some(out)
    }

    /// From 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        let part = if self.rows.is_empty() { 1.0 } else { self.at as f64 / self.rows.len() as f64 };
        match &self.stage {
            Stage::Header | Stage::Survey(_) => 0.0,
            Stage::Rows => part,
            Stage::Open(number) | Stage::Connection { number, .. } => {
                (*number as f64 + part) / self.connections.len().max(1) as f64
            }
            Stage::Footer | Stage::Done => 1.0,
        }
    }

    /// Entries that the store dropped before they could be written.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Goes through rows until there is enough output; says whether it came to the end, and then starts over.
    fn each(
        &mut self,
        store: &Store,
        target_bytes: usize,
        out: &mut String,
        mut visit: impl FnMut(&Entry<'_>, &mut String),
    ) -> bool {
        let stop = self.at + ENTRIES_PER_CHUNK;
        while self.at < stop && out.len() < target_bytes.max(1) {
            let Some(id) = self.rows.id(self.at) else {
                self.at = 0;
                return true;
            };
            match store.get(id) {
                Some(entry) => visit(&entry, out),
                // HAR goes through the rows several times and counts at the end.
                None => self.missed += u64::from(self.format != FileFormat::Har),
            }
            self.at += 1;
        }
        false
    }

    /// Keeps the connections that occur, those without a URL included.
    fn list_connections(&mut self, seen: &SmallMap<ConnectionId, ()>) -> Stage {
        let url =
            |id| self.connections.iter().find(|c| c.id == id).map(|c| c.url.clone()).unwrap_or_default();
        self.connections = seen.keys().map(|&id| ConnectionInfo { id, url: url(id) }).collect();
        if self.connections.is_empty() { Stage::Footer } else { Stage::Open(0) }
    }

    fn open_connection(&mut self, store: &Store, number: usize, out: &mut String) {
        let Some(connection) = self.connections.get(number) else { return };
        // Its beginning is the time of its first entry, unless that lies far back in the rows.
        let ids = (0..self.rows.len().min(ENTRIES_PER_CHUNK)).filter_map(|at| self.rows.id(at));
        let mut entries = ids.filter_map(|id| store.get(id));
        let started = entries.find(|e| e.connection == connection.id).map_or(self.created, |e| e.time);
        har::write_connection_start(out, number == 0, connection, started);
        self.stage = Stage::Connection { number, first: true };
    }

    fn har_rows(
        &mut self,
        store: &Store,
        number: usize,
        mut first: bool,
        target_bytes: usize,
        out: &mut String,
    ) {
        let Some(connection) = self.connections.get(number).map(|c| c.id) else { return };
        let finished = self.each(store, target_bytes, out, |entry, out| {
            if entry.connection == connection && har::write_message(out, entry, first) {
                first = false;
            }
        });
        if !finished {
            self.stage = Stage::Connection { number, first };
            return;
        }
        har::write_connection_end(out);
        if number + 1 < self.connections.len() {
            self.stage = Stage::Open(number + 1);
        } else {
            let ids = (0..self.rows.len()).filter_map(|at| self.rows.id(at));
            self.missed = ids.take_while(|id| *id < store.ids().start).count() as u64;
            self.stage = Stage::Footer;
        }
    }
}

/// The words for a direction in files.
pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
        Direction::Local => "local",
    }
}

/// The words for a kind in files.
pub(crate) fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Message => "message",
        Kind::Connected => "connected",
        Kind::Disconnected => "disconnected",
        Kind::Error => "error",
        Kind::Note => "note",
        Kind::Ping => "ping",
        Kind::Pong => "pong",
    }
}

/// The words for a delivery in files.
pub(crate) fn delivery_word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Unknown => "unknown",
        Delivery::Dropped => "dropped",
    }
}

/// Appends milliseconds with the microseconds as decimals, exactly.
pub(crate) fn push_millis(out: &mut String, time: Micros) {
    use std::fmt::Write as _;
    let _ = write!(out, "{}", time.0 / 1000);
    if !time.0.is_multiple_of(1000) {
        let _ = write!(out, ".{:03}", time.0 % 1000);
    }
}
