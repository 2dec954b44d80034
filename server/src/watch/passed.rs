//! What passes on a connection, as its watchers are told.

use socket::wire::{CloseCode, MessageKind, Overheard, Summary};
use std::time::Duration;

/// Which end something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

/// One thing that passed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Passed<'p> {
    Message {
        from: Side,
        kind: MessageKind,
        payload: &'p [u8],
    },
    Ping {
        from: Side,
        payload: &'p [u8],
    },
    /// With the round-trip time, where it answers the heartbeat.
    Pong {
        from: Side,
        payload: &'p [u8],
        rtt: Option<Duration>,
    },
    Close {
        from: Side,
        code: Option<CloseCode>,
        reason: &'p str,
    },
    /// Bytes that the server sent whatever the protocol says.
    Raw(&'p [u8]),
    Ended {
        reason: &'p str,
        code: Option<CloseCode>,
        clean: bool,
    },
}

impl<'p> Passed<'p> {
    /// What it says.
    pub(super) fn payload(&self) -> &'p [u8] {
        match *self {
            Self::Message { payload, .. } | Self::Ping { payload, .. } | Self::Pong { payload, .. } => {
                payload
            }
            Self::Close { reason, .. } | Self::Ended { reason, .. } => reason.as_bytes(),
            Self::Raw(bytes) => bytes,
        }
    }

    /// The same with another payload, which is text where its own was.
    pub(super) fn with_payload<'o>(self, payload: &'o [u8]) -> Passed<'o> {
        let reason = || str::from_utf8(payload).unwrap_or_default();
        match self {
            Self::Message { from, kind, .. } => Passed::Message { from, kind, payload },
            Self::Ping { from, .. } => Passed::Ping { from, payload },
            Self::Pong { from, rtt, .. } => Passed::Pong { from, payload, rtt },
            Self::Close { from, code, .. } => Passed::Close { from, code, reason: reason() },
            Self::Raw(_) => Passed::Raw(payload),
            Self::Ended { code, clean, .. } => Passed::Ended { reason: reason(), code, clean },
        }
    }

    /// The end of a connection.
    pub(crate) fn ended(summary: &Summary, reason: &'p str) -> Self {
        let code = |close: Option<Option<CloseCode>>| close.flatten();
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
    /// Tells what passed, once it is whole. How a connection is cut is its end's to say.
    pub(crate) fn hear(&mut self, said: Overheard<'_>, tell: impl FnOnce(Passed<'_>)) {
        let from = Side::Server;
        match said {
            Overheard::Message(kind, payload) => tell(Passed::Message { from, kind, payload }),
            Overheard::Begin(kind, payload) => self.partial = Some((kind, payload.to_vec())),
            Overheard::Fragment(payload, last) => {
                let Some((kind, whole)) = &mut self.partial else { return };
                whole.extend_from_slice(payload);
                if last {
                    tell(Passed::Message { from, kind: *kind, payload: whole });
                    self.partial = None;
                }
            }
            Overheard::Ping(payload) => tell(Passed::Ping { from, payload }),
            Overheard::Pong(payload) => tell(Passed::Pong { from, payload, rtt: None }),
            Overheard::Close(status) => {
                let (code, reason) = match status {
                    Some((code, reason)) => (Some(code), reason),
                    None => (None, ""),
                };
                tell(Passed::Close { from, code, reason });
            }
            Overheard::Raw(bytes) => tell(Passed::Raw(bytes)),
        }
    }

    /// Memory that it holds, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, |(_, payload)| payload.capacity())
    }
}
