use super::wire::{handshake, wire};
use super::{ImportError, ImportErrorKind, Names, Report};
use crate::bytes::from_base64;
use crate::connection::{Connection, TransportKind};
use crate::entry::{Body, Draft, Fact, Origin};
use crate::export::jsonl::VERSION;
use crate::json::Value;
use crate::store::Store;
use crate::time::Micros;
use crate::words::Word;

#[derive(Debug, Default)]
pub(super) struct Reader {
    at: usize,
    line: u64,
    names: Names,
}

type Read<T> = Result<T, ImportErrorKind>;

impl Reader {
    /// What is read next is another text, which goes on where the one before ended.
    pub(super) fn begin_text(&mut self) {
        self.at = 0;
    }

    pub(super) fn step(
        &mut self,
        text: &str,
        store: &mut Store,
        report: &mut Report,
        budget: usize,
    ) -> Result<usize, ImportError> {
        for _ in 0..budget.max(1) {
            let rest = &text[self.at..];
            if rest.is_empty() {
                break;
            }
            let len = rest.find('\n').map_or(rest.len(), |i| i + 1);
            self.at += len;
            self.line += 1;
            let line = rest[..len].trim().trim_start_matches('\u{FEFF}');
            if line.is_empty() {
                continue;
            }
            let result = match Value::parse(line) {
                Err(error) => Err(ImportErrorKind::Json(error.kind)),
                Ok(value) if value.get("heartwire").is_some() => {
                    let version = value.get("version").and_then(Value::as_u64).unwrap_or(VERSION);
                    if version > VERSION {
                        return Err(ImportError {
                            line: self.line,
                            kind: ImportErrorKind::NewerVersion(version),
                        });
                    }
                    // Version 1 has its connections here.
                    let connections = value.get("connections").map_or(&[][..], Value::items);
                    connections.iter().try_for_each(|connection| self.connection(connection, "id", store))
                }
                Ok(value) if value.get("connection").is_some() => {
                    self.connection(&value, "connection", store)
                }
                Ok(value) if value.get("update").is_some() => self.update(&value, store),
                Ok(value) => self.entry(&value, store, report),
            };
            if let Err(kind) = result {
                report.skip(self.line, kind);
            }
        }
        Ok(self.at)
    }

    fn connection(&mut self, line: &Value<'_>, number: &'static str, store: &mut Store) -> Read<()> {
        let number = number_of(line, number)?.filter(|number| *number > 0);
        let number = number.ok_or(ImportErrorKind::Invalid("connection"))?;
        let word = |name| line.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let transport = TransportKind::named(&word("transport")).unwrap_or_default();
        let began = time_of(line, "began")?.unwrap_or_default();
        let fields = |name| {
            let fields = line.get(name).map_or(&[][..], Value::items).iter();
            let text = |field: &Value<'_>, at: usize| Some(field.items().get(at)?.as_str()?.to_owned());
            fields.filter_map(|field| Some((text(field, 0)?, text(field, 1)?))).collect()
        };
        let offered = line.get("offered").map_or(&[][..], Value::items).iter();
        let connection = Connection {
            address: if line.get("address").is_some() { word("address") } else { word("url") },
            url: if line.get("address").is_some() { word("url") } else { String::new() },
            transport,
            began,
            opened: time_of(line, "opened")?,
            ended: time_of(line, "ended")?,
            offered: offered.filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
            protocol: word("protocol"),
            extensions: word("extensions"),
            headers: fields("headers"),
            answer: fields("answer"),
            handshake: line.get("handshake").map(|told| Box::new(handshake(told))),
            ..Connection::default()
        };
        let id = self.names.connection(number, store, began);
        if let Some(known) = store.connection_mut(id) {
            *known = Connection { id, ..connection };
        }
        Ok(())
    }

