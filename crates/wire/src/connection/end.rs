use std::fmt;
use std::io;

use crate::{CloseCode, Failure};

/// Why a connection ended. Exactly one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// The peer sent a Close, or answered ours.
    PeerClosed,
    /// Reading failed, TCP ended without a Close, or what came broke the protocol.
    ReceiveFailed,
    /// Writing failed, or the peer stopped reading for longer than allowed.
    SendFailed,
    /// A Ping stayed without any answer.
    HeartbeatFailed,
    /// The peer exceeded a limit: size, rate, time or memory.
    LimitExceeded,
    /// The server shuts down.
    Shutdown,
    /// The endpoint behind the connection was done.
    Finished,
}

/// More about an [`End`], where there is more to say.
#[derive(Debug)]
pub enum Cause {
    /// The protocol was broken or a size limit exceeded.
    Protocol(Failure),
    /// The operating system's word.
    Io(io::Error),
    /// TCP ended without a Close.
    Eof,
    /// What ran out or was exceeded.
    Note(&'static str),
}

/// What a connection carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Whole data messages received.
    pub messages_in: u64,
    /// Data messages handed to the transport or the queue.
    pub messages_out: u64,
    /// Data messages refused with [`NotSent::QueueFull`](crate::NotSent::QueueFull).
    pub messages_dropped: u64,
    /// Bytes read from the transport, headers included.
    pub wire_in: u64,
    /// Bytes written to the transport, headers included.
    pub wire_out: u64,
    /// Payload of received messages, after decompression.
    pub payload_in: u64,
    /// Payload of sent messages, before compression.
    pub payload_out: u64,
}

/// How a connection ended.
#[derive(Debug)]
pub struct Summary {
    /// Which of the exits it was.
    pub end: End,
    /// More about it.
    pub cause: Option<Cause>,
    /// The code of the Close frame this end sent. `Some(None)`: a Close without a code.
    pub close_sent: Option<Option<CloseCode>>,
    /// The code of the Close frame the peer sent. `Some(None)`: a Close without a code.
    pub close_received: Option<Option<CloseCode>>,
    /// Output that the peer never took, in bytes. 0 unless the connection was cut.
    pub unsent: usize,
    /// What it carried.
    pub counts: Counts,
}

impl End {
    /// Every reason, in the order of declaration.
    pub const ALL: [End; 7] = [
        End::PeerClosed,
        End::ReceiveFailed,
        End::SendFailed,
        End::HeartbeatFailed,
        End::LimitExceeded,
        End::Shutdown,
        End::Finished,
    ];

    /// The reason in words, as logs and metrics show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            End::PeerClosed => "peer closed",
            End::ReceiveFailed => "receive failed",
            End::SendFailed => "send failed",
            End::HeartbeatFailed => "heartbeat failed",
            End::LimitExceeded => "limit exceeded",
            End::Shutdown => "shutdown",
            End::Finished => "finished",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Protocol(failure) => failure.fmt(f),
            Cause::Io(error) => error.fmt(f),
            Cause::Eof => f.write_str("the peer closed TCP without a Close frame"),
            Cause::Note(note) => f.write_str(note),
        }
    }
}

impl Summary {
    /// Whether both ends sent a Close and all output was taken (RFC 6455 §7.1.4).
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.close_sent.is_some() && self.close_received.is_some() && self.unsent == 0
    }
}

impl Counts {
    /// Adds what another counted.
    pub const fn add(&mut self, more: &Counts) {
        self.messages_in += more.messages_in;
        self.messages_out += more.messages_out;
        self.messages_dropped += more.messages_dropped;
        self.wire_in += more.wire_in;
        self.wire_out += more.wire_out;
        self.payload_in += more.payload_in;
        self.payload_out += more.payload_out;
    }
}
