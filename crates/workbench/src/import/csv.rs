use std::borrow::Cow;

use super::{Connections, ImportError, ImportErrorKind, Report};
use crate::bytes::from_base64;
use crate::decimal;
use crate::entry::{Body, Draft, EntryId};
use crate::export::COLUMNS;
use crate::small_map::SmallMap;
use crate::store::Store;
use crate::time::Micros;

#[derive(Debug)]
pub(super) struct Reader {
    at: usize,
    line: u64,
    connections: Connections,
    /// Our columns that the file has, with their places in it.
    columns: Option<Vec<(&'static str, usize)>>,
    /// Requests whose responses are still to come, by the file's ids.
    open: SmallMap<u64, EntryId>,
}

impl Reader {
    pub(super) fn new(connections: Connections) -> Self {
        Self { at: 0, line: 1, connections, columns: None, open: SmallMap::new() }
    }

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
                let places =
                    COLUMNS.split(',').filter_map(|ours| Some((ours, names.iter().position(|n| n == ours)?)));
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
            if let Err(kind) = entry(get, present, &mut self.connections, &mut self.open, store, report) {
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

fn entry<'f>(
    get: impl Fn(&str) -> &'f str,
    has_data: bool,
    connections: &mut Connections,
    open: &mut SmallMap<u64, EntryId>,
    store: &mut Store,
    report: &mut Report,
) -> Result<(), ImportErrorKind> {
    use ImportErrorKind::{Invalid, Missing};
    if !has_data {
        return Err(Missing("data"));
    }
    let time = match get("time_ms") {
        "" => Micros::parse_iso(get("time")).ok_or(Invalid("time"))?,
        millis => Micros::from_millis(decimal::parse(millis).ok_or(Invalid("time_ms"))?),
    };
    let direction = super::direction(get("direction")).ok_or(Invalid("direction"))?;
    let kind = super::kind(get("kind")).ok_or(Invalid("kind"))?;
    let binary;
    let body = match get("encoding") {
        "base64" => {
            binary = from_base64(get("data")).map_err(|_| Invalid("data"))?;
            Body::Binary(&binary)
        }
        "text" | "" => Body::Text(get("data")),
        _ => return Err(Invalid("encoding")),
    };
    let delivery = match get("delivery") {
        "" => None,
        word => Some(super::delivery(word).ok_or(Invalid("delivery"))?),
    };
    let code = match get("code") {
        "" => 0,
        code => code.parse().map_err(|_| Invalid("code"))?,
    };
    let number = match get("connection") {
        "" => 0,
        number => number.parse().map_err(|_| Invalid("connection"))?,
    };
    let connection = connections.id(number, None, report);
    let draft = Draft {
        code,
        delivery,
        heartbeat: get("heartbeat") == "true",
        clean: get("clean") == "true",
        ..Draft::new(time, connection, direction, kind, body)
    };
    let id = store.append(draft);
    report.entries += 1;
    if let (Ok(own), Ok(pair)) = (get("id").parse::<u64>(), get("pair").parse::<u64>()) {
        if pair > own {
            open.insert(own, id);
        } else if let Some(request) = open.remove(&pair) {
            store.pair(request, id);
        }
    }
    Ok(())
}
