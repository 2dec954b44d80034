//! What a driver tells of its link, as plain values.

use std::rc::Rc;
use std::time::Duration;

use link::{Close, Event, Message, MessageId, Phase, Pulse, Stats, Why};
use protocol::relay::Opened;
use workbench::entry::{Direction, Wire};

use crate::model::relayed::Failure;
use crate::running::transport::Control;

/// What happened, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The link took a message of the person's.
    Accepted(MessageId, Message),
    /// One of the messages that begin each connection was handed to the socket.
    OpeningSent(Message),
    /// An answer that a rule gave was handed to the socket.
    AnswerSent(Message),
    /// A heartbeat was handed to the socket.
    HeartbeatSent(Message),
    /// The answer to a heartbeat came in.
    HeartbeatAnswered(Message),
    /// A message came in that is not the answer to a heartbeat.
    Received(Message),
    /// How the message that is told of next came in.
    Framed(Wire),
    /// How a message of the person's went out.
    SentAs(MessageId, Wire),
    /// A control frame came in, or went out of the relay's own accord.
    Control(Direction, Control, Vec<u8>),
    /// The relay says something; nothing where it is gone.
    Told(String),
    /// There is no connection through the relay, and this is why.
    Failed(Failure),
    /// The link reports.
    Event(Event),
}

/// The link's state as plain values.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Where the link stands.
    pub phase: Phase,
    /// How the latest socket closed.
    pub last_close: Option<Close>,
    /// Why it ended.
    pub last_why: Option<Why>,
    /// How the heartbeat is doing.
    pub pulse: Pulse,
    /// The latest round-trip time of this connection.
    pub rtt: Option<Duration>,
    /// Messages waiting for a socket.
    pub queued_messages: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// Bytes handed to the browser and not known to be on the network.
    pub buffered_bytes: u64,
    /// The subprotocol the server chose; empty if none.
    pub protocol: String,
    /// It is open through a relay.
    pub relayed: bool,
}

/// What a closer look at the link shows, beyond its [`Snapshot`].
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// Counters since the tab was opened.
    pub stats: Stats,
    /// The extensions the server agreed to; empty if none.
    pub extensions: String,
    /// The whole handshake, where a relay has told it.
    pub opened: Option<Rc<Opened>>,
    /// User messages handed to the present socket and not confirmed.
    pub unconfirmed_messages: u64,
    /// How long nothing has come in; `None` unless connected.
    pub silent_for: Option<Duration>,
}
