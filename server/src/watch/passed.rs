//! What passes on a connection, as its watchers are told.

use socket::wire::{CloseCode, MessageKind, Sent, Summary};
use std::time::Duration;

/// Which end something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// One thing that passed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Passed {
    Message {
        from: Side,
        kind: MessageKind,
        payload: Vec<u8>,
    },
    Ping {
        from: Side,
        payload: Vec<u8>,
    },
    /// With the round-trip time, where it answers the heartbeat.
    Pong {
        from: Side,
        payload: Vec<u8>,
        rtt: Option<Duration>,
    },
    Close {
        from: Side,
        code: Option<CloseCode>,
        reason: String,
    },
    /// Bytes that the server sent whatever the protocol says.
    Raw(Vec<u8>),
    Ended {
        reason: String,
        code: Option<CloseCode>,
        clean: bool,
    },
}

impl Passed {
    /// What it takes in memory, about, in bytes.
    pub(super) fn cost(&self) -> usize {
        let payload = match self {
            Self::Message { payload, .. } | Self::Ping { payload, .. } | Self::Pong { payload, .. } => {
                payload.capacity()
            }
            Self::Raw(bytes) => bytes.capacity(),
            Self::Close { reason, .. } | Self::Ended { reason, .. } => reason.capacity(),
        };
        size_of::<Self>() + payload
    }

    /// The end of a connection.
    pub(crate) fn ended(summary: &Summary) -> Self {
        let code = |close: Option<Option<CloseCode>>| close.flatten();
        let reason = match &summary.cause {
            Some(cause) => format!("{}: {cause}", summary.end),
            None => summary.end.to_string(),
        };
        let code = code(summary.close_received).or_else(|| code(summary.close_sent));
        Self::Ended { reason, code, clean: summary.is_clean() }
    }
}

/// Puts what the server sends in fragments together.
#[derive(Debug, Default)]
pub(crate) struct Overhearing {
    partial: Option<(MessageKind, Vec<u8>)>,
}

impl Overhearing {
    /// What passed, once it is whole. How a connection is cut is its end's to say.
    pub(crate) fn passed(&mut self, sent: Sent) -> Option<Passed> {
        let from = Side::Server;
        match sent {
            Sent::Message { kind, payload, .. } => Some(Passed::Message { from, kind, payload }),
            Sent::Begin(kind, payload) => {
                self.partial = Some((kind, payload));
                None
            }
            Sent::Fragment(payload, last) => {
                let (_, whole) = self.partial.as_mut()?;
                whole.extend_from_slice(&payload);
                let (kind, payload) = if last { self.partial.take()? } else { return None };
                Some(Passed::Message { from, kind, payload })
            }
            Sent::Ping(payload) => Some(Passed::Ping { from, payload }),
            Sent::Pong(payload) => Some(Passed::Pong { from, payload, rtt: None }),
            Sent::Close(status, _) => {
                let (code, reason) = status.unzip();
                Some(Passed::Close { from, code, reason: reason.unwrap_or_default() })
            }
            Sent::Raw(bytes) => Some(Passed::Raw(bytes)),
            Sent::Abort(..) => None,
        }
    }

    /// Memory that it holds, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, |(_, payload)| payload.capacity())
    }
}
