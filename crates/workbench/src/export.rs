//! The log as a file, written in chunks.
//!
//! | format | keeps | for |
//! |---|---|---|
//! | JSON Lines | everything | reading back here, `jq` |
//! | CSV (RFC 4180, UTF-8 with a byte order mark, header row) | everything but what is known of connections beside their addresses | spreadsheets |
//! | HAR 1.2 with `_webSocketMessages` | messages, pings, pongs and errors, an entry for each connection | Chromium's DevTools |
//!
//! An [`Export`] works on a [`Snapshot`] of the rows; what the store drops meanwhile is missing from the file
//! and counted. Secrets stay out as far as its [`Privacy`] says.

mod csv;
mod har;
pub mod jsonl;

use crate::connection::Connection;
use crate::entry::Entry;
use crate::rows::Snapshot;
pub use crate::secrets::Privacy;
use crate::store::Store;
use crate::time::Micros;

pub(crate) use csv::{COLUMNS, FORMULA};

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

/// A file being written.
#[derive(Debug)]
pub struct Export {
    format: FileFormat,
    rows: Snapshot,
    privacy: Privacy,
    /// JSON Lines: those written. HAR: those to write.
    connections: jsonl::Mentioned,
    created: Micros,
    at: usize,
    stage: Stage,
    missed: u64,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Header,
    /// HAR only: which connections there are.
    Survey,
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
    /// Starts a file of these rows.
    #[must_use]
    pub fn new(format: FileFormat, rows: Snapshot, privacy: Privacy, now: Micros) -> Self {
        Self {
            format,
            rows,
            privacy,
            connections: jsonl::Mentioned::default(),
            created: now,
            at: 0,
            stage: Stage::Header,
            missed: 0,
        }
    }

    /// The next piece of the file, about `target_bytes` long (one entry may exceed it; a piece may be empty), or
    /// `None` after the last. The pieces together are the file.
    pub fn next_chunk(&mut self, store: &Store, target_bytes: usize) -> Option<String> {
        let mut out = String::with_capacity(target_bytes + 1024);
        match self.stage {
            Stage::Done => return None,
            Stage::Header => {
                match self.format {
                    FileFormat::JsonLines => jsonl::write_header(&mut out, self.created),
                    FileFormat::Csv => csv::write_header(&mut out),
                    FileFormat::Har => har::write_header(&mut out),
                }
                self.stage = if self.format == FileFormat::Har { Stage::Survey } else { Stage::Rows };
            }
            Stage::Survey => {
                let end = self.rows.len();
                let finished = self.each(store, usize::MAX, end, &mut out, |seen, row, entry, _, _| {
                    if entry.connection.0 != 0 || har::opcode(entry).is_some() {
                        seen.is_new(entry.connection, row);
                    }
                });
                if finished {
                    self.stage = if self.connections.len() == 0 { Stage::Footer } else { Stage::Open(0) };
                }
            }
            Stage::Rows => {
                let lines = self.format == FileFormat::JsonLines;
                let end = self.rows.len();
                let finished =
                    self.each(store, target_bytes, end, &mut out, |written, _, entry, out, privacy| {
                        if lines {
                            written.mention(out, entry, store, privacy);
                            jsonl::write_entry(out, entry, privacy);
                        } else {
                            csv::write_entry(out, entry, privacy);
                        }
                    });
                if finished {
                    self.stage = Stage::Footer;
                }
            }
            Stage::Open(number) => self.open_connection(store, number, &mut out),
            Stage::Connection { number, first } => {
                self.har_rows(store, number, first, target_bytes, &mut out);
            }
            Stage::Footer => {
                if self.format == FileFormat::Har {
                    har::write_footer(&mut out);
                }
                self.stage = Stage::Done;
            }
        }
        Some(out)
    }

    /// From 0 to 1.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        let part = if self.rows.is_empty() { 1.0 } else { self.at as f64 / self.rows.len() as f64 };
        match &self.stage {
            Stage::Header | Stage::Survey => 0.0,
            Stage::Rows => part,
            Stage::Open(number) | Stage::Connection { number, .. } => {
                let span = self.connections.get(*number);
                let within = span.map_or(0.0, |span| {
                    self.at.saturating_sub(span.first) as f64 / (span.last + 1 - span.first) as f64
                });
                (*number as f64 + within) / self.connections.len().max(1) as f64
            }
            Stage::Footer | Stage::Done => 1.0,
        }
    }

    /// Entries that the store dropped before they could be written.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Goes through the rows before `end` until there is enough output; says whether it came there, and then starts
    /// over.
    fn each(
        &mut self,
        store: &Store,
        target_bytes: usize,
        end: usize,
        out: &mut String,
        mut visit: impl FnMut(&mut jsonl::Mentioned, usize, &Entry<'_>, &mut String, &Privacy),
    ) -> bool {
        let stop = self.at + ENTRIES_PER_CHUNK;
        while self.at < stop && out.len() < target_bytes.max(1) {
            let Some(id) = self.rows.id(self.at).filter(|_| self.at < end) else {
                self.at = 0;
                return true;
            };
            match store.get(id) {
                Some(entry) => visit(&mut self.connections, self.at, &entry, out, &self.privacy),
                // HAR goes through rows several times and counts at the end.
                None => self.missed += u64::from(self.format != FileFormat::Har),
            }
            self.at += 1;
        }
        false
    }

    fn open_connection(&mut self, store: &Store, number: usize, out: &mut String) {
        let Some(span) = self.connections.get(number) else { return };
        let nothing_known;
        let connection = match store.connection(span.id) {
            Some(connection) => connection,
            None => {
                let entry = self.rows.id(span.first).and_then(|id| store.get(id));
                let began = entry.map_or(self.created, |entry| entry.time);
                nothing_known = Connection { began, opened: Some(began), ..Connection::default() };
                &nothing_known
            }
        };
        har::write_connection_start(out, number == 0, connection, &self.privacy);
        self.at = span.first;
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
        let Some(span) = self.connections.get(number) else { return };
        let finished = self.each(store, target_bytes, span.last + 1, out, |_, _, entry, out, privacy| {
            if entry.connection == span.id && har::write_message(out, entry, first, privacy) {
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

/// Appends milliseconds with the microseconds as decimals, exactly.
pub(crate) fn push_millis(out: &mut String, time: Micros) {
    push_number(out, time.0 / 1000);
    let micros = time.0 % 1000;
    if micros > 0 {
        out.push('.');
        out.extend([100, 10, 1].map(|place| char::from(digit(micros / place))));
    }
}

/// Appends a number in decimal. Each line of a log has several of them, and formatting takes most of the time of a short one.
pub(crate) fn push_number(out: &mut String, mut number: u64) {
    let mut digits = [0; 20];
    let mut from = digits.len();
    while number > 0 || from == digits.len() {
        from -= 1;
        digits[from] = digit(number);
        number /= 10;
    }
    out.push_str(str::from_utf8(&digits[from..]).unwrap_or_default());
}

/// The last one.
fn digit(number: u64) -> u8 {
    b'0' + (number % 10) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_they_are_formatted() {
        for number in [0, 1, 9, 10, 99, 100, 1_764_201_600_123_456, u64::MAX - 1, u64::MAX] {
            let mut out = "n".to_owned();
            push_number(&mut out, number);
            assert_eq!(out, format!("n{number}"));
        }
        for (micros, text) in
            [(0, "0"), (7, "0.007"), (1000, "1"), (1_764_201_600_123_450, "1764201600123.450")]
        {
            let mut out = String::new();
            push_millis(&mut out, Micros(micros));
            assert_eq!(out, text);
        }
    }
}
