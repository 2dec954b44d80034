//! What goes in and comes out of a link, apart from messages.

use std::time::Duration;

use crate::{Message, MessageId, MessageIds, Phase, SocketId};

/// What the driver must do. Carry actions out in order, each one before asking for the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Create a socket and tag everything it reports with this id.
    /// Where the platform refuses on the spot, call `handle_refused`.
    Connect {
        /// The id of the new socket.
        socket: SocketId,
    },
    /// Send on this socket, then report its buffered amount with `handle_buffered`.
    Send {
        /// The socket, which is open as far as the link knows.
        socket: SocketId,
        /// Whose message this is.
        origin: Origin,
        /// What to send.
        message: Message,
    },
    /// Start the closing handshake and keep listening: the peer's close code is still wanted.
    Close {
        /// The socket to close.
        socket: SocketId,
        /// 1000 or 3000-4999, or none for a Close frame without a body.
        code: Option<u16>,
        /// At most 123 bytes; empty if there is no code.
        reason: String,
    },
    /// Stop listening to this socket at once, close it with this code and reason if it isn't closed, and forget
    /// it. Its late events may be delivered or not; the link ignores them.
    Detach {
        /// The socket to let go of.
        socket: SocketId,
        /// What a peer that can still hear us is told; always 1000 or 3000-4999.
        code: u16,
        /// At most 123 bytes.
        reason: &'static str,
    },
    /// Call `handle_buffered` with the socket's present buffered amount.
    ReadBuffered {
        /// The socket in question.
        socket: SocketId,
    },
}

impl Action {
    /// The socket this action is about.
    pub fn socket(&self) -> SocketId {
        match self {
            Action::Connect { socket }
            | Action::Send { socket, .. }
            | Action::Close { socket, .. }
            | Action::Detach { socket, .. }
            | Action::ReadBuffered { socket } => *socket,
        }
    }
}

/// Whose message is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's, accepted by `send`.
    User(MessageId),
    /// One of [`Config::opening`](crate::Config::opening), by its index.
    Opening(usize),
    /// The link's own heartbeat; usually kept out of sight.
    Heartbeat,
    /// Sent by [`Link::send_now`](crate::Link::send_now).
    Now,
}

/// What the user may want to know. Events come in the order in which things happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The phase is another one, or a waiting phase has another end.
    PhaseChanged(Phase),
    /// A socket opened.
    Connected {
        /// Its id.
        socket: SocketId,
        /// Which attempt in a row succeeded.
        attempt: u32,
        /// From `Connect` to open.
        took: Duration,
    },
    /// A socket ended, or was given up, or never opened (`open_for` is `None`). Exactly one per `Connect`.
    Disconnected {
        /// Its id.
        socket: SocketId,
        /// Why.
        why: Why,
        /// The peer's code and reason where it gave one, what the link closed with where that was its own decision,
        /// else 1006.
        close: Close,
        /// How long it was open.
        open_for: Option<Duration>,
    },
    /// The transport reported an error without detail, as browsers do. `Disconnected` follows.
    TransportError {
        /// The socket concerned.
        socket: SocketId,
    },
    /// A message was handed to a socket. `MessagesConfirmed` or `MessagesUnknown` follows, once.
    MessageSent {
        /// Which message.
        id: MessageId,
        /// To which socket.
        socket: SocketId,
    },
    /// One of the configured opening messages was handed to a socket.
    OpeningSent {
        /// Its index in the configuration.
        index: usize,
        /// To which socket.
        socket: SocketId,
    },
    /// These messages reached the peer, by the standard of [`Confirmation`](crate::Confirmation).
    MessagesConfirmed(MessageIds),
    /// The connection ended before these messages were confirmed: they may or may not have arrived.
    /// They are not sent again.
    MessagesUnknown(MessageIds),
    /// An accepted message was given up without being handed to any socket.
    MessageDropped {
        /// Which message.
        id: MessageId,
        /// Why.
        why: DropReason,
    },
    /// A heartbeat was handed to the socket.
    HeartbeatSent {
        /// To which socket.
        socket: SocketId,
        /// Whether it was sent out of turn to check a connection in doubt.
        probe: bool,
    },
    /// The answer to a heartbeat came.
    HeartbeatAnswered {
        /// Round-trip time, unless several heartbeats without a token could have been meant (Karn's rule) or the page
        /// slept while the answer was on its way.
        rtt: Option<Duration>,
    },
    /// Half of the deadline has gone by in silence.
    HeartbeatLate,
    /// The deadline has gone by in silence.
    HeartbeatMissed {
        /// How long nothing at all has come in.
        silent_for: Duration,
    },
    /// A timer fired so late that silence proves nothing (a sleeping machine, a throttled tab): one probe first.
    TimerLate {
        /// How far past its deadline.
        by: Duration,
    },
}

