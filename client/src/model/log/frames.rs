//! What a relay tells beside messages.

use link::MessageId;
use workbench::entry::{Body, Direction, Draft, Fact, Kind, What, Wire};
use workbench::time::Micros;

use super::Log;

impl Log {
    /// How a message of the person's went out.
    pub fn sent_as(&mut self, id: MessageId, wire: &Wire) {
        if let Ok(index) = self.pending.binary_search_by_key(&id, |(pending, _)| *pending) {
            self.store.set_wire(self.pending[index].1, wire);
        }
    }

    /// A Ping or a Pong passed.
    pub fn control(&mut self, now: Micros, direction: Direction, kind: Kind, payload: &[u8]) {
        let body = std::str::from_utf8(payload).map_or(Body::Binary(payload), Body::Text);
        let id = self.store.append(Draft::new(now, self.connection, direction, kind, body));
        self.pairing.observe(&mut self.store, id);
    }

    /// The relay says something.
    pub fn told(&mut self, now: Micros, words: &str) {
        self.note(now, Kind::Error, Fact::new(What::RelaySays), words);
    }
}
