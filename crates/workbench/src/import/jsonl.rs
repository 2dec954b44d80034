use super::{Connections, ImportError, ImportErrorKind, Report};
use crate::bytes::from_base64;
use crate::entry::{Body, Delivery, Draft, EntryId};
use crate::export::jsonl::VERSION;
use crate::json::Value;
use crate::small_map::SmallMap;
use crate::store::Store;
use crate::time::Micros;

#[derive(Debug)]
pub(super) struct Reader {
    at: usize,
    line: u64,
    connections: Connections,
    /// The file's ids that a later line may refer to: open requests and queued messages.
    known: SmallMap<u64, EntryId>,
}

impl Reader {
    pub(super) fn new(connections: Connections) -> Self {
        Self { at: 0, line: 0, connections, known: SmallMap::new() }
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
                    self.header(&value, report);
                    Ok(())
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

    fn header(&mut self, header: &Value<'_>, report: &mut Report) {
        for connection in header.get("connections").map_or(&[][..], Value::items) {
            if let Some(number) =
                connection.get("id").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
            {
                self.connections.id(number, connection.get("url").and_then(Value::as_str), report);
            }
        }
    }

    fn update(&mut self, line: &Value<'_>, store: &mut Store) -> Result<(), ImportErrorKind> {
        let id = line.get("update").and_then(Value::as_u64).ok_or(ImportErrorKind::Invalid("update"))?;
        let word =
            line.get("delivery").and_then(Value::as_str).ok_or(ImportErrorKind::Missing("delivery"))?;
        let delivery = super::delivery(word).ok_or(ImportErrorKind::Invalid("delivery"))?;
        if let Some(&id) = self.known.get(&id) {
            store.set_delivery(id, delivery);
        }
        Ok(())
    }

    fn entry(
        &mut self,
        line: &Value<'_>,
        store: &mut Store,
        report: &mut Report,
    ) -> Result<(), ImportErrorKind> {
        use ImportErrorKind::{Invalid, Missing};
        let word = |name: &'static str| line.get(name).and_then(Value::as_str).ok_or(Missing(name));
        let flag = |name| line.get(name).and_then(Value::as_bool).unwrap_or(false);
        let time = line.get("time").ok_or(Missing("time"))?.as_f64().ok_or(Invalid("time"))?;
        let direction = super::direction(word("dir")?).ok_or(Invalid("dir"))?;
        let kind = super::kind(word("kind")?).ok_or(Invalid("kind"))?;
        let binary;
        let body = match line.get("base64") {
            Some(coded) => {
                let coded = coded.as_str().ok_or(Invalid("base64"))?;
                binary = from_base64(coded).map_err(|_| Invalid("base64"))?;
                Body::Binary(&binary)
            }
            None => Body::Text(word("data")?),
        };
        let code = line.get("code").map_or(Some(0), Value::as_u64).and_then(|c| u16::try_from(c).ok());
        let code = code.ok_or(Invalid("code"))?;
        let delivery = match line.get("delivery") {
            Some(value) => Some(value.as_str().and_then(super::delivery).ok_or(Invalid("delivery"))?),
            None => None,
        };
        let number = line.get("conn").map_or(Some(0), Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let connection = self.connections.id(number.ok_or(Invalid("conn"))?, None, report);
        let draft = Draft {
            code,
            delivery,
            heartbeat: flag("heartbeat"),
            clean: flag("clean"),
            ..Draft::new(Micros::from_millis(time), connection, direction, kind, body)
        };
        let id = store.append(draft);
        report.entries += 1;
        let own = line.get("id").and_then(Value::as_u64);
        let pair = line.get("pair").and_then(Value::as_u64);
        if let Some(own) = own {
            if let Some(request) = pair.filter(|&p| p < own).and_then(|p| self.known.remove(&p)) {
                store.pair(request, id);
            }
            if pair.is_some_and(|p| p > own) || delivery == Some(Delivery::Queued) {
                self.known.insert(own, id);
            }
        }
        Ok(())
    }
}
