use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;

use super::{Connections, ImportError, ImportErrorKind, Report};
use crate::bytes::from_base64;
use crate::entry::{ConnectionId, Delivery, Direction, Draft, Kind};
use crate::json::{JsonError, Scanner, Token, Value, unescape};
use crate::store::Store;
use crate::time::Micros;
use crate::view::Payload;

/// Bytes of the file that weigh as much as one entry while looking for connections.
const BYTES_PER_UNIT: usize = 512;

/// Reads a HAR file in two passes: first where the messages of each connection lie, then the messages of all
/// connections merged by time. The file is never in memory as a document.
#[derive(Debug)]
pub(super) struct Reader {
    connections: Connections,
    start: usize,
    scanner: Scanner,
    /// The last name at each level of nesting, 1 to 5; deeper ones don't matter.
    names: [Range<usize>; LEVELS],
    entry: Found,
    found: Vec<Found>,
    heads: BinaryHeap<Reverse<(Micros, usize)>>,
    sources: Vec<Source>,
    searching: bool,
}

const LEVELS: usize = 6;

/// An entry of the file, as far as it is known.
#[derive(Clone, Debug, Default)]
struct Found {
    url: String,
    started: Micros,
    messages: Range<usize>,
}

/// The messages of one connection that are still to come.
#[derive(Debug)]
struct Source {
    connection: ConnectionId,
    scanner: Scanner,
    /// What was read and not appended: the beginning, the next message or both.
    pending: VecDeque<Message>,
    read: usize,
}

#[derive(Debug)]
struct Message {
    time: Micros,
    direction: Direction,
    kind: Kind,
    payload: Payload,
}

impl Reader {
    pub(super) fn new(connections: Connections) -> Self {
        Self {
            connections,
            start: 0,
            scanner: Scanner::default(),
            names: Default::default(),
            entry: Found::default(),
            found: Vec::new(),
            heads: BinaryHeap::new(),
            sources: Vec::new(),
            searching: true,
        }
    }

    pub(super) fn step(
        &mut self,
        text: &str,
        store: &mut Store,
        report: &mut Report,
        budget: usize,
    ) -> Result<usize, ImportError> {
        // The two passes fill the first and the second half of the progress bar.
        if self.searching {
            if self.start == 0 && text.starts_with('\u{FEFF}') {
                self.start = '\u{FEFF}'.len_utf8();
                self.scanner = Scanner::at(self.start);
            }
            self.search(text, budget).map_err(|error| ImportError {
                line: line_of(text, error.at),
                kind: ImportErrorKind::Json(error.kind),
            })?;
            if self.searching {
                return Ok(self.scanner.position() / 2);
            }
            self.open(text, report)?;
        }
        for _ in 0..budget.max(1) {
            let Some(Reverse((_, number))) = self.heads.pop() else { return Ok(text.len()) };
            let source = &mut self.sources[number];
            if let Some(message) = source.pending.pop_front() {
                let delivery = (message.direction == Direction::Out).then_some(Delivery::Sent);
                let Message { time, direction, kind, payload } = message;
                store.append(Draft {
                    delivery,
                    ..Draft::new(time, source.connection, direction, kind, payload.body())
                });
                report.entries += 1;
            }
            if source.pending.is_empty() {
                let next = source.next(text, report);
                source.pending.extend(next);
            }
            if let Some(next) = source.pending.front() {
                self.heads.push(Reverse((next.time, number)));
            }
        }
        let read: usize = self.sources.iter().map(|s| s.read).sum();
        let total: usize = self.found.iter().map(|f| f.messages.len()).sum();
        let half = text.len() / 2;
        // Short of the end until the heap is empty.
        Ok((half + (half as f64 * read as f64 / total.max(1) as f64) as usize).min(text.len() - 1))
    }

