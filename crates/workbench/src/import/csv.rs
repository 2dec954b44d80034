use std::borrow::Cow;

use super::{ImportError, ImportErrorKind, Names, Report};
use crate::bytes::from_base64;
use crate::entry::{Body, Draft, Fact, Kind, LISTED_FRAGMENTS, Origin, What, Wire};
use crate::export::{COLUMNS, FORMULA};
use crate::store::Store;
use crate::time::Micros;
use crate::words::Word;

#[derive(Debug)]
pub(super) struct Reader {
    at: usize,
    line: u64,
    names: Names,
    /// Our columns that the file has, with their places in it.
    columns: Option<Vec<(&'static str, usize)>>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { at: 0, line: 1, names: Names::default(), columns: None }
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
        for _ in 0..budget.max(1) {
            let line = self.line;
            let Some(fields) = self.record(text)? else { break };
            let Some(columns) = &self.columns else {
                let name = |f: &Cow<'_, str>| f.trim_start_matches('\u{FEFF}').trim().to_owned();
                let names: Vec<_> = fields.iter().map(name).collect();
                // `heartbeat` is of version 1, which has no `what`.
                let ours = COLUMNS.split(',').chain(["heartbeat"]);
                let places = ours.filter_map(|ours| Some((ours, names.iter().position(|n| n == ours)?)));
                self.columns = Some(places.collect());
                continue;
            };
            // An empty line is a record of one empty field.
            if fields.len() == 1 && fields[0].is_empty() {
                continue;
            }
            let place = |name: &str| columns.iter().find(|(ours, _)| *ours == name).map(|&(_, at)| at);
            let get = |name: &str| place(name).and_then(|at| fields.get(at)).map_or("", |f| f.as_ref());
            let present = place("data").is_some_and(|at| at < fields.len());
            let guarded = place("what").is_some();
            if let Err(kind) = entry(get, present, guarded, &mut self.names, store, report) {
                report.skip(line, kind);
            }
        }
        Ok(self.at)
    }

    /// The next record (RFC 4180, section 2). Lone line feeds end records too.
    fn record<'t>(&mut self, text: &'t str) -> Result<Option<Vec<Cow<'t, str>>>, ImportError> {
        if self.at >= text.len() {
            return Ok(None);
        }
        let mut fields = Vec::new();
        loop {
            let rest = &text[self.at..];
            if rest.starts_with('"') {
                fields.push(self.quoted(text)?);
            } else {
                let len = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
                fields.push(Cow::Borrowed(&rest[..len]));
                self.at += len;
            }
            let rest = &text[self.at..];
            if rest.starts_with(',') {
                self.at += 1;
            } else {
                let end = rest.find('\n').map_or(rest.len(), |i| i + 1);
                self.at += end;
                self.line += 1;
                return Ok(Some(fields));
            }
        }
    }

    fn quoted<'t>(&mut self, text: &'t str) -> Result<Cow<'t, str>, ImportError> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            let Some(quote) = text[at..].find('"').map(|i| at + i) else {
                return Err(ImportError { line: self.line, kind: ImportErrorKind::UnclosedQuote });
            };
            if text[quote + 1..].starts_with('"') {
                at = quote + 2;
                continue;
            }
            let raw = &text[start..quote];
            self.line += raw.bytes().filter(|&b| b == b'\n').count() as u64;
            self.at = quote + 1;
            return Ok(if raw.contains('"') { raw.replace("\"\"", "\"").into() } else { raw.into() });
        }
    }
}

/// Appends the entry of a record. `guarded`: texts that look like formulas have an apostrophe in front.
fn entry<'f>(
    get: impl Fn(&'static str) -> &'f str,
    has_data: bool,
    guarded: bool,
    names: &mut Names,
    store: &mut Store,
    report: &mut Report,
) -> Result<(), ImportErrorKind> {
    use ImportErrorKind::{Invalid, Missing};
    if !has_data {
        return Err(Missing("data"));
    }
    let time = match get("time_ms") {
        "" => Micros::parse_iso(get("time")).ok_or(Invalid("time"))?,
        millis => Micros::parse_millis(millis).ok_or(Invalid("time_ms"))?,
    };
    let direction = Word::of_word(get("direction")).ok_or(Invalid("direction"))?;
    let kind = Word::of_word(get("kind")).ok_or(Invalid("kind"))?;
    let binary;
    let body = match get("encoding") {
        "base64" => {
            binary = from_base64(get("data")).map_err(|_| Invalid("data"))?;
            Body::Binary(&binary)
        }
        "text" | "" => {
            let data = get("data");
            let bare = data.strip_prefix('\'').filter(|rest| guarded && rest.starts_with(FORMULA));
            Body::Text(bare.unwrap_or(data))
        }
        _ => return Err(Invalid("encoding")),
    };
    let number = |name| match get(name) {
        "" => Ok(0),
        digits => digits.parse::<u64>().map_err(|_| Invalid(name)),
    };
    let origin = if get("heartbeat") == "true" { Origin::Heartbeat } else { word(get("origin"), "origin")? };
    let fact = Fact { what: word(get("what"), "what")?, millis: number("ms")?, count: number("n")? };
    let delivery = match get("delivery") {
        "" => None,
        text => Some(Word::of_word(text).ok_or(Invalid("delivery"))?),
    };
    let code = u16::try_from(number("code")?).map_err(|_| Invalid("code"))?;
    let connection = u32::try_from(number("connection")?).map_err(|_| Invalid("connection"))?;
    let connection = names.connection(connection, store, time);
    if kind == Kind::Connected
        && let Some(known) = store.connection_mut(connection)
        && let Body::Text(address) = body
        && fact.what == What::Opened
    {
        address.clone_into(&mut known.address);
        known.opened = Some(time);
    }
    let wire = wire(&get)?;
    let draft = Draft {
        wire: wire.as_ref(),
        code,
        delivery,
        origin,
        clean: get("clean") == "true",
        fact,
        ..Draft::new(time, connection, direction, kind, body)
    };
    let id = store.append(draft);
    report.entries += 1;
    if let Ok(own) = get("id").parse::<u64>() {
        names.entry(own, id);
        if let Ok(pair) = get("pair").parse::<u64>() {
            names.pair(own, pair, store);
        }
    }
    Ok(())
}

/// How it went over the wire, where the record says that.
fn wire<'f>(get: impl Fn(&'static str) -> &'f str) -> Result<Option<Wire>, ImportErrorKind> {
    let wrong = ImportErrorKind::Invalid;
    if get("wire").is_empty() {
        return Ok(None);
    }
    let (mut fragments, mut more) = (Vec::new(), 0);
    for part in get("fragments").split_whitespace() {
        match part.strip_prefix('+') {
            Some(count) => more = count.parse().map_err(|_| wrong("fragments"))?,
            None if fragments.len() == LISTED_FRAGMENTS => more += 1,
            None => fragments.push(part.parse().map_err(|_| wrong("fragments"))?),
        }
    }
    Ok(Some(Wire {
        bytes: get("wire").parse().map_err(|_| wrong("wire"))?,
        compressed: get("compressed") == "true",
        frames: more + fragments.len().max(1) as u64,
        fragments,
    }))
}

/// A word with a meaning; an empty field is the usual.
fn word<T: Word + Default>(text: &str, name: &'static str) -> Result<T, ImportErrorKind> {
    if text.is_empty() { Ok(T::default()) } else { T::of_word(text).ok_or(ImportErrorKind::Invalid(name)) }
}
