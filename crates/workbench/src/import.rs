//! Files back into the log, read in slices: what [`crate::export`] writes, and HAR files from Chromium's DevTools.
//!
//! A line that makes no sense is skipped and reported with its number; only a file that is of no known format,
//! or breaks off in a way that hides where the next entry begins, ends the import.

mod csv;
mod har;
mod jsonl;
mod wire;

use thiserror::Error;

use crate::connection::Connection;
use crate::entry::{ConnectionId, EntryId};
use crate::export::FileFormat;
use crate::filter::Progress;
use crate::json::{JsonErrorKind, Value};
use crate::store::Store;
use crate::time::Micros;

/// Skipped lines that are reported one by one; the rest are only counted.
pub const MAX_PROBLEMS: usize = 20;

/// A file being read.
#[derive(Debug)]
pub struct Import {
    text: String,
    reader: Reader,
    report: Report,
}

/// Lines of the JSON Lines format that come in one by one, as from a connection that is watched.
#[derive(Debug, Default)]
pub struct Lines {
    reader: jsonl::Reader,
    report: Report,
}

/// What an import has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries appended. The store's limits may have dropped the first of them again.
    pub entries: u64,
    /// Lines skipped.
    pub skipped: u64,
    /// The first [`MAX_PROBLEMS`] of them.
    pub problems: Vec<ImportError>,
}

/// What is wrong with a line of a file, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {kind}")]
pub struct ImportError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub kind: ImportErrorKind,
}

/// What is wrong with a line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportErrorKind {
    /// Not a file that can be imported.
    #[error("not a log; choose a .jsonl or .csv file exported here, or a .har file exported by DevTools")]
    UnknownFormat,
    /// Of a later version.
    #[error("written by a newer Heartwire (format {0}); update this one and import again")]
    NewerVersion(u64),
    /// Not JSON.
    #[error("not valid JSON ({0}); repair the line, or export the log again")]
    Json(JsonErrorKind),
    /// A member or column is missing.
    #[error("'{0}' is missing; add it, or export the log again")]
    Missing(&'static str),
    /// A member or column has no meaning.
    #[error("'{0}' has a value that is not allowed; correct it, or export the log again")]
    Invalid(&'static str),
    /// A quoted field that does not end.
    #[error("the quote that opens here is never closed; close it, or export the log again")]
    UnclosedQuote,
    /// A HAR file without WebSocket messages.
    #[error(
        "the file holds no WebSocket messages; open DevTools' Network tab before connecting, then export again"
    )]
    NoMessages,
}

#[derive(Debug)]
enum Reader {
    Unknown,
    JsonLines(jsonl::Reader),
    Csv(csv::Reader),
    Har(Box<har::Reader>),
}

/// What a file calls things, and what the store calls them.
#[derive(Debug, Default)]
struct Names {
    /// By the file's numbers.
    connections: Vec<(u32, ConnectionId)>,
    /// Entries of the file that follow each other do so in the store too.
    runs: Vec<Run>,
}

/// Entries with ids in a row on both sides.
#[derive(Debug)]
struct Run {
    file: u64,
    store: EntryId,
    len: u64,
}

impl Import {
    /// Starts reading a file. Its connections become connections of the store, in the order they are met.
    #[must_use]
    pub fn new(text: String) -> Self {
        let reader = match Self::detect(&text) {
            Some(FileFormat::JsonLines) => Reader::JsonLines(jsonl::Reader::default()),
            Some(FileFormat::Csv) => Reader::Csv(csv::Reader::default()),
            Some(FileFormat::Har) => Reader::Har(Box::default()),
            None => Reader::Unknown,
        };
        Self { text, reader, report: Report::default() }
    }