    fn update(&mut self, line: &Value<'_>, store: &mut Store) -> Read<()> {
        use ImportErrorKind::Invalid;
        let own = line.get("update").and_then(Value::as_u64).ok_or(Invalid("update"))?;
        let delivery = word_of(line, "delivery")?;
        let connection = number_of(line, "conn")?;
        // The entry may have been in a piece that was given up.
        let Some(entry) = self.names.find(own).and_then(|id| store.get(id)) else { return Ok(()) };
        let (id, time) = (entry.id, entry.time);
        if let Some(delivery) = delivery {
            store.set_delivery(id, delivery);
        }
        if let Some(wire) = wire(line, "") {
            store.set_wire(id, &wire);
        }
        if let Some(connection) = connection {
            let connection = self.names.connection(connection, store, time);
            store.set_connection(id, connection);
        }
        if let Some(pair) = line.get("pair").and_then(Value::as_u64) {
            self.names.pair(own, pair, store);
        }
        Ok(())
    }

    fn entry(&mut self, line: &Value<'_>, store: &mut Store, report: &mut Report) -> Read<()> {
        use ImportErrorKind::{Invalid, Missing};
        let flag = |name| line.get(name).and_then(Value::as_bool).unwrap_or(false);
        let time = time_of(line, "time")?.ok_or(Missing("time"))?;
        let direction = word_of(line, "dir")?.ok_or(Missing("dir"))?;
        let kind = word_of(line, "kind")?.ok_or(Missing("kind"))?;
        let binary;
        let body = match line.get("base64") {
            Some(coded) => {
                let coded = coded.as_str().ok_or(Invalid("base64"))?;
                binary = from_base64(coded).map_err(|_| Invalid("base64"))?;
                Body::Binary(&binary)
            }
            None => Body::Text(line.get("data").and_then(Value::as_str).ok_or(Missing("data"))?),
        };
        let code = number_of(line, "code")?.map_or(Some(0), |code| u16::try_from(code).ok());
        let whole = |name| line.get(name).and_then(Value::as_u64).unwrap_or(0);
        let origin = if flag("heartbeat") { Some(Origin::Heartbeat) } else { word_of(line, "origin")? };
        let fact = Fact {
            // A later version may know of more; its numbers are kept without their meaning.
            what: word_of(line, "what").ok().flatten().unwrap_or_default(),
            millis: whole("ms"),
            count: whole("n"),
        };
        let delivery = word_of(line, "delivery")?;
        let number = number_of(line, "conn")?.unwrap_or(0);
        let wire = wire(line, "");
        let draft = Draft {
            wire: wire.as_ref(),
            code: code.ok_or(Invalid("code"))?,
            delivery,
            origin: origin.unwrap_or_default(),
            clean: flag("clean"),
            fact,
            ..Draft::new(time, self.names.connection(number, store, time), direction, kind, body)
        };
        let id = store.append(draft);
        report.entries += 1;
        if let Some(own) = line.get("id").and_then(Value::as_u64) {
            self.names.entry(own, id);
            if let Some(pair) = line.get("pair").and_then(Value::as_u64) {
                self.names.pair(own, pair, store);
            }
        }
        Ok(())
    }
}

/// A word with a meaning, if the member is there.
fn word_of<T: Word>(line: &Value<'_>, name: &'static str) -> Read<Option<T>> {
    let Some(value) = line.get(name) else { return Ok(None) };
    value.as_str().and_then(T::of_word).map(Some).ok_or(ImportErrorKind::Invalid(name))
}

/// A number of a connection or a code, if the member is there.
fn number_of(line: &Value<'_>, name: &'static str) -> Read<Option<u32>> {
    let Some(value) = line.get(name) else { return Ok(None) };
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.map(Some).ok_or(ImportErrorKind::Invalid(name))
}

/// A time, if the member is there.
fn time_of(line: &Value<'_>, name: &'static str) -> Read<Option<Micros>> {
    let digits = match line.get(name) {
        None => return Ok(None),
        Some(Value::Number(digits)) => Micros::parse_millis(digits),
        Some(_) => None,
    };
    digits.map(Some).ok_or(ImportErrorKind::Invalid(name))
}
