use std::fmt;
use std::num::NonZeroUsize;

use super::turn::Taken;
use super::{Abort, End, Outgoing};
use crate::{CloseCode, MessageKind};

/// What a sent item costs beside its payload, in bytes, so that empty ones are not free.
const COST: usize = 64;

/// What was to be sent and was diverted instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A whole message.
    Message {
        /// Text or bytes.
        kind: MessageKind,
        /// The payload, uncompressed.
        payload: Vec<u8>,
        /// The most bytes that a frame of it may have.
        fragment_len: Option<NonZeroUsize>,
    },
    /// The first frame of a message in fragments.
    Begin(MessageKind, Vec<u8>),
    /// A further one; whether it is the last.
    Fragment(Vec<u8>, bool),
    /// A Ping.
    Ping(Vec<u8>),
    /// A Pong.
    Pong(Vec<u8>),
    /// A Close.
    Close(Option<(CloseCode, String)>, End),
    /// The connection's end without a Close.
    Abort(Abort, End, &'static str),
    /// Bytes whatever the protocol says.
    Raw(Vec<u8>),
}

impl Sent {
    /// What it takes of the room that [`Outgoing::divert`] gives, in bytes.
    #[must_use]
    pub fn cost(&self) -> usize {
        COST + match self {
            Sent::Message { payload, .. }
            | Sent::Begin(_, payload)
            | Sent::Fragment(payload, _)
            | Sent::Ping(payload)
            | Sent::Pong(payload)
            | Sent::Raw(payload) => payload.len(),
            Sent::Close(..) | Sent::Abort(..) => 0,
        }
    }
}

/// What was sent, as it is overheard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overheard<'a> {
    /// A whole message with its payload, uncompressed, however many frames it has.
    Message(MessageKind, &'a [u8]),
    /// The first frame of a message in fragments.
    Begin(MessageKind, &'a [u8]),
    /// A further one; whether it is the last.
    Fragment(&'a [u8], bool),
    /// A Ping.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close.
    Close(Option<(CloseCode, &'a str)>),
    /// Bytes whatever the protocol says.
    Raw(&'a [u8]),
}

/// Who is told what is sent.
pub(super) struct Ear<'a>(&'a mut dyn FnMut(Overheard<'_>));

/// What is sent goes here as long as there is one.
#[derive(Debug)]
pub(super) struct Diversion {
    pub(super) sent: Vec<Sent>,
    /// For so many bytes more.
    pub(super) room: usize,
}

impl Diversion {
    pub(super) fn push(&mut self, sent: Sent) {
        self.room = self.room.saturating_sub(sent.cost());
        self.sent.push(sent);
    }
}

impl Outgoing<'_> {
    /// Runs `f` and gives back what it had sent instead of sending it, for whoever stands between an endpoint and its
    /// connection. With `room` bytes used up, further messages are refused with
    /// [`NotSent::QueueFull`](super::NotSent::QueueFull). What `f` sets, such as [`pause`](Self::pause), holds.
    pub fn divert(&mut self, room: usize, f: impl FnOnce(&mut Outgoing<'_>)) -> Vec<Sent> {
        let before = self.out.diversion.replace(Box::new(Diversion { sent: Vec::new(), room }));
        // What is echoed must not go back from where it lies.
        let taken = std::mem::replace(&mut self.out.taken, Taken::Diverted);
        f(self);
        self.out.taken = taken;
        let diversion = std::mem::replace(&mut self.out.diversion, before);
        diversion.map_or(Vec::new(), |diversion| diversion.sent)
    }

    /// Whether what is sent is [diverted](Self::divert).
    #[must_use]
    pub fn is_diverted(&self) -> bool {
        self.out.diversion.is_some()
    }

    /// Runs `f` and tells `ear` what it sends, as it is sent and without a copy. What the connection says of its own accord,
    /// such as automatic Pongs, is not told, nor is an [`abort`](Self::abort).
    pub fn overhear(&mut self, ear: &mut dyn FnMut(Overheard<'_>), f: impl FnOnce(&mut Outgoing<'_>)) {
        let Outgoing { connection, out, now, borrowed, .. } = self;
        f(&mut Outgoing { connection, out, now: *now, ear: Some(Ear(ear)), borrowed });
    }

    /// This was sent, and may be overheard.
    #[inline]
    pub(super) fn note(&mut self, sent: Overheard<'_>) {
        if let Some(Ear(ear)) = &mut self.ear {
            ear(sent);
        }
    }
}

impl fmt::Debug for Ear<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ear")
    }
}
