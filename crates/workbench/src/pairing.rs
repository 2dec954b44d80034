//! Which response belongs to which request.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::entry::{Body, ConnectionId, Direction, Entry, EntryId, Kind};
use crate::json::{Path, unescape};
use crate::small_map::SmallMap;
use crate::store::Store;

/// Requests that wait for a response are remembered up to this many per connection; then the oldest is
/// given up.
pub const MAX_PENDING: usize = 4096;

/// And so many Pings of all connections.
const MAX_PINGS: usize = 64;

/// Longer messages, in bytes, have no id: each is read in one go.
const MAX_ID_BYTES: usize = 4 << 20;

/// How a response is recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// Not at all.
    Off,
    /// It equals the request, as on an echo endpoint. The default.
    #[default]
    Echo,
    /// It is the next message in; the oldest open request gets it.
    Next,
    /// Both hold the same value at a path, as with JSON-RPC's `id`.
    JsonId {
        /// Where the request has it.
        request: Path,
        /// Where the response has it.
        response: Path,
    },
}

/// A pair that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paired {
    /// The message out.
    pub request: EntryId,
    /// The message in.
    pub response: EntryId,
    /// Microseconds between them.
    pub rtt_micros: u32,
}

/// Pairs messages as they are appended. Heartbeats are left out: their round trip is the link's to tell.
#[derive(Debug, Default)]
pub struct Pairing {
    rule: Rule,
    pending: SmallMap<ConnectionId, VecDeque<(u64, EntryId)>>,
    /// Pings that wait for their Pong, the latest last.
    pings: VecDeque<EntryId>,
}

