//! What is said in a room beside the [session](crate::session): presence, typing, pages of history. `docs/channels.md` has it
//! for people who write a client.

mod lobby;

pub use lobby::{Lobby, Member, Share};

use crate::head::{Head, Writer, cut};
use crate::session::json::{ReadError, client_message};
use crate::session::{ClientMessage, MAX_NAME, Public};

/// A notice names at most so many members.
pub const NAMED: usize = 100;
/// A page of history has at most so many messages.
pub const PAGE: u64 = 100;

/// What somebody in a room says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What the session knows.
    Session(ClientMessage),
    /// It is about to say something.
    Typing,
    /// It is called something else, or nothing, from here on.
    Name(Option<String>),
    /// It wants what was said before a message.
    History {
        /// That message's offset.
        before: u64,
        /// At most so many, up to [`PAGE`].
        limit: u64,
    },
}

/// What a room tells beside its messages. It has no offset: who misses one gets a later one that makes up for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice<'a> {
    /// Who is there, all of them or the first [`NAMED`].
    Present {
        /// Those with a name.
        members: Vec<Member>,
        /// How many connections there are, those without a name included.
        here: usize,
    },
    /// Who came, left, or is called something else.
    Presence {
        /// Those who came, or have another name.
        joined: Vec<Member>,
        /// Those who left, or have no name any more.
        left: Vec<Public>,
        /// How many connections there are.
        here: usize,
    },
    /// Somebody is about to say something.
    Typing(&'a Member),
}

impl Command {
    /// Reads what somebody says.
    ///
    /// # Errors
    /// It is nothing that is known in a room, or not as it has to be.
    pub fn read(text: &str) -> Result<Command, ReadError> {
        let mut head = Head::parse_with_data(text)?;
        let command = match head.kind.as_str() {
            "hello" | "publish" | "ping" => {
                let mut message = client_message(head)?;
                if let ClientMessage::Hello(hello) = &mut message {
                    hello.name = named(hello.name.take())?;
                }
                return Ok(Command::Session(message));
            }
            "typing" => Command::Typing,
            "name" => {
                let name = head.string("name")?;
                Command::Name(named(name)?)
            }
            "history" => {
                let before = head.number("before")?;
                Command::History {
                    before: head.needs("before", before)?,
                    limit: head.number("limit")?.unwrap_or(50).min(PAGE),
                }
            }
            other => {
                return Err(ReadError(format!(
                    "{} is nothing that is known here: use hello, publish, ping, typing, name or history",
                    cut(other)
                )));
            }
        };
        head.end()?;
        Ok(command)
    }
}

impl Notice<'_> {
    /// The message.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Notice::Present { members, here } => {
                Writer::new("present").list("members", all(members)).number("here", *here as u64).json()
            }
            Notice::Presence { joined, left, here } => {
                let mut writer = Writer::new("presence");
                if !joined.is_empty() {
                    writer = writer.list("joined", all(joined));
                }
                if !left.is_empty() {
                    writer = writer.list("left", left.iter().map(|client| format!("\"{client}\"")));
                }
                writer.number("here", *here as u64).json()
            }
            Notice::Typing(Member { client, name }) => {
                Writer::new("typing").string("by", &client.to_string()).string("name", name).json()
            }
        }
    }
}

/// A page of history: messages as they were sent, and the offset of the first that there is.
#[must_use]
pub fn write_page<'m>(messages: impl Iterator<Item = &'m str>, first: u64) -> String {
    Writer::new("history").list("messages", messages.map(ToOwned::to_owned)).number("first", first).json()
}

fn all(members: &[Member]) -> impl Iterator<Item = String> {
    members.iter().map(|Member { client, name }| {
        Writer::within().string("id", &client.to_string()).string("name", name).json()
    })
}

/// A name is something to be seen, and no more than a line.
fn named(name: Option<String>) -> Result<Option<String>, ReadError> {
    // An empty one is none.
    let Some(name) = name.filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) || name.trim().is_empty() {
        return Err(ReadError(format!(
            "a name has 1 to {MAX_NAME} characters, none of them a control character"
        )));
    }
    Ok(Some(name))
}
