use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;

use super::{ImportError, ImportErrorKind, Report, wire};
use crate::bytes::from_base64;
use crate::connection::Connection;
use crate::entry::{ConnectionId, Delivery, Direction, Draft, Fact, Kind, What, Wire};
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
/// The close code of a connection that broke (RFC 6455 §7.4.1).
const ABNORMAL: u16 = 1006;

/// Where in the file an entry's parts lie.
#[derive(Clone, Debug, Default)]
struct Found {
    started: Micros,
    /// In milliseconds, as written.
    time: Range<usize>,
    request: Range<usize>,
    response: Range<usize>,
    timings: Range<usize>,
    /// What a relay told of it, as we write it.
    handshake: Range<usize>,
    messages: Range<usize>,
    /// How it ended: code and reason, or a word for a connection that broke. HTTP Toolkit writes that.
    close: Range<usize>,
}

/// The messages of one connection that are still to come.
#[derive(Debug)]
struct Source {
    connection: ConnectionId,
    scanner: Scanner,
    /// What was read and not appended: the beginning, the next message or both.
    pending: VecDeque<Message>,
    /// What was read to see whether it goes on with the message before.
    ahead: Option<Message>,
    /// How the connection ended, where the file says that beside the messages.
    end: Option<Message>,
    read: usize,
}

#[derive(Debug)]
struct Message {
    time: Micros,
    direction: Direction,
    kind: Kind,
    payload: Payload,
    code: u16,
    fact: Fact,
    wire: Option<Wire>,
    /// It goes on with the one before (opcode 0).
    continues: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
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
}

impl Reader {
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
            self.open(text, store, report)?;
        }
        for _ in 0..budget.max(1) {
            let Some(Reverse((_, number))) = self.heads.pop() else { return Ok(text.len()) };
            let source = &mut self.sources[number];
            if let Some(message) = source.pending.pop_front() {
                if let Some(end) = &mut source.end {
                    end.time = end.time.max(message.time);
                }
                let delivery = (message.direction == Direction::Out).then_some(Delivery::Sent);
                let Message { time, direction, kind, payload, code, fact, wire, .. } = message;
                store.append(Draft {
                    wire: wire.as_ref(),
                    delivery,
                    code,
                    fact,
                    ..Draft::new(time, source.connection, direction, kind, payload.body())
                });
                report.entries += 1;
            }
            if source.pending.is_empty() {
                let next = source.next(text, report).or_else(|| source.end.take());
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
                    } else if in_entries && depth == 5 {
                        let name = text.get(self.names[4].clone()).unwrap_or_default();
                        if let Some(part) = self.entry.part(name) {
                            *part = event.start..event.start;
                        }
                    }
                    if depth < LEVELS {
                        self.names[depth] = 0..0;
                    }
                }
                Token::ObjectEnd if in_entries && depth == 3 && !self.entry.messages.is_empty() => {
                    self.found.push(std::mem::take(&mut self.entry));
                }
                Token::ObjectEnd | Token::ArrayEnd if in_entries && depth == 4 => {
                    let name = text.get(self.names[4].clone()).unwrap_or_default();
                    if let Some(part) = self.entry.part(name) {
                        part.end = event.end;
                    }
                }
                Token::String if in_entries && depth == 4 && named(4, "\"startedDateTime\"") => {
                    let value = unescape(&text[event.start..event.end]);
                    self.entry.started = Micros::parse_iso(&value).unwrap_or_default();
                }
                Token::String if in_entries && depth == 4 && named(4, "\"_webSocketClose\"") => {
                    self.entry.close = event.start..event.end;
                }
                Token::Number if in_entries && depth == 4 && named(4, "\"time\"") => {
                    self.entry.time = event.start..event.end;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens the messages of every connection, each behind an entry for its beginning.
    fn open(&mut self, text: &str, store: &mut Store, report: &mut Report) -> Result<(), ImportError> {
        if self.found.is_empty() {
            return Err(ImportError { line: 1, kind: ImportErrorKind::NoMessages });
        }
        for number in 0..self.found.len() {
            let found = &self.found[number];
            let mut source = Source {
                connection: ConnectionId(0),
                scanner: Scanner::at(found.messages.start),
                pending: VecDeque::new(),
                ahead: None,
                end: found.end(text),
                read: 0,
            };
            // The bracket that opens the list; the first pass has seen it.
            let _ = source.scanner.token(text);
            let first = source.next(text, report);
            let mut connection = found.connection(text);
            if let Some(first) = &first
                && (connection.began.0 == 0 || first.time < connection.began)
            {
                connection.began = first.time;
                connection.opened = connection.opened.map(|_| first.time);
            }
            let time = connection.began;
            // What never opened has no line that says it did.
            if let Some(opened) = connection.opened {
                source.pending.push_back(Message {
                    time,
                    direction: Direction::Local,
                    kind: Kind::Connected,
                    payload: Payload::Text(connection.address.clone()),
                    code: 0,
                    fact: Fact { what: What::Opened, millis: (opened.since(time) / 1000) as u64, count: 0 },
                    wire: None,
                    continues: false,
                });
            }
            source.connection = store.connect(connection);
            source.pending.extend(first);
            self.heads.push(Reverse((time, number)));
            self.sources.push(source);
        }
        Ok(())
    }
}