    /// Goes through the file, noting each entry with messages.
    fn search(&mut self, text: &str, budget: usize) -> Result<(), JsonError> {
        let stop = self.scanner.position() + budget.max(1) * BYTES_PER_UNIT;
        while self.scanner.position() < stop {
            let Some(event) = self.scanner.next(text)? else {
                self.searching = false;
                return Ok(());
            };
            let depth = self.scanner.depth();
            let named = |level: usize, name: &str| text.get(self.names[level].clone()) == Some(name);
            let in_entries = named(1, "\"log\"") && named(2, "\"entries\"");
            match event.token {
                Token::Key if depth < LEVELS => self.names[depth] = event.start..event.end,
                Token::ObjectStart | Token::ArrayStart => {
                    if in_entries && depth == 4 {
                        self.entry = Found::default();
                    } else if in_entries && depth == 5 && named(4, "\"_webSocketMessages\"") {
                        self.entry.messages = event.start..event.start;
                    }
                    if depth < LEVELS {
                        self.names[depth] = 0..0;
                    }
                }
                Token::ArrayEnd if in_entries && depth == 4 && named(4, "\"_webSocketMessages\"") => {
                    self.entry.messages.end = event.end;
                }
                Token::ObjectEnd if in_entries && depth == 3 && !self.entry.messages.is_empty() => {
                    self.found.push(std::mem::take(&mut self.entry));
                }
                Token::String if in_entries => {
                    let value = || unescape(&text[event.start..event.end]);
                    if depth == 5 && named(4, "\"request\"") && named(5, "\"url\"") {
                        self.entry.url = value().into_owned();
                    } else if depth == 4 && named(4, "\"startedDateTime\"") {
                        self.entry.started = Micros::parse_iso(&value()).unwrap_or_default();
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens the messages of every connection, each behind an entry for its beginning.
    fn open(&mut self, text: &str, report: &mut Report) -> Result<(), ImportError> {
        if self.found.is_empty() {
            return Err(ImportError { line: 1, kind: ImportErrorKind::NoMessages });
        }
        for number in 0..self.found.len() {
            let Found { url, started, messages } = self.found[number].clone();
            let connection = self.connections.id(number as u32, Some(&url), report);
            let mut source = Source {
                connection,
                scanner: Scanner::at(messages.start),
                pending: VecDeque::new(),
                read: 0,
            };
            // The bracket that opens the list; the first pass has seen it.
            let _ = source.scanner.token(text);
            let first = source.next(text, report);
            let time = match &first {
                Some(first) if started.0 == 0 => first.time,
                Some(first) => first.time.min(started),
                None => started,
            };
            let payload = Payload::Text(url);
            source.pending.push_back(Message {
                time,
                direction: Direction::Local,
                kind: Kind::Connected,
                payload,
            });
            source.pending.extend(first);
            self.heads.push(Reverse((time, number)));
            self.sources.push(source);
        }
        Ok(())
    }
}

impl Source {
    /// The next message that makes sense.
    fn next(&mut self, text: &str, report: &mut Report) -> Option<Message> {
        loop {
            // The first pass has read all of this without an error.
            let event = self.scanner.token(text).ok()?;
            if event.token == Token::ArrayEnd && self.scanner.depth() == 0 {
                return None;
            }
            let end = self.scanner.skip(text, event).ok()?;
            self.read += end - event.start;
            match message(&text[event.start..end]) {
                Ok(message) => return Some(message),
                Err(kind) => report.skip(line_of(text, event.start), kind),
            }
        }
    }
}

/// A message as Chromium writes it: `type`, `time` in seconds since the epoch, `opcode`, `data`.
fn message(text: &str) -> Result<Message, ImportErrorKind> {
    use ImportErrorKind::{Invalid, Json, Missing};
    let value = Value::parse(text).map_err(|error| Json(error.kind))?;
    let time = match value.get("time").ok_or(Missing("time"))? {
        Value::Number(seconds) => Micros::parse_seconds(seconds),
        _ => None,
    };
    let time = time.ok_or(Invalid("time"))?;
    let sort = value.get("type").and_then(Value::as_str).ok_or(Missing("type"))?;
    let opcode = value.get("opcode").and_then(Value::as_f64).unwrap_or(1.0) as i64;
    let data = value.get("data").and_then(Value::as_str).ok_or(Missing("data"))?;
    let (direction, kind) = match (sort, opcode) {
        ("error", _) => (Direction::Local, Kind::Error),
        ("send", 9) => (Direction::Out, Kind::Ping),
        ("send", 10) => (Direction::Out, Kind::Pong),
        ("receive", 9) => (Direction::In, Kind::Ping),
        ("receive", 10) => (Direction::In, Kind::Pong),
        ("send", _) => (Direction::Out, Kind::Message),
        ("receive", _) => (Direction::In, Kind::Message),
        _ => return Err(Invalid("type")),
    };
    // Some exporters write binary as it looks as text; it then stays text.
    let binary = if kind == Kind::Message && opcode == 2 { from_base64(data).ok() } else { None };
    let payload = binary.map_or_else(|| Payload::Text(data.to_owned()), Payload::Binary);
    Ok(Message { time, direction, kind, payload })
}

fn line_of(text: &str, at: usize) -> u64 {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() as u64
}
