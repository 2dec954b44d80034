//! The log of a connection: what was connected, sent, received and closed, in order, bounded.

use std::collections::VecDeque;
use std::rc::Rc;

/// What an entry is about. The label is what the classic echo page prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A socket opened.
    Connected,
    /// A message of the person's; see [`Delivery`] for how far it got.
    Sent,
    /// A message from the peer.
    Response,
    /// A socket closed, or the link gave one up.
    Disconnected,
    /// Something failed.
    Error,
    /// Something worth knowing that is no failure.
    Note,
}

/// How far a sent message got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Waits for a connection.
    Queued,
    /// Handed to the browser's socket.
    Sent,
    /// Handed over, but the connection ended before anything showed that it arrived.
    Unknown,
    /// Given up without being handed over.
    Lost,
}

/// The content of an entry; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Text, or a description of what happened.
    Text(Rc<str>),
    /// The bytes of a binary message.
    Binary(Rc<[u8]>),
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Wall time in local milliseconds since 1970.
    pub local_millis: u64,
    /// What it is about.
    pub kind: Kind,
    /// Content.
    pub body: Body,
    /// For [`Kind::Sent`] only.
    pub delivery: Option<Delivery>,
    /// For [`Kind::Disconnected`] only.
    pub close_code: Option<u16>,
}

/// Bounds of a [`Journal`]; whichever is reached first drops the oldest entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries. Default 1,000,000.
    pub entries: usize,
    /// Bytes of all bodies. Default 256 MiB.
    pub bytes: usize,
}

/// Append-only entries, addressed by a position that stays the same when older ones are dropped.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    limits: Limits,
    bytes: usize,
    dropped: usize,
}

impl Kind {
    /// A word for attributes and style sheets.
    pub const fn slug(self) -> &'static str {
        match self {
            Kind::Connected => "connected",
            Kind::Sent => "sent",
            Kind::Response => "response",
            Kind::Disconnected => "disconnected",
            Kind::Error => "error",
            Kind::Note => "note",
        }
    }
}

impl Delivery {
    /// A word for attributes and style sheets.
    pub const fn slug(self) -> &'static str {
        match self {
            Delivery::Queued => "queued",
            Delivery::Sent => "sent",
            Delivery::Unknown => "unknown",
            Delivery::Lost => "lost",
        }
    }

    /// What it means, in a sentence, unless it goes without saying.
    pub const fn sentence(self) -> Option<&'static str> {
        match self {
            Delivery::Queued => Some("Waits in the queue and is sent as soon as there is a connection."),
            Delivery::Sent => None,
            Delivery::Unknown => Some(
                "The connection ended before anything showed that this message arrived. It may have, or not; \
                 it is not sent again by itself.",
            ),
            Delivery::Lost => Some("Given up: this message was never sent."),
        }
    }
}