impl Found {
    /// Where a part of this name lies, quotes included.
    fn part(&mut self, name: &str) -> Option<&mut Range<usize>> {
        match name {
            "\"request\"" => Some(&mut self.request),
            "\"response\"" => Some(&mut self.response),
            "\"timings\"" => Some(&mut self.timings),
            "\"_handshake\"" => Some(&mut self.handshake),
            "\"_webSocketMessages\"" => Some(&mut self.messages),
            "\"_webSocketClose\"" => Some(&mut self.close),
            _ => None,
        }
    }

    /// How the connection ended, if the file says so. Who closed it, it does not say.
    fn end(&self, text: &str) -> Option<Message> {
        let close = Value::parse(text.get(self.close.clone())?).ok()?;
        let code = close.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let reason = close.get("reason").and_then(Value::as_str).unwrap_or_default();
        let broke = close.as_str().is_some();
        Some(Message {
            time: self.started,
            direction: Direction::Local,
            kind: Kind::Disconnected,
            payload: Payload::Text(reason.to_owned()),
            code: if broke { ABNORMAL } else { code.unwrap_or(0) },
            fact: Fact::new(if broke { What::Lost } else { What::Said }),
            wire: None,
            continues: false,
        })
    }

    /// What the file says about the connection. What it leaves out or spells in another way is not known.
    fn connection(&self, text: &str) -> Connection {
        let part = |range: &Range<usize>| Value::parse(&text[range.clone()]).unwrap_or(Value::Null);
        let (request, response) = (part(&self.request), part(&self.response));
        let fields = |value: &Value<'_>| -> Vec<(String, String)> {
            let fields = value.get("headers").map_or(&[][..], Value::items).iter();
            let word = |field: &Value<'_>, name| Some(field.get(name)?.as_str()?.to_owned());
            fields.filter_map(|field| Some((word(field, "name")?, word(field, "value")?))).collect()
        };
        let (headers, answer) = (fields(&request), fields(&response));
        let header = |fields: &[(String, String)], name: &str| {
            let found = fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map_or(String::new(), |(_, value)| value.clone())
        };
        let millis = |digits: Option<&str>| digits.and_then(Micros::parse_millis).map_or(0, |time| time.0);
        let wait = match part(&self.timings).get("wait") {
            Some(Value::Number(digits)) => millis(Some(digits)),
            _ => 0,
        };
        let whole = millis(text.get(self.time.clone()));
        let status = response.get("status").and_then(Value::as_u64);
        let offered = header(&headers, "Sec-WebSocket-Protocol");
        Connection {
            address: request.get("url").and_then(Value::as_str).unwrap_or_default().to_owned(),
            began: self.started,
            opened: status.is_none_or(|status| status == 101).then(|| Micros(self.started.0 + wait)),
            ended: (whole > 0).then(|| Micros(self.started.0 + whole)),
            offered: offered
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            protocol: header(&answer, "Sec-WebSocket-Protocol"),
            extensions: header(&answer, "Sec-WebSocket-Extensions"),
            headers,
            answer,
            handshake: (!self.handshake.is_empty())
                .then(|| Box::new(wire::handshake(&part(&self.handshake)))),
            ..Connection::default()
        }
    }
}

