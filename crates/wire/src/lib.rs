//! What the bytes of a WebSocket connection mean: RFC 6455 frames, messages and handshake, RFC 7692 compression.
//!
//! No I/O, no clock, no randomness, no threads: bytes go in, events and bytes come out. A shell owns the socket, the
//! buffers and the timers. Both roles are here, and both are strict: whatever the RFCs forbid is a [`Failure`] that
//! knows the close code to send and the section it breaks.
//!
//! | layer | for |
//! |---|---|
//! | [`frame`], [`mask`], [`utf8`], [`close`] | the pieces of the wire format |
//! | [`Receiver`], [`Sender`] | one direction each; zero-copy, for shells that count every instruction |
//! | [`Connection`] | both directions and the closing handshake |
//! | [`Assembler`] | whole messages out of the pieces a [`Receiver`] hands out, inflated where compressed |
//! | [`handshake`], [`deflate`] | the opening handshake as pure functions; permessage-deflate |
//! | [`raw`] | frames that break the rules on purpose, for testing peers |
//!
//! A shell reads into a buffer of its own and calls [`Receiver::step`] (or [`Connection::step`]) until nothing more
//! is decodable, then keeps the few bytes that are left. Payloads are unmasked in place and handed out as ranges of
//! that buffer, so an idle connection owns no buffer at all.
//!
//! ```
//! use wire::{Assembler, Connection, Event, Limits, Role, Scratch, Sender, Step};
//!
//! // What a shell read: "Hi", as a client sends it.
//! let mut read = *b"\x81\x82\x01\x02\x03\x04\x49\x6b";
//!
//! let mut connection = Connection::new(Role::Server, Limits::default().into());
//! let mut assembler = Assembler::new();
//! let mut scratch = Scratch::default();
//! let mut write = Vec::new();
//! let mut at = 0;
//! while let Step::Event { consumed, event } = connection.step(&mut read[at..], Sender::unmasked, &mut write)? {
//!     if let Event::Data(data) = event {
//!         if let Some(message) = assembler.push(&data, &read[at..], &mut scratch)? {
//!             connection.sender().message(
//!                 message.kind,
//!                 &message.payload,
//!                 Default::default(),
//!                 Sender::unmasked,
//!                 &mut write,
//!             )?;
//!         }
//!     }
//!     at += consumed;
//! }
//! // What the shell is to write: the echo.
//! assert_eq!(write, b"\x81\x02Hi");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod close;
pub mod deflate;
pub mod frame;
pub mod handshake;
pub mod mask;
pub mod raw;
pub mod utf8;

mod assemble;
mod connection;
mod error;
mod limits;
mod receive;
mod send;

pub use assemble::{Assembler, Message, Scratch};
pub use close::CloseCode;
pub use connection::{Connection, End, Ending, TcpAdvice};
pub use error::{Failure, FailureKind};
pub use frame::{HeaderBytes, MessageKind, OpCode};
pub use limits::Limits;
pub use receive::{Data, Event, MOVED_LEN, Receiver, Step, Whole};
pub use send::{MessageOptions, SendError, Sender};

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
