//! What is remembered of a socket, and the one line that says why it ended.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use tracing::{debug, info};

/// The one reason why a socket's loop ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer sent a Close, with this code or none.
    PeerClosed(Option<u16>),
    /// Nothing more can be received: the transport failed, or the peer broke the protocol and is sent `code`.
    ReceiveFailed {
        /// The close code that the peer is sent; none when the transport is gone.
        code: Option<u16>,
        /// What happened.
        detail: String,
    },
    /// The transport refused our bytes.
    SendFailed(String),
    /// The peer stayed silent, or stopped reading, for longer than the heartbeat allows.
    HeartbeatFailed(&'static str),
    /// The peer went over a limit and is sent 1009.
    Limit(String),
    /// The server is shutting down and sends 1012.
    Shutdown,
    /// The URL asked for this close code.
    Requested(u16),
}

impl End {
    /// The reason's name, stable for log queries.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::PeerClosed(_) => "peer closed",
            Self::ReceiveFailed { .. } => "receive failed",
            Self::SendFailed(_) => "send failed",
            Self::HeartbeatFailed(_) => "heartbeat failed",
            Self::Limit(_) => "limit",
            Self::Shutdown => "shutdown",
            Self::Requested(_) => "requested",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerClosed(Some(code)) => write!(f, "received {code}"),
            Self::PeerClosed(None) => f.write_str("received no code"),
            Self::ReceiveFailed { code: Some(code), detail } => write!(f, "{detail}; closing with {code}"),
            Self::ReceiveFailed { code: None, detail } | Self::SendFailed(detail) => f.write_str(detail),
            Self::HeartbeatFailed(detail) => f.write_str(detail),
            Self::Limit(detail) => write!(f, "{detail}; closing with 1009"),
            Self::Shutdown => f.write_str("closing with 1012"),
            Self::Requested(code) => write!(f, "closing with {code}"),
        }
    }
}

/// Messages and payload bytes, each way; control frames are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) messages_in: u64,
    pub(crate) bytes_in: u64,
    pub(crate) messages_out: u64,
    pub(crate) bytes_out: u64,
}

/// One socket's record, from its handshake to its end. It never holds payloads.
///
/// Dropped without [`end`](Self::end), as happens to sockets cut off by the end of a drain or by a panic, it still logs.
#[derive(Debug)]
pub(crate) struct Journal {
    id: u64,
    peer: SocketAddr,
    opened: Instant,
    ended: bool,
    pub(crate) counts: Counts,
}

impl Journal {
    /// Starts the record of a socket whose handshake was accepted. Ids count up from 1 in this process.
    pub(crate) fn open(peer: SocketAddr) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        debug!(conn = id, %peer, "socket opened");
        Self { id, peer, opened: Instant::now(), ended: false, counts: Counts::default() }
    }

    /// Logs the end, as soon as its reason is known; closing may still take time. The first reason stays.
    pub(crate) fn end(&mut self, end: &End) {
        if !self.ended {
            self.log(end.name(), end);
        }
    }

    fn log(&mut self, reason: &str, detail: &dyn fmt::Display) {
        self.ended = true;
        let Counts { messages_in, bytes_in, messages_out, bytes_out } = self.counts;
        info!(
            conn = self.id,
            peer = %self.peer,
            reason,
            %detail,
            seconds = format_args!("{:.3}", self.opened.elapsed().as_secs_f64()),
            messages_in,
            bytes_in,
            messages_out,
            bytes_out,
            "socket ended"
        );
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.ended {
            let (reason, detail) = if std::thread::panicking() {
                ("panic", "this server's fault")
            } else {
                ("shutdown", "cut off")
            };
            self.log(reason, &detail);
        }
    }
}
