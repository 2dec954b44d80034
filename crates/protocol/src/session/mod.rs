//! A session that survives its connections: `heartwire.session.v1`, both ends, without IO, clock or randomness.
//! `docs/session-protocol.md` has it for people who write a client.
//!
//! A channel numbers its messages within an [`Epoch`]; a client that comes back says how far it got and gets what it missed.
//! A session numbers its own messages; the server knows which it has, and takes none twice. What can't be known any more is
//! told as [`Lost`], or as an unknown fate, and the application decides.
//!
//! | end | |
//! |---|---|
//! | the client's | [`Client`] queues, numbers, resumes and sorts out what comes |
//! | the server's | [`Channel`] counts at the one place there is, and has a [`Cursor`] for each reader, a [`Ticket`] for each session and its [`Answers`] |
//! | both | [`ClientMessage`] and [`ServerMessage`], as JSON ([`json`]) or bytes ([`binary`]) |

mod answers;
pub mod binary;
mod channel;
mod client;
pub mod json;
mod message;
mod sessions;

pub use answers::Answers;
pub use channel::{Attached, Channel, Cursor, Entry, Limits, Read};
pub use client::{Client, ClientConfig, Event, Full, Output};
pub use message::{
    Author, ClientId, ClientMessage, Epoch, Hello, Lost, Message, Position, Public, Reason, Refused,
    ServerMessage, SessionId, Welcome,
};
pub use sessions::{NotTaken, Ticket};

/// The subprotocol's name.
pub const SUBPROTOCOL: &str = "heartwire.session.v1";
/// A session has at most so many messages on their way, sent and not acknowledged. The server remembers for as many which
/// were refused.
pub const WINDOW: u64 = 64;
/// What could not be kept may be published again after so many milliseconds.
pub const RETRY: u64 = 1000;
/// The code of the server's Close when the session goes on over a newer connection. Its client does not come back by itself.
pub const SUPERSEDED: u16 = 4409;
/// The code of either end's Close when a message is missing that should have come: the client comes back and resumes.
pub const GAP: u16 = 4408;
/// The code of the server's Close when the client does not follow the protocol.
pub const MISUSED: u16 = 4400;
/// Offsets and sequence numbers are at most 2^53 - 1, which every program reads as a whole number.
pub const MAX_COUNT: u64 = (1 << 53) - 1;
/// A name has at most so many characters.
pub const MAX_NAME: usize = 40;