/// Why a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The platform refused to create it.
    Refused,
    /// It closed before it opened: refused, unreachable, not a WebSocket server. Browsers don't say which.
    ConnectFailed,
    /// It neither opened nor failed within the connect timeout.
    ConnectTimedOut,
    /// It was closed by the peer or by the loss of the connection; the code tells.
    PeerClosed,
    /// It reported an error and then nothing.
    TransportFailed,
    /// The heartbeat deadline went by in silence.
    HeartbeatMissed,
    /// The user closed it and the handshake completed, or it hadn't opened yet.
    ClosedByUser,
    /// The user closed it and the peer didn't complete the handshake in time.
    CloseTimedOut,
    /// The page went into the back/forward cache or away.
    PageHidden,
    /// The user asked for a fresh connection.
    Replaced,
    /// The driver made no socket: what has to be sent first cannot be made.
    Withheld,
}

impl Why {
    /// Whether the link or its user ended the socket. A code is then the link's own, and says nothing about the peer.
    pub fn is_own(self) -> bool {
        !matches!(self, Why::Refused | Why::ConnectFailed | Why::PeerClosed)
    }
}

/// Why an accepted message was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason {
    /// It was the oldest in a full queue ([`Overflow::DropOldest`](crate::Overflow::DropOldest)), or the bounds
    /// were lowered.
    Overflow,
    /// The user closed the link while it was still queued.
    Closed,
}

/// What a received message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// The user's: show it.
    User,
    /// The answer to a heartbeat: keep it out of the user's messages.
    Heartbeat {
        /// Round-trip time where it is certain.
        rtt: Option<Duration>,
    },
    /// Of a socket that is no longer the link's: drop it.
    Stale,
}

/// How a socket closed, as a browser's `CloseEvent` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// RFC 6455 section 7.4; 1005 for none, 1006 for a connection that just ended.
    pub code: u16,
    /// The peer's words.
    pub reason: String,
    /// Whether the closing handshake completed.
    pub was_clean: bool,
}

impl Close {
    /// The connection ended without a Close frame (RFC 6455 section 7.1.5).
    pub fn abnormal() -> Close {
        Close { code: 1006, reason: String::new(), was_clean: false }
    }
}

/// How the user wants to close.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloseRequest {
    /// 1000 or 3000-4999, as browsers allow; none sends a Close frame without a body.
    pub code: Option<u16>,
    /// At most 123 bytes of UTF-8; needs a code.
    pub reason: String,
}

/// What the platform says about the page and the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// `online`: there may be a network again.
    Online,
    /// `offline`: there is none. Only a hint: servers on this very machine can still be reached.
    Offline,
    /// `visibilitychange` to visible.
    Visible,
    /// `visibilitychange` to hidden.
    Hidden,
    /// `pagehide`: the page may go into the back/forward cache.
    PageHide,
    /// `pageshow`: it may have come out of it.
    PageShow,
    /// `resume` of the page lifecycle, or a wake-up from sleep noticed in another way.
    Resume,
}