impl Pairing {
    /// A pairing without open requests.
    #[must_use]
    pub fn new(rule: Rule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// The rule in force.
    #[must_use]
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Looks at an entry right after it was appended, and links it with its request if it is a response.
    /// A [`Kind::Disconnected`] gives up the open requests of its connection.
    pub fn observe(&mut self, store: &mut Store, id: EntryId) -> Option<Paired> {
        let entry = store.get(id)?;
        match (entry.kind, entry.direction) {
            (Kind::Disconnected, _) => {
                self.pending.remove(&entry.connection);
                None
            }
            (Kind::Message, Direction::Out) if !entry.is_heartbeat() => {
                let key = self.key(&entry)?;
                let pending = self.pending.get_or_insert_with(entry.connection, VecDeque::new);
                if pending.len() == MAX_PENDING {
                    pending.pop_front();
                }
                pending.push_back((key, id));
                None
            }
            (Kind::Message, Direction::In) if !entry.is_heartbeat() => {
                let request = self.take_request(store, &entry)?;
                let rtt_micros = store.pair(request, id)?;
                Some(Paired { request, response: id, rtt_micros })
            }
            (Kind::Ping, Direction::Out) => {
                if self.pings.len() == MAX_PINGS {
                    self.pings.pop_front();
                }
                self.pings.push_back(id);
                None
            }
            // Whatever the rule is: a Pong has the payload of the Ping that it answers (RFC 6455, section 5.5.3).
            (Kind::Pong, Direction::In) => {
                let answers = |id: &EntryId| {
                    let ping = store.get(*id);
                    ping.is_some_and(|ping| ping.connection == entry.connection && ping.body == entry.body)
                };
                let request = self.pings.remove(self.pings.iter().position(answers)?)?;
                let rtt_micros = store.pair(request, id)?;
                Some(Paired { request, response: id, rtt_micros })
            }
            _ => None,
        }
    }

    fn take_request(&mut self, store: &Store, response: &Entry<'_>) -> Option<EntryId> {
        // A feed that nobody asked for is most of what comes in: it is not looked at any further.
        if self.pending.get(&response.connection)?.is_empty() {
            return None;
        }
        let key = self.key(response)?;
        let pending = self.pending.get_mut(&response.connection)?;
        let rule = &self.rule;
        // Answers come mostly in order, so that the search ends at the first.
        let at = pending.iter().position(|&(k, id)| {
            k == key
                && match rule {
                    // Equal hashes are not yet equal messages.
                    Rule::Echo => store.get(id).is_some_and(|request| request.body == response.body),
                    Rule::JsonId { request: path, response: other } => store.get(id).is_some_and(|request| {
                        json_id(path, &request).is_some_and(|a| Some(a) == json_id(other, response))
                    }),
                    Rule::Next | Rule::Off => store.get(id).is_some(),
                }
        })?;
        if *rule == Rule::Next {
            // Older requests were dropped from the store.
            pending.drain(..at);
            return pending.pop_front().map(|(_, id)| id);
        }
        pending.remove(at).map(|(_, id)| id)
    }

    fn key(&self, entry: &Entry<'_>) -> Option<u64> {
        let mut hasher = DefaultHasher::new();
        match &self.rule {
            Rule::Off => return None,
            Rule::Next => {}
            Rule::Echo => entry.body.bytes().hash(&mut hasher),
            Rule::JsonId { request, response } => {
                json_id(if entry.direction == Direction::Out { request } else { response }, entry)?
                    .hash(&mut hasher);
            }
        }
        Some(hasher.finish())
    }
}

/// A string and a number with the same characters count as the same id, as servers often mix them.
fn json_id<'a>(path: &Path, entry: &Entry<'a>) -> Option<std::borrow::Cow<'a, str>> {
    match entry.body {
        Body::Text(text) if text.len() <= MAX_ID_BYTES => path.first(text).map(|found| unescape(found.raw)),
        Body::Text(_) | Body::Binary(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Delivery, Draft, Origin};
    use crate::time::Micros;

    const C: ConnectionId = ConnectionId(1);

    fn run(rule: Rule, messages: &[&str]) -> Vec<(EntryId, EntryId)> {
        let (mut store, mut pairing) = (Store::default(), Pairing::new(rule));
        let mut pairs = Vec::new();
        for (i, message) in messages.iter().enumerate() {
            let time = Micros(i as u64 * 1000);
            let (mark, text) = message.split_at(1);
            let id = store.append(match mark {
                ">" => Draft::sent(time, C, Body::Text(text), Delivery::Sent),
                "<" => Draft::received(time, C, Body::Text(text)),
                "?" => Draft::new(time, C, Direction::Out, Kind::Ping, Body::Text(text)),
                "=" => Draft::new(time, C, Direction::In, Kind::Pong, Body::Text(text)),
                "~" => Draft { origin: Origin::Heartbeat, ..Draft::received(time, C, Body::Text(text)) },
                _ => Draft::new(time, C, Direction::In, Kind::Disconnected, Body::Text(text)),
            });
            if let Some(pair) = pairing.observe(&mut store, id) {
                assert_eq!(u64::from(pair.rtt_micros), (pair.response - pair.request) * 1000);
                assert_eq!(store.get(pair.response).unwrap().pair, Some(pair.request));
                pairs.push((pair.request, pair.response));
            }
        }
        pairs
    }

    #[test]
    fn a_pong_answers_the_ping_with_its_payload() {
        let passed = ["?a", "?b", ">a", "=b", "=b", "<a", "=", "=a"];
        for rule in [Rule::Off, Rule::Echo, Rule::Next] {
            let pairs = run(rule.clone(), &passed);
            let pings: Vec<_> = pairs.into_iter().filter(|pair| *pair != (2, 5)).collect();
            assert_eq!(pings, [(1, 3), (0, 7)], "{rule:?}");
        }
        let many: Vec<_> = std::iter::repeat_n("?x", 2 * MAX_PINGS).chain(["=x"]).collect();
        assert_eq!(
            run(Rule::Off, &many),
            [(MAX_PINGS as u64, 2 * MAX_PINGS as u64)],
            "the oldest are given up"
        );
    }

    #[test]
    fn by_echo() {
        assert_eq!(
            run(Rule::Echo, &[">a", ">b", "<b", "<x", "<a", "<a", ">a", ">a", "<a"]),
            [(1, 2), (0, 4), (6, 8)]
        );
    }

    #[test]
    fn by_order_without_heartbeats() {
        assert_eq!(run(Rule::Next, &[">a", ">b", "~pong", "<1", "<2", "<3"]), [(0, 3), (1, 4)]);
    }

    #[test]
    fn by_id() {
        let path = |p| Path::parse(p).unwrap();
        let rule = Rule::JsonId { request: path("id"), response: path("re.id") };
        let messages = [
            r#">{"id":1}"#,
            r#">{"id":"a"}"#,
            ">none",
            r#"<{"re":{"id":"a"}}"#,
            r#"<{"id":1}"#,
            r#"<{"re":{"id":"1"}}"#,
        ];
        assert_eq!(run(rule, &messages), [(1, 3), (0, 5)]);
    }

    #[test]
    fn a_lost_connection_ends_waiting() {
        assert_eq!(run(Rule::Echo, &[">a", "!", "<a"]), []);
        assert_eq!(run(Rule::Off, &[">a", "<a"]), []);
    }
}
