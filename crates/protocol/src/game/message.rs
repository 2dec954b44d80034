//! What both ends say.

use std::fmt;

use super::MAX_NAME;
use super::body::{Body, Input};
use super::world::Spark;

/// One message has at most so many inputs.
pub(super) const MAX_INPUTS: usize = 8;

/// Who a player is, whatever connection it comes by: random bits that the server gives along with a seat. It is a secret
/// between the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(pub u128);

/// How a player is called: up to 16 characters without control characters, and nothing but spaces at neither end. It may be
/// empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(String);

/// Why a name can't be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It has more than 16 characters.
    #[error("a name has at most {MAX_NAME} characters")]
    Long,
    /// A character is not to be shown, or the bytes are none.
    #[error("a name is UTF-8 text without control characters")]
    Control,
}

/// What a client wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To look on.
    Watch,
    /// To have a seat, or a place in line for one.
    Play,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Who it is: the first message of each connection.
    Hello(Hello),
    /// What its player does.
    Inputs(Inputs),
    /// To be answered at once, and how far it is.
    Ping(Ping),
    /// It has changed its mind.
    Wish(Wish),
}

/// Who a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What it wants to do.
    pub wish: Wish,
    /// The token of the seat that it had, if any.
    pub token: Option<Token>,
    /// How it wants to be called.
    pub name: Name,
}

/// Inputs of some ticks that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The sequence number of the last of them.
    pub last: u32,
    /// One to eight, the oldest first. The numbers of those before the last are smaller by 1 each.
    pub inputs: Vec<Input>,
}

/// Asks for an answer, and says how far its sender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ping {
    /// What the answer is to have, such as the time.
    pub number: u64,
    /// The tick of the newest snapshot that came, or 0.
    pub seen: u32,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// What the client is in this game.
    Seat(Seat),
    /// The game at one tick.
    Snapshot(Snapshot),
    /// Who plays.
    Roster(Roster),
    /// The answer to a ping.
    Pong(u64),
}

/// What a client is in this game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The tick at which it was said.
    pub tick: u32,
    /// What it does.
    pub standing: Standing,
    /// Why.
    pub why: Why,
    /// Of its seat, if it has one.
    pub token: Option<Token>,
    /// The greatest sequence number that the server has of it; inputs go on behind it.
    pub received: u32,
}

/// What a client does in a game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It looks on.
    Watching,
    /// It looks on until so many others, itself included, have got a seat.
    InLine(u8),
    /// It plays in this seat, counted from 0.
    Playing(u8),
}

/// Why a client's standing is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It wished so, as far as there was a seat.
    Wished,
    /// Its player did nothing for too long.
    Idle,
}

/// The game at one tick, whole: it needs no other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Ticks since the arena began.
    pub tick: u32,
    /// In the order of their seats.
    pub players: Vec<PlayerState>,
    /// What lies about.
    pub sparks: Vec<Spark>,
}

/// One player at one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayerState {
    /// Its seat.
    pub slot: u8,
    /// Its puck.
    pub body: Body,
    /// The low 16 bits of the sequence number of the last input that is dealt with: taken for a step, or given up.
    pub done: u16,
    /// Inputs that wait for their tick.
    pub waiting: u8,
    /// What it has collected in this round.
    pub score: u16,
}

/// Who plays, and who won the round before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// In the order of their seats.
    pub players: Vec<Seated>,
    /// How many others look on.
    pub watchers: u16,
    /// The winner of the round before.
    pub champion: Option<Champion>,
}

/// One who plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// The seat.
    pub slot: u8,
    /// Its connection is gone; the seat is kept for a while.
    pub away: bool,
    /// How it is called.
    pub name: Name,
}

/// Who won a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Champion {
    /// With how many sparks.
    pub score: u16,
    /// How it is called.
    pub name: Name,
}

impl Name {
    /// A name without the white space around it.
    ///
    /// # Errors
    /// It is too long, or has characters that are none to be shown.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let name = name.trim();
        if name.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        if name.chars().count() > MAX_NAME {
            return Err(NameError::Long);
        }
        Ok(Self(name.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").finish_non_exhaustive()
    }
}
