//! What the two ends of a session say to each other, whatever form it has on the wire.

use std::fmt;

/// A client, for as long as its application wants to be known as the same one: 128 random bits of its choosing. Whoever
/// knows it can pass for it, so it is told to the server alone; others see what the server makes of it, [`Public`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub u128);

/// One numbering of a client's messages: 128 random bits, made with the numbering and never stored or copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub u128);

/// What others see of a client, or of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Public(pub u64);

/// An uninterrupted count of a channel's messages. Where the count can't be taken up again, another epoch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(pub u64);

/// How far somebody is: all up to this offset is there, or was told to be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Of which count.
    pub epoch: Epoch,
    /// Of the last message; 0 stands before the first.
    pub offset: u64,
}

/// Messages of a channel that will not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Of which count.
    pub epoch: Epoch,
    /// The first.
    pub from: u64,
    /// The last. `None`: the epoch is over, and whether there were any can't be known.
    pub to: Option<u64>,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// First, and once.
    Hello(Hello),
    /// A message for all.
    Publish {
        /// The session's messages are numbered 1, 2, 3 …
        seq: u64,
        /// What the channel takes: JSON, or bytes in the binary form.
        data: Vec<u8>,
    },
    /// Asks whether the server is there.
    Ping,
}

/// Who comes, and where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Who.
    pub client: ClientId,
    /// The numbering that its messages have.
    pub session: SessionId,
    /// The session's connections are numbered 1, 2, 3 …: of two, the later one has the session.
    pub connection: u64,
    /// How far it got; `None` for one that comes for the first time.
    pub position: Option<Position>,
    /// What the server's latest [`Welcome`] called its memory of the session; 0 before the first.
    pub memory: u64,
    /// It knows what became of its messages up to this number.
    pub known: u64,
    /// It has sent messages up to this number, in the epoch of its position.
    pub sent: u64,
    /// So many of the latest messages are wanted by one that comes for the first time.
    pub history: u64,
    /// How it wants to be called.
    pub name: Option<String>,
}

impl Hello {
    /// What no client that follows the protocol says.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.connection == 0 {
            return Err("connection of hello counts from 1");
        }
        if self.sent < self.known {
            return Err("sent of hello is never below known");
        }
        // There has to be an offset behind it.
        if self.position.is_some_and(|position| position.offset >= super::MAX_COUNT) {
            return Err("offset of hello is at most 2^53 - 2");
        }
        Ok(())
    }
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// The answer to [`Hello`].
    Welcome(Welcome),
    /// A message of the channel.
    Message(Message),
    /// These messages of the session's are published. What became of those before was told before.
    Ack {
        /// The first one's number.
        from: u64,
        /// The last one's.
        to: u64,
    },
    /// A message of the session's is not published, and its number is used up. What became of those before was told before.
    Refused(Refused),
    /// The count goes on elsewhere, while the connection stays.
    Jump {
        /// Messages behind this follow.
        position: Position,
        /// What does not come.
        lost: Vec<Lost>,
    },
    /// The answer to [`Ping`](ClientMessage::Ping).
    Pong,
    /// What the client said was not understood, or not followed.
    Error {
        /// Why, and what would be right.
        error: String,
    },
}

/// How a session stands when it begins or goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Messages behind this follow.
    pub position: Position,
    /// The channel's latest message: who has it has caught up.
    pub head: u64,
    /// A number for what the server remembers of the session from here on. With another number it has forgotten.
    pub memory: u64,
    /// What the client missed and does not get any more.
    pub lost: Vec<Lost>,
    /// The session's messages up to this number were dealt with: published, unless `refused` names them. Those behind it
    /// are to be sent again. `None`: nothing is known of this session, and what was sent and not acknowledged may have been
    /// published or not.
    pub seq: Option<u64>,
    /// Of those that the client knows nothing of, these were refused.
    pub refused: Vec<u64>,
    /// What others see of the client.
    pub client: Public,
    /// What others see of the session, in the ids of its messages.
    pub session: Public,
}

/// A message of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in the epoch, from 1.
    pub offset: u64,
    /// Whose it is; `None` for the server's own.
    pub author: Option<Author>,
    /// When the server took it, in milliseconds since 1970.
    pub at: u64,
    /// What was published.
    pub data: Vec<u8>,
}

/// Who published a message, and as which of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The client.
    pub client: Public,
    /// Its session.
    pub session: Public,
    /// The message's number in the session.
    pub seq: u64,
    /// How the client was called then; empty where it had no name.
    pub name: String,
}

/// Why a message was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The session's message.
    pub seq: u64,
    /// In a word.
    pub reason: Reason,
    /// In a sentence.
    pub error: String,
}

/// The kinds of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is larger than the channel takes.
    Size,
    /// It came too soon behind others. The same message may be published after so many milliseconds.
    Rate(u64),
    /// It is not what the channel takes.
    Invalid,
    /// The channel can't take any at present. The same message may be published after so many milliseconds.
    Unavailable(u64),
    /// It was refused, and the refusal with its reason did not arrive.
    Unheard,
}

impl Position {
    /// Before all messages of an epoch.
    #[must_use]
    pub fn start(epoch: Epoch) -> Position {
        Position { epoch, offset: 0 }
    }
}

impl Hello {
    /// Whether it has sent what it does not know the fate of.
    #[must_use]
    pub fn has_unsettled(&self) -> bool {
        self.sent > self.known
    }
}

impl Reason {
    /// Its name in the protocol.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Size => "size",
            Reason::Rate(_) => "rate",
            Reason::Invalid => "invalid",
            Reason::Unavailable(_) => "unavailable",
            Reason::Unheard => "unheard",
        }
    }

    /// After how many milliseconds the same message may be published, if that makes sense.
    #[must_use]
    pub fn retry_millis(self) -> Option<u64> {
        match self {
            Reason::Rate(after) | Reason::Unavailable(after) => Some(after),
            Reason::Size | Reason::Invalid | Reason::Unheard => None,
        }
    }

    pub(super) fn of(name: &str, retry: Option<u64>) -> Reason {
        match name {
            "size" => Reason::Size,
            "rate" => Reason::Rate(retry.unwrap_or(0)),
            "unavailable" => Reason::Unavailable(retry.unwrap_or(0)),
            "unheard" => Reason::Unheard,
            // A later version may have more, and those who know none of them have to change the message.
            _ => Reason::Invalid,
        }
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for Public {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}
