//! What the bytes of a WebSocket connection mean: RFC 6455 frames, messages and handshake, RFC 7692 compression.
//!
//! No I/O, no clock, no randomness, no threads: bytes go in, events and bytes come out. A shell owns the socket, the
//! buffers and the timers. Both roles are here, and both are strict: whatever the RFCs forbid is a [`Failure`] that
//! knows the close code to send and the section it breaks.
//!
//! | layer | for |
//! |---|---|
//! | [`frame`], [`mask`], [`utf8`], [`close`] | the pieces of the wire format |
//! | [`Connection`], [`Turn`] | a whole connection, both roles: all that happens between the handshake and the end |
//! | [`Observer`] | one direction of somebody else's connection, followed on a copy of its bytes |
//! | [`SharedMessage`] | a message for many connections, made once |
//! | [`handshake`], [`deflate`] | the opening handshake as pure functions; permessage-deflate |
//! | [`raw`] | frames that break the rules on purpose, for testing peers |
//!
//! A connection owns no buffer while it is idle: a thread lends it a [`Turn`], input is decoded where it was read, and
//! what goes back as it came is sent from there.
//!
//! ```
//! use std::{io::IoSlice, sync::Arc};
//! use wire::{Connection, ConnectionSettings, Incoming, Role, Time, Turn};
//!
//! // What a driver read: "Hi", as a client sends it.
//! let read = b"\x81\x82\x01\x02\x03\x04\x49\x6b";
//!
//! let (mut turn, now) = (Turn::new(|| unreachable!("a server masks nothing")), Time::from_micros(0));
//! let mut connection = Connection::new(Role::Server, None, Arc::new(ConnectionSettings::default()), now);
//! connection.read_buffer(&mut turn)[..read.len()].copy_from_slice(read);
//! connection.handle_input(&mut turn, read.len(), now);
//! while let Some((incoming, mut out)) = connection.poll(&mut turn, now) {
//!     if let Incoming::Message(message) = incoming {
//!         out.echo(&message)?;
//!     }
//! }
//!
//! // What it is to write: the echo.
//! let mut slices = [IoSlice::new(&[]); 8];
//! let count = connection.slices(&mut turn, &mut slices);
//! assert_eq!(count, 1);
//! assert_eq!(&*slices[0], b"\x81\x02Hi");
//! connection.handle_written(&mut turn, 4, now);
//! connection.end_turn(&mut turn, true, now);
//! # Ok::<(), wire::NotSent>(())
//! ```

pub mod close;
pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod mask;
pub mod raw;
pub mod utf8;

mod connection;
mod error;
mod header;
mod limits;
mod observer;
mod receive;
mod send;
mod time;

pub use close::CloseCode;
pub use connection::{
    Abort, Cause, Connection, ConnectionSettings, Counts, Direction, End, Incoming, Lent, Message, NotSent,
    Outgoing, Overheard, Sent, SharedMessage, Summary, Turn,
};
pub use error::{Failure, FailureKind};
pub use frame::{HeaderBytes, MessageKind, OpCode};
pub use limits::Limits;
pub use observer::{Observed, Observer};
pub use send::SendError;
pub use time::Time;

/// Which end of the connection this is. A client masks every frame it sends, a server none (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that accepted the connection.
    Server,
    /// The end that opened the connection.
    Client,
}

impl Role {
    /// The role at the other end.
    #[must_use]
    pub const fn peer(self) -> Role {
        match self {
            Role::Server => Role::Client,
            Role::Client => Role::Server,
        }
    }
}
