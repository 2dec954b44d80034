//! The ways to a server: what a driver needs of them, whatever carries the messages.
//!
//! ```text
//!   driver ── connect ──▶ Transport ◀── send, close, buffered_bytes
//!      ▲                      │
//!      └─── Signal ───────────┘   Open, then messages, Close at the end
//! ```
//!
//! Another way is another file here and another [`TransportKind`]. What it needs for connecting belongs into [`Target`], what it knows of the
//! handshake into [`Agreed`], and what else comes in into `Signal`.

mod coming;
mod relay;
mod stream;

use std::rc::Rc;

use link::{Close, Message};
use page::socket::{self, Socket};
use protocol::relay::{Command, Opened};
use workbench::connection::TransportKind;
use workbench::entry::{Direction, Wire};

use self::coming::Coming;
use self::relay::chunk_relay;
pub use self::relay::{Relayed, ask as ask_for_relay};
pub use self::stream::is_supported as has_streams;
use crate::model::relayed::Failure;
use crate::running::chunks::Chunk;
use crate::texts::{fill, texts};

/// Where to connect to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// What carries the messages.
    pub kind: TransportKind,
    /// The address, with all placeholders filled.
    pub address: String,
    /// Subprotocols to offer, the preferred one first.
    pub protocols: Vec<String>,
    /// How a relay is to reach it, where one does.
    pub relayed: Option<Box<Relayed>>,
}

/// What the handshake came to, as far as the transport can see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// The subprotocol the server chose; empty if none.
    pub protocol: String,
    /// The extensions the server agreed to; empty if none.
    pub extensions: String,
    /// All of it, where a relay has told that.
    pub opened: Option<Rc<Opened>>,
}

/// A control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// A Ping.
    Ping,
    /// A Pong.
    Pong,
}

/// What a transport reports, in order: at most one `Open`, then messages, at most one `Close` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The handshake succeeded.
    Open(Agreed),
    /// A whole message came in.
    Message(Message),
    /// A whole message came in, and this is how.
    Framed(Message, Wire),
    /// A control frame came in, or went out of the relay's own accord.
    Control(Direction, Control, Vec<u8>),
    /// The relay says something; nothing where it is gone.
    Told(String),
    /// There is no connection, and this is why. `Close` follows.
    Failed(Failure),
    /// Messages have come in faster than each can be given its own turn. None at all says that this is over.
    Burst(Vec<Message>),
    /// The transport failed; a browser gives no detail and `Close` follows.
    Error,
    /// The connection is closed, with the peer's code and reason where it gave one.
    Close(Close),
}

/// Who is told. Of one type, so that each transport is compiled once, also where one carries another.
pub(super) type OnSignal = Rc<dyn Fn(Signal)>;

/// A connection in use. Dropping it lets go of it: no signal follows, and it is closed.
pub(super) trait Transport {
    /// Sends unless the connection is not open, in which case the browser would take the message and drop it.
    /// Returns whether it was handed over.
    fn send(&self, message: &Message) -> bool;

    /// Starts the closing handshake; [`Signal::Close`] follows. `code` is 1000 or 3000-4999 and `reason` at most
    /// 123 bytes, or the connection is closed without either.
    fn close(&self, code: Option<u16>, reason: &str);

    /// Bytes accepted by `send` and not yet handed to the network.
    fn buffered_bytes(&self) -> u64;

    /// What only a relay can do; `None` on every other way.
    fn relay(&self) -> Option<&dyn Relaying> {
        None
    }
}

/// What only a relay can do.
pub(super) trait Relaying {
    /// Has the relay do something. Returns whether there is a target to do it to.
    fn command(&self, command: &Command<'_>) -> bool;

    /// What is sent from here on goes in fragments of so many bytes.
    fn set_fragment(&self, fragment: Option<u64>);

    /// How a message of so many bytes goes over the wire, where that can be told: its compressed size is the relay's
    /// alone.
    fn wire(&self, len: u64) -> Option<Wire>;
}

/// Starts to connect.
///
/// # Errors
/// The browser's own sentence for refusing on the spot: a URL or subprotocol it cannot accept, mixed content, or that it
/// does not have this transport.
pub(super) fn connect(target: &Target, on_signal: OnSignal) -> Result<Box<dyn Transport>, String> {
    match target.kind {
        TransportKind::Browser => Ok(Box::new(connect_socket(target, on_signal)?)),
        TransportKind::Stream => Ok(Box::new(stream::Stream::connect(target, on_signal)?)),
        TransportKind::Relay if Chunk::Relay.is_here() => chunk_relay(target, on_signal),
        TransportKind::Relay => Ok(Box::new(Coming::connect(target, on_signal))),
        TransportKind::Watch => Err(fill(texts().common.transport_missing, &[&target.kind.word()])),
    }
}

/// Starts to connect through the browser's `WebSocket`.
fn connect_socket(target: &Target, on_signal: OnSignal) -> Result<Socket, String> {
    let on_signal = move |signal| on_signal(Signal::from(signal));
    Socket::connect(&target.address, &target.protocols, Rc::new(on_signal))
}

impl From<socket::Signal> for Signal {
    fn from(signal: socket::Signal) -> Signal {
        match signal {
            socket::Signal::Open { protocol, extensions } => {
                Signal::Open(Agreed { protocol, extensions, opened: None })
            }
            socket::Signal::Message(message) => Signal::Message(message),
            socket::Signal::Burst(messages) => Signal::Burst(messages),
            socket::Signal::Error => Signal::Error,
            socket::Signal::Close(close) => Signal::Close(close),
        }
    }
}

impl Transport for Socket {
    fn send(&self, message: &Message) -> bool {
        Socket::send(self, message)
    }

    fn close(&self, code: Option<u16>, reason: &str) {
        Socket::close(self, code, reason);
    }

    fn buffered_bytes(&self) -> u64 {
        Socket::buffered_bytes(self)
    }
}