impl Body {
    /// Size in bytes; of text, in UTF-8.
    pub fn len(&self) -> usize {
        match self {
            Body::Text(text) => text.len(),
            Body::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether there is no content.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Entry {
    /// The word at the start of the line.
    pub fn label(&self) -> &'static str {
        match (self.kind, self.delivery) {
            (Kind::Sent, Some(Delivery::Queued)) => "QUEUED",
            (Kind::Sent, Some(Delivery::Unknown)) => "UNKNOWN",
            (Kind::Sent, Some(Delivery::Lost)) => "NOT SENT",
            (Kind::Sent, _) => "SENT",
            (Kind::Connected, _) => "CONNECTED",
            (Kind::Response, _) => "RESPONSE",
            (Kind::Disconnected, _) => "DISCONNECTED",
            (Kind::Error, _) => "ERROR",
            (Kind::Note, _) => "NOTE",
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { entries: 1_000_000, bytes: 256 * 1024 * 1024 }
    }
}

impl Journal {
    /// An empty journal with these limits.
    pub fn new(limits: Limits) -> Journal {
        Journal { limits, ..Journal::default() }
    }

    /// Appends, drops the oldest if a limit is passed, and returns the new entry's position.
    pub fn push(&mut self, entry: Entry) -> usize {
        self.bytes += entry.body.len();
        self.entries.push_back(entry);
        // The newest stays even when it alone passes the limit.
        while self.entries.len() > 1
            && (self.entries.len() > self.limits.entries || self.bytes > self.limits.bytes)
        {
            if let Some(oldest) = self.entries.pop_front() {
                self.bytes -= oldest.body.len();
                self.dropped += 1;
            }
        }
        self.end() - 1
    }

    /// The entry at a position; `None` when it was dropped or does not exist yet.
    pub fn get(&self, position: usize) -> Option<&Entry> {
        self.entries.get(position.checked_sub(self.dropped)?)
    }

    /// Says how far a sent message got. A position that was dropped is ignored.
    pub fn set_delivery(&mut self, position: usize, delivery: Delivery) {
        let entry = position.checked_sub(self.dropped).and_then(|index| self.entries.get_mut(index));
        if let Some(entry) = entry {
            entry.delivery = Some(delivery);
        }
    }

    /// Forgets every entry; positions start again at 0.
    pub fn clear(&mut self) {
        *self = Journal::new(self.limits);
    }

    /// The position of the oldest entry kept: how many were dropped.
    pub fn start(&self) -> usize {
        self.dropped
    }

    /// The position the next entry will have: how many there ever were.
    pub fn end(&self) -> usize {
        self.dropped + self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> Entry {
        Entry {
            local_millis: 0,
            kind: Kind::Response,
            body: Body::Text(body.into()),
            delivery: None,
            close_code: None,
        }
    }

    fn bodies(journal: &Journal) -> Vec<String> {
        (journal.start()..journal.end())
            .map(|position| match &journal.get(position).unwrap().body {
                Body::Text(text) => text.to_string(),
                Body::Binary(bytes) => format!("{bytes:?}"),
            })
            .collect()
    }

    #[test]
    fn keeps_order_and_positions() {
        let mut journal = Journal::default();
        assert_eq!(journal.push(text("a")), 0);
        assert_eq!(journal.push(text("b")), 1);
        assert_eq!(bodies(&journal), ["a", "b"]);
        assert_eq!(journal.get(2), None);
    }

    #[test]
    fn positions_survive_dropping_by_count() {
        let mut journal = Journal::new(Limits { entries: 3, bytes: 1000 });
        for body in ["a", "b", "c", "d", "e"] {
            journal.push(text(body));
        }
        assert_eq!((journal.start(), journal.end()), (2, 5));
        assert_eq!(bodies(&journal), ["c", "d", "e"]);
        assert_eq!(journal.get(1), None);
    }

    #[test]
    fn bytes_are_bounded_but_one_huge_entry_is_shown() {
        let mut journal = Journal::new(Limits { entries: 100, bytes: 10 });
        journal.push(text("12345"));
        journal.push(text("12345"));
        assert_eq!(journal.start(), 0);
        journal.push(text("x"));
        assert_eq!(bodies(&journal), ["12345", "x"]);
        let huge = "y".repeat(50);
        journal.push(text(&huge));
        assert_eq!(bodies(&journal), [huge]);
        journal.push(text("z"));
        assert_eq!(bodies(&journal), ["z"]);
    }

    #[test]
    fn delivery_changes_the_label() {
        let mut journal = Journal::new(Limits { entries: 2, bytes: 100 });
        let sent = Entry { kind: Kind::Sent, delivery: Some(Delivery::Queued), ..text("m") };
        let position = journal.push(sent);
        let label = |journal: &Journal| journal.get(position).map(Entry::label);
        assert_eq!(label(&journal), Some("QUEUED"));
        journal.set_delivery(position, Delivery::Sent);
        assert_eq!(label(&journal), Some("SENT"));
        journal.set_delivery(position, Delivery::Unknown);
        assert_eq!(label(&journal), Some("UNKNOWN"));
        journal.push(text("a"));
        journal.push(text("b"));
        journal.set_delivery(position, Delivery::Lost);
        assert_eq!(bodies(&journal), ["a", "b"]);
    }

    #[test]
    fn clear_starts_again() {
        let mut journal = Journal::new(Limits { entries: 1, bytes: 100 });
        journal.push(text("a"));
        journal.push(text("b"));
        journal.clear();
        assert_eq!((journal.start(), journal.end()), (0, 0));
        assert_eq!(journal.push(text("c")), 0);
        journal.push(text("d"));
        assert_eq!(journal.start(), 1, "limits outlive clearing");
    }
}