impl Source {
    /// The next message, with the fragments that follow it.
    fn next(&mut self, text: &str, report: &mut Report) -> Option<Message> {
        let mut message =
            self.ahead.take().or_else(|| self.read(text, report).map(|(message, _)| message))?;
        while let Some((more, line)) = self.read(text, report) {
            let joins = more.continues
                && message.kind == Kind::Message
                && message.direction == more.direction
                && go_on(&mut message.payload, more.payload.body().text().unwrap_or_default());
            if joins {
                continue;
            }
            if more.continues {
                // The beginning is missing, or something stands between.
                report.skip(line, ImportErrorKind::Invalid("opcode"));
                continue;
            }
            self.ahead = Some(more);
            break;
        }
        message.continues = false;
        Some(message)
    }

    /// The next element that makes sense, and its line.
    fn read(&mut self, text: &str, report: &mut Report) -> Option<(Message, u64)> {
        loop {
            // The first pass has read all of this without an error.
            let event = self.scanner.token(text).ok()?;
            if event.token == Token::ArrayEnd && self.scanner.depth() == 0 {
                return None;
            }
            let end = self.scanner.skip(text, event).ok()?;
            self.read += end - event.start;
            match message(&text[event.start..end]) {
                Ok(message) => {
                    let line = if message.continues { line_of(text, event.start) } else { 0 };
                    return Some((message, line));
                }
                Err(kind) => report.skip(line_of(text, event.start), kind),
            }
        }
    }
}

/// A message as Chromium writes it: `type`, `time` in seconds since the epoch, `opcode`, `data`. Other programs write
/// control frames and fragments as well.
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
    let direction = match sort {
        "error" => Direction::Local,
        "send" => Direction::Out,
        "receive" => Direction::In,
        _ => return Err(Invalid("type")),
    };
    let kind = match opcode {
        _ if sort == "error" => Kind::Error,
        0..=2 => Kind::Message,
        8 => Kind::Disconnected,
        9 => Kind::Ping,
        10 => Kind::Pong,
        _ => return Err(Invalid("opcode")),
    };
    // Some exporters write binary as it looks as text; it then stays text.
    let binary = if kind == Kind::Message && opcode == 2 { from_base64(data).ok() } else { None };
    let mut payload = binary.map_or_else(|| Payload::Text(data.to_owned()), Payload::Binary);
    let (mut code, mut fact) = (0, Fact::default());
    if kind == Kind::Disconnected {
        fact.what = if direction == Direction::Out { What::ClosedHere } else { What::ClosedByServer };
        if let Some((found, reason)) = close_frame(data) {
            code = found;
            payload = Payload::Text(reason);
        }
    }
    Ok(Message {
        time,
        direction,
        kind,
        payload,
        code,
        fact,
        wire: wire::wire(&value, "_"),
        continues: opcode == 0 && kind == Kind::Message,
    })
}

/// Adds a fragment to a message; says whether it could be read.
fn go_on(payload: &mut Payload, data: &str) -> bool {
    match payload {
        Payload::Text(text) => text.push_str(data),
        Payload::Binary(bytes) => match from_base64(data) {
            Ok(more) => bytes.extend(more),
            Err(_) => return false,
        },
    }
    true
}

/// Code and reason of a close frame (RFC 6455, section 5.5.1) in base64 or as characters of one byte each.
fn close_frame(data: &str) -> Option<(u16, String)> {
    let bytes: Option<Vec<u8>> = data.chars().map(|c| u8::try_from(c).ok()).collect();
    [from_base64(data).ok(), bytes].into_iter().flatten().find_map(|bytes| {
        let (code, reason) = bytes.split_first_chunk::<2>()?;
        let code = u16::from_be_bytes(*code);
        let reason = std::str::from_utf8(reason).ok()?;
        (1000..5000).contains(&code).then(|| (code, reason.to_owned()))
    })
}

fn line_of(text: &str, at: usize) -> u64 {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|&&b| b == b'\n').count() as u64
}