    /// The format of a file by its beginning.
    #[must_use]
    pub fn detect(text: &str) -> Option<FileFormat> {
        let text = text.trim_start_matches('\u{FEFF}').trim_start();
        let line = text.lines().next().unwrap_or("");
        if line.starts_with('{') {
            // A file may break off within its first line.
            let ours = line.starts_with("{\"heartwire\":\"log\"")
                || Value::parse(line)
                    .is_ok_and(|h| h.get("heartwire").and_then(Value::as_str) == Some("log"));
            return Some(if ours { FileFormat::JsonLines } else { FileFormat::Har });
        }
        let ours = ["kind", "direction", "data"]
            .iter()
            .all(|c| line.split(',').any(|name| name.trim_matches('"') == *c));
        ours.then_some(FileFormat::Csv)
    }

    /// Reads about `budget` entries into the store.
    ///
    /// # Errors
    /// The import cannot go on. What was read before stays in the store.
    pub fn step(&mut self, store: &mut Store, budget: usize) -> Result<Progress, ImportError> {
        let Self { text, reader, report } = self;
        let position = match reader {
            Reader::Unknown => return Err(ImportError { line: 1, kind: ImportErrorKind::UnknownFormat }),
            Reader::JsonLines(reader) => reader.step(text, store, report, budget)?,
            Reader::Csv(reader) => reader.step(text, store, report, budget)?,
            Reader::Har(reader) => reader.step(text, store, report, budget)?,
        };
        let done = position >= text.len();
        Ok(Progress { fraction: if done { 1.0 } else { position as f64 / text.len() as f64 }, done })
    }

    /// Reads as long as `more` says so; it is asked after every 64 entries or so.
    ///
    /// # Errors
    /// As [`Import::step`].
    pub fn step_while(
        &mut self,
        store: &mut Store,
        mut more: impl FnMut() -> bool,
    ) -> Result<Progress, ImportError> {
        loop {
            let progress = self.step(store, 64)?;
            if progress.done || !more() {
                return Ok(progress);
            }
        }
    }

    /// What has been done so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Lines {
    /// Reads one or more whole lines into the store. What makes no sense is skipped.
    ///
    /// # Errors
    /// They are of a later version of the format.
    pub fn read(&mut self, lines: &str, store: &mut Store) -> Result<(), ImportError> {
        self.reader.begin_text();
        self.reader.step(lines, store, &mut self.report, usize::MAX).map(|_| ())
    }

    /// What has been done so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl Report {
    fn skip(&mut self, line: u64, kind: ImportErrorKind) {
        self.skipped += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(ImportError { line, kind });
        }
    }
}

impl Names {
    /// The store's name for a connection of the file. One that the file says nothing of is begun; 0 is none.
    fn connection(&mut self, number: u32, store: &mut Store, began: Micros) -> ConnectionId {
        if number == 0 {
            return ConnectionId(0);
        }
        match self.connections.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(at) => self.connections[at].1,
            Err(at) => {
                let id = store.connect(Connection { began, ..Connection::default() });
                self.connections.insert(at, (number, id));
                id
            }
        }
    }

    /// Remembers an entry. Files count upwards; what does not cannot be referred to.
    fn entry(&mut self, file: u64, store: EntryId) {
        match self.runs.last_mut() {
            Some(run) if run.file + run.len == file && run.store + run.len == store => run.len += 1,
            Some(run) if file < run.file + run.len => {}
            _ => self.runs.push(Run { file, store, len: 1 }),
        }
    }

    /// The store's name for an entry of the file.
    fn find(&self, file: u64) -> Option<EntryId> {
        let after = self.runs.partition_point(|run| run.file <= file);
        let run = self.runs.get(after.checked_sub(1)?)?;
        (file - run.file < run.len).then(|| run.store + (file - run.file))
    }

    /// Links two entries of the file, if both are there.
    fn pair(&self, one: u64, other: u64, store: &mut Store) {
        if let (Some(request), Some(response)) = (self.find(one.min(other)), self.find(one.max(other))) {
            store.pair(request, response);
        }
    }
}
