//! What travels over a socket, and the names the link gives to it.

use std::fmt;

/// A whole WebSocket message to be sent (RFC 6455 section 5.6).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text.
    Text(String),
    /// Arbitrary bytes.
    Binary(Vec<u8>),
}

impl Message {
    /// Bytes of payload, as a browser's `bufferedAmount` counts them: UTF-8, without framing.
    pub fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Whether the payload is empty. An empty message is a message all the same.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A borrowed view of this message.
    pub fn as_ref(&self) -> MessageRef<'_> {
        match self {
            Message::Text(text) => MessageRef::Text(text),
            Message::Binary(bytes) => MessageRef::Binary(bytes),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Message {
        Message::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Message {
        Message::Text(text)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Message {
        Message::Binary(bytes)
    }
}

/// A received message, borrowed: the link looks at it and keeps nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageRef<'a> {
    /// UTF-8 text.
    Text(&'a str),
    /// Arbitrary bytes.
    Binary(&'a [u8]),
}

impl MessageRef<'_> {
    /// Bytes of payload.
    pub fn len(&self) -> usize {
        match self {
            MessageRef::Text(text) => text.len(),
            MessageRef::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the payload is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Names one accepted message of one link. Ids grow by one with every accepted message, and messages are
/// handed to sockets in the order of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A run of messages that share a fate: every message from `first` to `last`, both included, except those
/// already reported as dropped.
///
/// A range instead of one event per message keeps the link's memory constant however many messages a peer
/// leaves unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MessageIds {
    /// No message of the run is older.
    pub first: MessageId,
    /// The newest message of the run.
    pub last: MessageId,
    /// How many messages the run holds, dropped ones not counted.
    pub count: u64,
}

impl MessageIds {
    /// Whether `id` lies in the run.
    pub fn contains(&self, id: MessageId) -> bool {
        self.first <= id && id <= self.last
    }

    /// Every id from first to last. May name messages that were reported as dropped before.
    pub fn iter(&self) -> impl Iterator<Item = MessageId> + use<> {
        (self.first.0..=self.last.0).map(MessageId)
    }
}

/// Names one socket of one link; never used twice, so that an event of a socket long given up is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u64);

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}
