//! What a room shows.

use std::rc::Rc;
use std::time::Duration;

use protocol::session::{Message, Public};
use workbench::json::Value;

/// What stands in the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Somebody said something.
    Said(Rc<Said>),
    /// Messages do not come: a number to tell it from others, and how many, if that can be known.
    Gap(u64, Option<u64>),
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its place in the channel.
    pub offset: u64,
    /// Which count that belongs to, numbered from 0 as they came.
    pub epoch: u32,
    /// Who; nobody where it is the server's own.
    pub by: Option<Public>,
    /// How it was called then; it may be empty.
    pub name: String,
    /// When the server took it, in milliseconds since 1970.
    pub at: u64,
    /// What.
    pub text: String,
    /// It is one's own.
    pub is_own: bool,
    /// It was missed, and came later.
    pub is_replayed: bool,
}

/// One's own message that has not come back from the channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its number in the session.
    pub seq: u64,
    /// What.
    pub text: String,
    /// How it stands with it.
    pub mark: Mark,
    /// When it was said.
    pub said: Duration,
}

/// How it stands with one's own message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It waits for a connection, or for its turn.
    Queued,
    /// It is on its way.
    Sent,
    /// It is in the channel.
    Delivered,
    /// It may be in the channel or not, and nobody can know.
    Unknown,
    /// It is not in the channel, and won't be as it is.
    Refused,
    /// It is not in the channel: too much was said at once. It can be said again.
    TooFast,
}

impl Mark {
    /// Whether the person has to decide what becomes of it.
    pub fn is_open(self) -> bool {
        matches!(self, Mark::Unknown | Mark::Refused | Mark::TooFast)
    }
}

impl Said {
    /// Of a message in an epoch. One that is of another form than this scene's is shown as it is.
    pub(super) fn of(message: Message, epoch: u32) -> Said {
        let json = String::from_utf8_lossy(&message.data);
        let text = Value::parse(&json)
            .ok()
            .and_then(|value| value.get("text")?.as_str().map(ToOwned::to_owned))
            .unwrap_or_else(|| json.clone().into_owned());
        let author = message.author;
        Said {
            offset: message.offset,
            epoch,
            by: author.as_ref().map(|author| author.client),
            name: author.map(|author| author.name).unwrap_or_default(),
            at: message.at,
            text,
            is_own: false,
            is_replayed: false,
        }
    }
}
